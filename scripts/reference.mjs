// Writes docs/reference/steps.md and tools.md from the steps' own specs, and record.schema.json from the schema of records, so that they cannot say otherwise
// than the code.
//   node scripts/reference.mjs          from dist/, so after "npm run build"
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { z } from 'zod'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
/** Names of EDAM's operations and formats that the steps use, in EDAM 1.25. */
const terms = JSON.parse(readFileSync(path.join(root, 'scripts/edam.json'), 'utf8'))

/** Modules of steps below the root, as `bwa/mem`. */
export const stepFiles = () =>
  readdirSync(path.join(root, 'steps'), { recursive: true })
    .map(name => name.split(path.sep).join('/'))
    .filter(name => /^[^/]+\/[^/]+\.ts$/.test(name) && !/\.(test|script)\.ts$/.test(name))
    .map(name => name.slice(0, -3))
    .sort()

const cell = text => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ')
const table = (heads, rows) =>
  rows.length === 0
    ? []
    : [heads, heads.map(() => '---'), ...rows.map(row => row.map(cell))].map(cells => `| ${cells.join(' | ')} |`).concat('')
const term = id => {
  if (!(id in terms)) throw new Error(`scripts/edam.json has no name for ${id}. Look it up at http://edamontology.org/${id} and add it.`)
  return `[${terms[id]}](http://edamontology.org/${id})`
}
const anchor = name => name.replaceAll('_', '-')

