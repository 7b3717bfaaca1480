import path from 'node:path'
import { fileOf, isItself, isSameAs, partsOf } from '../../core/vocabulary/kind.ts'
import { bytesText, rungs, secondsText } from '../../core/vocabulary/quantity.ts'
import { verdict } from '../../core/vocabulary/schema.ts'
import { flagsOf } from '../arguments/arguments.ts'
import { columns, say } from '../display/print.ts'
import { type AnyPipeline, type AnyStep, findAny, type Listed, profilesOf } from '../project/catalogue.ts'
import { layoutWith } from '../results/layout.ts'

export async function showAny(name: string): Promise<void> {
  const { environmentNames, environmentText } = await import('../project/environments.ts') // brings YAML, which steps do not need
  // A damaged settings file is no reason not to show a step.
  const environment = await environmentText(name).catch((fault: Error) => fault)
  const others = environment === undefined ? await environmentNames() : []
  const found = await findAny(name, others).catch((none: Error) => {
    if (environment === undefined) throw none
    if (environment instanceof Error) throw environment
    return []
  })
  if (typeof environment === 'string') say(found.length > 0 ? `${environment}\n\n` : environment)
  if (found.length === 0) return
  const texts = found.map(each => (isStepShown(each.it) ? stepText(each.it, each) : pipelineText(each.it, each)))
  say((await Promise.all(texts)).join('\n\n\n'))
}
const isStepShown = (it: AnyPipeline | AnyStep): it is AnyStep => 'command' in it.spec
const indentedText = (text: string) =>
  text
    .split('\n')
    .map(line => `  ${line}`)
    .join('\n')

/** Of parameters that have one. */
const defaultValues = ({ spec }: AnyPipeline) =>
  Object.fromEntries(
    Object.entries(spec.params ?? {}).flatMap(([name, schema]) => {
      const answer = verdict(schema, undefined)
      return 'value' in answer ? [[name, answer.value]] : []
    }),
  )

async function pipelineText(pipeline: AnyPipeline, { name, home, file }: Listed<unknown>): Promise<string> {
  const flags = flagsOf(pipeline)
  const block = (group: string) => {
    const own = flags.filter(flag => flag.group === group)
    return own.length === 0
      ? []
      : [
          `${group}\n${indentedText(columns(own.map(({ long, value, about, required }) => [value === '' ? `--[no-]${long.slice(2)}` : `${long} ${value}`, required ? `${about} (required)`.trim() : about])))}`,
        ]
  }
  const layout = Object.entries(layoutWith(pipeline.spec.layout, defaultValues(pipeline)))
  const places = layout.map(([result, place]) => [result, typeof place === 'function' ? place('NAME') : (place ?? result)])
  const own = Object.entries(await profilesOf(name))
  return [
    `${name}, a pipeline${home === 'project' ? ` of ${where(file)}` : ''}\n${pipeline.spec.about ?? ''}`.trim(),
    ...block('Inputs:'),
    ...block('Parameters:'),
    ...(places.length > 0 ? [`Results, below --out and without extension:\n${indentedText(columns(places))}`] : []),
    ...(own.length > 0 ? [`Profiles:\n${indentedText(columns(own.map(([profile, { about }]) => [profile, about])))}`] : []),
    `Run it: trireme run ${name} ${flags
      .filter(flag => flag.required)
      .map(({ long, value }) => `${long} ${value}`)
      .join(' ')}`.trim(),
  ].join('\n\n')
}
const where = (file: string) => file.replace(`${process.cwd()}/`, '')

function stepText({ spec }: AnyStep, { name, place, exported, home, file }: Listed<unknown>): string {
  const slots = (kinds: AnyStep['spec']['outputs'] | AnyStep['spec']['inputs']) =>
    Object.entries(kinds).map(([slot, kind]) => {
      const { format, extension, companions, facts } = fileOf(kind)
      const how = 'many' in kind ? 'a list of ' : 'named' in kind ? 'by name, ' : 'optional' in kind ? 'perhaps ' : ''
      const files =
        Object.values(partsOf(fileOf(kind)) ?? {}).join(' ') || [extension, ...companions.map(suffix => extension + suffix)].join(' ')
      const told = Object.entries(facts).flatMap(([fact, value]) =>
        fact === 'parts'
          ? []
          : [`${fact}: ${isSameAs(value) ? `the same as of ${value.sameAs}` : isItself(value) ? 'itself' : String(value)}`],
      )
      return [slot, `${how}${format} (${files})`, told.join(', ')]
    })
  const params = flagsOf({ spec: { name, inputs: {}, params: spec.params ?? {} } })
  const { streams = [], tools = [], needs } = spec
  const needed =
    typeof needs === 'function'
      ? 'by its parameters'
      : [
          `${needs.cpu} core${needs.cpu === 1 ? '' : 's'}`,
          `${rungs(needs.memory).map(bytesText).join(', then ')} of memory`,
          ...(needs.time === undefined ? [] : [`at most ${rungs(needs.time).map(secondsText).join(', then ')}`]),
          ...(needs.gpu ? [`${needs.gpu.count} GPU`] : []),
        ].join(', ')
  const list = (title: string, rows: readonly (readonly string[])[]) =>
    rows.length > 0 ? [`${title}\n${indentedText(columns(rows))}`] : []
  return [
    `${name}, a step${home === 'project' ? ` of ${where(file)}` : ''}\n${spec.about ?? ''}`.trim(),
    ...list('Inputs:', slots(spec.inputs)),
    ...list(
      'Parameters:',
      params.map(flag => [flag.name, flag.required ? `${flag.about} (required)`.trim() : flag.about]),
    ),
    ...list('Outputs:', slots(spec.outputs)),
    ...list(
      'Tools:',
      tools.map(tool => [tool.name, tool.accepts, tool.licence, tool.homepage, tool.doi === undefined ? '' : `doi:${tool.doi}`]),
    ),
    `Needs: ${needed}${streams.length > 0 ? `\nMay be piped: ${streams.join(', ')}` : ''}${spec.edam ? `\nEDAM: ${spec.edam.join(', ')}` : ''}`,
    home === 'project'
      ? `Import it: import { ${exported} } from '../steps/${place}${path.extname(file)}'`
      : `Import it: import { ${exported} } from 'trireme-bio/steps/${place}'\nCopy it to change it: trireme add ${place}`,
  ].join('\n\n')
}
