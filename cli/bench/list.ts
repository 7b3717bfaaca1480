import { columns, say } from '../display/print.ts'
import { comparisons } from '../project/catalogue.ts'

export interface ComparisonsOptions {
  readonly json?: boolean
}
export async function listComparisons({ json }: ComparisonsOptions): Promise<void> {
  const found = await comparisons()
  if (json) {
    const rows = found.map(({ name, home, it }) => ({ name, home, about: it.about, arms: Object.keys(it.arms) }))
    return say(JSON.stringify(rows, null, 1))
  }
  const mixed = found.some(({ home }) => home === 'project')
  const width = Math.max(...found.map(({ name }) => name.length))
  const blocks = (['project', 'package'] as const).flatMap(home => {
    const own = found.filter(each => each.home === home)
    const title = mixed ? `Comparisons of ${home === 'project' ? 'this project' : 'the package'}` : 'Comparisons'
    return own.length > 0 ? [`${title}:\n${columns(own.map(({ name, it }) => [`  ${name.padEnd(width)}`, it.about]))}`] : []
  })
  say(blocks.join('\n\n'))
}
