import { columns, say } from '../display/print.ts'
import { pipelines, steps } from '../project/catalogue.ts'

export interface ListOptions {
  readonly pipelines?: boolean
  readonly steps?: boolean
  readonly environments?: boolean
  readonly json?: boolean
}
export async function listAll(options: ListOptions): Promise<void> {
  if (options.environments) return listEnvironments(options)
  const rooms = [
    ...(options.steps && !options.pipelines ? [] : [{ title: 'Pipelines', found: await pipelines() }]),
    ...(options.pipelines && !options.steps ? [] : [{ title: 'Steps', found: await steps() }]),
  ]
  if (options.json) {
    const rows = rooms.flatMap(({ title, found }) =>
      found.map(({ name, home, it }) => ({ name, sort: title === 'Steps' ? 'step' : 'pipeline', home, about: it.spec.about ?? '' })),
    )
    return say(JSON.stringify(rows, null, 1))
  }
  const blocks = rooms.flatMap(({ title, found }) =>
    (['project', 'package'] as const).flatMap(home => {
      const own = found.filter(each => each.home === home)
      const mixed = found.some(each => each.home === 'project')
      return own.length > 0 ? [{ title: mixed ? `${title} of ${home === 'project' ? 'this project' : 'the package'}` : title, own }] : []
    }),
  )
  const width = Math.max(...blocks.flatMap(({ own }) => own.map(({ name }) => name.length)))
  say(
    blocks
      .map(({ title, own }) => `${title}:\n${columns(own.map(({ name, it }) => [`  ${name.padEnd(width)}`, it.spec.about ?? '']))}`)
      .join('\n\n'),
  )
}
async function listEnvironments({ json }: ListOptions): Promise<void> {
  const { environments } = await import('../project/environments.ts') // brings YAML, which the other lists do not need
  const found = await environments()
  if (json) {
    const rows = found.map(({ home, environment: { name, target, about = '' } }) => ({ name, sort: 'environment', home, target, about }))
    return say(JSON.stringify(rows, null, 1))
  }
  const mixed = found.some(({ home }) => home === 'project')
  const blocks = (['project', 'package'] as const).flatMap(home => {
    const own = found.filter(each => each.home === home).map(({ environment }) => environment)
    const of = mixed ? ` of ${home === 'project' ? 'this project' : 'the package'}` : ''
    return own.length > 0 ? [`Environments${of}:\n${columns(own.map(({ name, target, about = '' }) => [`  ${name}`, target, about]))}`] : []
  })
  say(blocks.join('\n\n'))
}