/** A kind in words: how many, the format with its files, and what is known of them. */
function kindWords(kind) {
  const [how, file] =
    'many' in kind
      ? ['any number of ', kind.many]
      : 'named' in kind
        ? ['by name, any number of ', kind.named]
        : 'optional' in kind
          ? ['perhaps ', kind.optional]
          : ['', kind]
  const { parts, ...facts } = file.facts
  const names = parts ? Object.values(parts) : [file.extension, ...file.companions.map(suffix => file.extension + suffix)]
  const known = Object.entries(facts).map(([fact, value]) =>
    typeof value !== 'object' ? `${fact}: ${value}` : 'sameAs' in value ? `${fact}: that of \`${value.sameAs}\`` : `${fact}: itself`,
  )
  return [`${how}${file.format}`, names.map(name => `\`${name}\``).join(' '), known.join('; '), file.edam ? term(file.edam) : '']
}
/** The values that a schema takes. */
function valuesWords(shape) {
  if (shape.enum) return shape.enum.map(value => `\`${value}\``).join(', ')
  if ('const' in shape) return `\`${shape.const}\``
  if (shape.anyOf) return shape.anyOf.map(valuesWords).join(' or ')
  if (shape.type === 'object')
    return `{ ${Object.entries(shape.properties ?? {})
      .map(([name, each]) => `${name}${shape.required?.includes(name) ? '' : '?'}: ${valuesWords(each)}`)
      .join(', ')} }`
  if (shape.type === 'array') return `list of ${valuesWords(shape.items ?? {})}`
  if (shape.type !== 'integer' && shape.type !== 'number') return shape.type ?? 'text'
  const safe = value => value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER
  const least = safe(shape.minimum) ? `≥ ${shape.minimum}` : safe(shape.exclusiveMinimum) ? `> ${shape.exclusiveMinimum}` : ''
  const most = safe(shape.maximum) ? `≤ ${shape.maximum}` : safe(shape.exclusiveMaximum) ? `< ${shape.exclusiveMaximum}` : ''
  return [shape.type === 'integer' ? 'whole number' : 'number', least, most].filter(Boolean).join(' ')
}
const paramRow = ([name, schema]) => {
  const shape = z.toJSONSchema(schema, { io: 'input' })
  const byDefault =
    'default' in shape ? `\`${JSON.stringify(shape.default)}\`` : schema.safeParse(undefined).success ? 'none' : 'must be given'
  return [`\`${name}\``, valuesWords(shape), byDefault, shape.description ?? '']
}
const bytes = n => (n >= 2 ** 30 ? `${n / 2 ** 30} GiB` : `${n / 2 ** 20} MiB`)
const ladder = (value, words) => [value].flat().map(words).join(', then ')
function needsWords(needs) {
  if (typeof needs === 'function') return 'what it needs follows its parameters'
  const cores = `${needs.cpu} core${needs.cpu === 1 ? '' : 's'}`
  const time = needs.time === undefined ? '' : `, at most ${ladder(needs.time, seconds => `${seconds / 3600} h`)}`
  return `${cores}, ${ladder(needs.memory, bytes)} of memory${time}`
}
function section(file, name, { spec }) {
  const heads = ['', 'kind', 'files', 'what is known of them', 'format']
  const files = slots => Object.entries(slots).map(([slot, kind]) => [`\`${slot}\``, ...kindWords(kind)])
  return [
    `## ${spec.name}`,
    '',
    `${spec.about}.`,
    '',
    '```ts',
    `import { ${name} } from 'trireme-bio/steps/${file}'`,
    '```',
    '',
    ...table(['input', ...heads.slice(1)], files(spec.inputs)),
    ...table(['parameter', 'values', 'default', ''], Object.entries(spec.params).map(paramRow)),
    ...table(['output', ...heads.slice(1)], files(spec.outputs)),
    `- Tools: ${links(spec.tools) || 'those of any system'}${spec.mayNeed ? `; for some parameters ${links(spec.mayNeed.tools)}` : ''}; image \`${spec.image}\``,
    `- Needs: ${needsWords(spec.needs)}`,
    `- Operation: ${(spec.edam ?? []).map(term).join(', ')}`,
    ...(spec.streams?.length ? [`- May be joined to its neighbours by a pipe: ${spec.streams.map(slot => `\`${slot}\``).join(', ')}`] : []),
    '',
  ]
}
const links = (tools = []) => tools.map(tool => `[${tool.name}](tools.md#${anchor(tool.name)})`).join(', ')
/** Loaders differ in the order of a module's names. */
const byName = module => Object.entries(module).sort(([a], [b]) => (a < b ? -1 : 1))
/** The address of a module here says nothing elsewhere. */
const shownWord = word => (word.startsWith('file:') ? 'TOOLS_MODULE' : word)
const generated =
  '<!-- Written by scripts/reference.mjs from the code. Change the code, then "npm run build" and "node scripts/reference.mjs". -->'

/** @param modules `[file, module]` of every step. @param tools the module of tools. @returns text of the pages by file name */
export function pages(modules, tools) {
  const all = byName(tools).map(([, tool]) => tool)
  const steps = modules.flatMap(([file, module]) =>
    byName(module)
      .filter(([, it]) => typeof it === 'function' && it.spec?.command)
      .map(([name, it]) => ({ file, name, it })),
  )
  const usedBy = tool =>
    steps
      .filter(({ it }) => [...(it.spec.tools ?? []), ...(it.spec.mayNeed?.tools ?? [])].some(({ name }) => name === tool.name))
      .map(({ it }) => `[${it.spec.name}](steps.md#${it.spec.name})`)
  return {
    'steps.md': [
      generated,
      '# Steps',
      '',
      'Each is one program run: what it takes, what it promises, what can be set. `trireme show NAME` prints one, `trireme add NAME` copies it into a project.',
      '',
      'An input is met by any file that is known to have at least the facts it asks for; an output has the facts it promises. BAM and VCF files are indexed as `.bai` and `.tbi`, which end at 2²⁹ bases (some 537 million) on one contig: genomes with longer contigs, such as those of wheat, need them cut.',
      '',
      ...table(
        ['step', 'what it does'],
        steps.map(({ it }) => [`[${it.spec.name}](#${it.spec.name})`, it.spec.about]),
      ),
      ...steps.flatMap(({ file, name, it }) => section(file, name, it)),
    ].join('\n'),
    'tools.md': [
      generated,
      '# Tools',
      '',
      'The programs that the steps call. `trireme doctor` says which of them this machine has, in which version, and how to get the rest.',
      '',
      ...table(
        ['tool', 'licence', 'versions accepted', 'Debian package', 'conda package', 'cite'],
        all.map(tool => [
          `[${tool.name}](#${anchor(tool.name)})`,
          tool.licence,
          `\`${tool.accepts}\``,
          tool.debian ? `\`${tool.debian}\`` : '',
          tool.conda ? `\`${tool.conda}\`` : '',
          tool.doi ? `[${tool.doi}](https://doi.org/${tool.doi})` : '',
        ]),
      ),
      ...all.flatMap(tool => [
        `## ${tool.name}`,
        '',
        `- Home: <${tool.homepage}>`,
        ...(tool.biotools ? [`- bio.tools: <https://bio.tools/${tool.biotools}>`] : []),
        `- Version: \`${tool.version.argv.map(shownWord).join(' ')}\``,
        `- Used by: ${usedBy(tool).join(', ') || 'no step of this package'}`,
        '',
      ]),
    ].join('\n'),
  }
}

/** The JSON Schema of records of benchmarks. @param record zod's schema of them */
export const recordSchema = record =>
  `${JSON.stringify({ $id: 'record.schema.json', title: 'A record of a comparison, format 2', ...z.toJSONSchema(record) }, null, 1)}\n`

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const load = file => import(pathToFileURL(path.join(root, 'dist/steps', `${file}.js`)).href)
  const modules = await Promise.all(stepFiles().map(async file => [file, await load(file)]))
  for (const [name, text] of Object.entries(pages(modules, await load('tools'))))
    writeFileSync(path.join(root, 'docs/reference', name), text)
  const { record } = await import(pathToFileURL(path.join(root, 'dist/benchmarks/harness/record.js')).href)
  writeFileSync(path.join(root, 'docs/reference/record.schema.json'), recordSchema(record))
}
