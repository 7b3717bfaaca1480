import { Document, isMap, isSeq } from 'yaml'
import { isByTag } from '../../../environment/images.ts'
import type { JobWord } from '../../../inside/job.ts'
import { withoutSecrets } from '../../../secrets.ts'
import { quoted } from '../../../vocabulary/command.ts'
import type { Compiled, CompiledTask } from './compiled.ts'
import type { DagTask, DagTemplate, PodTemplate, Template, ThinWorkflow, Workflow, WorkflowTemplate } from './manifest-schema.ts'

type Manifest = Workflow | WorkflowTemplate | ThinWorkflow

/**
 * A manifest for people and for `diff`: no anchors, one line a task, the commands of its steps above it as a comment. What is in a comment is
 * for reading only; what runs is in the job that the task names.
 */
export function yamlOf(manifest: Manifest, { tasks }: Pick<Compiled, 'tasks'> = { tasks: [] }): string {
  if (!('templates' in manifest.spec)) return isPlainScalar(manifest, '')
  const { templates, ...rest } = manifest.spec
  const byName = new Map(tasks.map(task => [task.name, task]))
  const head = isPlainScalar({ ...manifest, spec: rest }, '')
  const texts = templates.map(template => ('dag' in template ? dagText(template, byName) : podText(template)))
  return `${indexText(templates, byName)}${head}  templates:\n${texts.join('')}`
}
/** What is where, for people: images, and for every task its job below `objects/`, its image and its steps. */
function indexText(templates: readonly Template[], tasks: ReadonlyMap<string, CompiledTask>): string {
  const images = new Map(templates.flatMap(each => ('container' in each ? [[each.name, each.container.image] as const] : [])))
  const all = [...new Set(images.values())]
  const byTag = all.some(isByTag)
  const rows = templates.flatMap(each => {
    if (!('dag' in each)) return []
    return each.dag.tasks.flatMap(({ name, template, arguments: given }) => {
      const image = images.get(template)
      const job = given?.parameters.find(parameter => parameter.name === 'w')?.value
      if (image === undefined || job === undefined) return []
      const steps = tasks.get(name)?.entries.map(({ label }) => visible(label)) ?? []
      return [[name, `objects/${job}`, String(all.indexOf(image) + 1), steps.join(', ')]]
    })
  })
  const widths = [0, 1, 2].map(column => rows.reduce((width, row) => Math.max(width, row[column]!.length), 5))
  const line = (cells: readonly string[]) => `#   ${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join('  ')}`.trimEnd()
  return [
    ...(byTag
      ? ['# IMAGES BY TAG: a tag may mean another image tomorrow. Pin before you submit: push the images, and compile again.']
      : []),
    '# Images',
    ...all.map((image, n) => `#   ${n + 1}  ${visible(image)}${isByTag(image) ? '   <- by tag' : ''}`),
    '# Tasks',
    line(['task', 'job', 'image', 'steps']),
    ...rows.map(line),
    '',
  ].join('\n')
}
const isPlainScalar = (value: unknown, indent: string): string => indented(documentText(new Document(value, yamlOptions)), indent)
/** Quoted is what YAML 1.1, which Kubernetes' tools read, would take for something else than text; no anchors. */
const yamlOptions = { aliasDuplicateObjects: false, version: '1.1' } as const
const documentText = (document: Document): string => document.toString({ lineWidth: 0 })
const indented = (text: string, indent: string) => (indent === '' ? text : text.replace(/^(?=.)/gm, indent))

/** Several Workflows of a large plan have the same templates. */
const podTexts = new WeakMap<PodTemplate, string>()
function podText(template: PodTemplate): string {
  const text = podTexts.get(template) ?? freshPodText(template)
  podTexts.set(template, text)
  return text
}
/** Artifacts, parameters and mounts are lines: there are many, and each is short. */
function freshPodText(template: PodTemplate): string {
  const document = new Document([template], yamlOptions)
  for (const path of lists) {
    const list = document.getIn([0, ...path])
    if (isSeq(list)) for (const item of list.items) if (isMap(item)) item.flow = true
  }
  return indented(documentText(document), '    ')
}
const lists = [
  ['inputs', 'parameters'],
  ['inputs', 'artifacts'],
  ['outputs', 'parameters'],
  ['outputs', 'artifacts'],
  ['container', 'env'],
  ['container', 'volumeMounts'],
]
function dagText({ name, inputs, dag }: DagTemplate, tasks: ReadonlyMap<string, CompiledTask>): string {
  const given = inputs && `      inputs: {parameters: [${inputs.parameters.map(each => `{name: ${scalar(each.name)}}`).join(', ')}]}\n`
  let text = `    - name: ${scalar(name)}\n${given ?? ''}      dag:\n        tasks:\n`
  for (const task of dag.tasks) {
    const own = tasks.get(task.name)
    text += `${own ? commentOf(own) : ''}          - ${taskLine(task)}\n`
  }
  return text
}
/** One line of flow style, without a library: there may be ten thousand. */
export function taskLine({ name, template, dependencies, withParam, arguments: given }: DagTask): string {
  let text = `{name: ${scalar(name)}, template: ${scalar(template)}`
  if (dependencies) text += `, dependencies: [${dependencies.map(scalar).join(', ')}]`
  if (withParam !== undefined) text += `, withParam: ${scalar(withParam)}`
  if (!given) return `${text}}`
  text += ', arguments: {parameters: ['
  let between = ''
  for (const { name, value } of given.parameters) {
    text += `${between}{name: ${scalar(name)}, value: ${scalar(value)}}`
    between = ', '
  }
  return `${text}]}}`
}
/** Words that YAML 1.1, which Kubernetes' tools read, takes for something else than text. */
const notText = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null'])
function isPlain(text: string): boolean {
  // A digest of digits with one e among them would be a number.
  if (text.length === 64 && /^[0-9a-f]{64}$/.test(text)) return text[0]! > '9' || (text[0] !== '0' && /[abcdf]/.test(text))
  return /^[a-z][-a-z0-9]*$/.test(text) && !notText.has(text)
}
export const scalar = (text: string): string => (isPlain(text) ? text : JSON.stringify(text))

function commentOf({ entries }: CompiledTask): string {
  let text = ''
  for (const { label, argv } of entries) {
    text += `          # ${visible(label)}\n`
    for (const stages of argv) text += `          #   $ ${stages.map(words => words.map(shownWord).join(' ')).join(' | ')}\n`
  }
  return text
}
function shownWord(word: JobWord): string {
  if (typeof word !== 'string') return `${word.list}/*${word.suffix}`
  const text = quoted(withoutSecrets(word))
  return text === word ? word : visible(text) // what needs no quotes can be seen
}
/** Nothing in a comment may end it: neither a line break of any kind nor what YAML does not print. */
export const visible = (text: string): string =>
  text.replace(
    /[^\x20-\x7e\u00a1-\u167f\u1681-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff00-\ufffd]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
