import type { Joins } from '../graph/chains.ts'
import { type Keys, keys as keysOf, versionFrom } from '../graph/key.ts'
import { labels } from '../graph/labels.ts'
import { type EachNode, type Given, isList, isRef, type Node, type Ref, refsIn, type SourceNode, type StepNode } from '../graph/node.ts'
import type { Plan } from '../graph/plan.ts'
import { plannedChains } from '../graph/planned-chains.ts'
import { type Branch, bodyOf, nodesOf, outerNodes, stepsByKey } from '../graph/walk.ts'
import { type Argv, type Glued, quoted, type Slot, type SlotList, type Word } from '../vocabulary/command.ts'
import { fileOf, suffixesOf } from '../vocabulary/kind.ts'

/** What a run would do with a step. */
export type Outlook = 'cached' | 'will run' | 'not needed'
export interface TextOptions {
  /** Versions of the tools as found, by name; they are part of every key. @default 'unknown' */
  readonly versions?: ReadonlyMap<string, string>
  /** Keys of the steps that the store holds. @default none */
  readonly there?: ReadonlySet<string>
  /** Prints each step's key. @default false, so that the text stays the same when a version changes */
  readonly keys?: boolean
  /** Shows which steps a run joins by pipes. @default true */
  readonly stream?: boolean
  /** Memory that a run may use, in bytes: a chain that needs more is not joined. @default any */
  readonly memory?: number
  /** Whether two steps may be joined: `joins` of the target, for its environment. @default all may */
  readonly joins?: Joins
}
/**
 * A plan for people, and for goldens: every step with its command, its inputs and whether it would run. Granted resources stay
 * symbolic (`<cpu>`), files are named by slot (`<reads.first>`), and no path of this machine is in it.
 */
export function text(plan: Plan, options: TextOptions = {}): string {
  const { versions = new Map(), there = new Set(), keys: withKeys = false, stream = true, memory, joins } = options
  const keys = keysOf(versionFrom(versions))
  const names = labels(plan.nodes, keys)
  const inside = new Map<Node, EachNode>(
    plan.nodes.flatMap(node => (node.kind === 'each' ? bodyOf(node).map(inner => [inner, node] as const) : [])),
  )
  const outlook = outlooks(plan, keys, there)
  const listed = new Set<string>()
  const blocks = plan.nodes.flatMap(node => {
    if (node.kind !== 'step' || listed.has(keys.of(node))) return []
    listed.add(keys.of(node))
    const each = inside.get(node)
    const state = each ? `for each of ${origin(each.list, names)}` : outlook.get(keys.of(node))
    return [
      [`${names.get(node)}  [${state}]${withKeys ? `  ${keys.of(node)}` : ''}`, ...stepLines(node, names).map(line => `  ${line}`)].join(
        '\n',
      ),
    ]
  })
  const counts = [...listed].map(key => outlook.get(key) ?? 'each')
  const count = (state: string) => counts.filter(each => each === state).length
  const summary = [
    `${listed.size} step${listed.size === 1 ? '' : 's'}`,
    ...(['cached', 'will run', 'not needed'] as const).flatMap(state => (count(state) > 0 ? [`${count(state)} ${state}`] : [])),
    ...(count('each') > 0 ? [`${count('each')} for each file of a list`] : []),
  ]
  const section = (title: string, lines: readonly string[]) =>
    lines.length > 0 ? [[title, ...lines.map(line => `  ${line}`)].join('\n')] : []
  const chains = stream
    ? plannedChains(plan, keys, key => outlook.get(key) === 'will run', { ...(memory && { memory }), ...(joins && { joins }) })
    : []
  const joined = chains.map(({ members, links }) =>
    members.map((node, n) => `${names.get(node)}${links[n]?.tee ? ' (kept, too)' : ''}`).join(' | '),
  )
  const results = Object.entries(plan.results).flatMap(([name, given]) => givenLines(name, given, names))
  const parts = [
    `plan ${plan.name}: ${summary.join(', ')}`,
    ...blocks,
    ...section('joined by pipes', joined),
    ...section('results', results),
  ]
  return `${parts.join('\n\n')}\n`
}
/** The branches of an `each`, where its list is written. */
type KnownBranches = (each: EachNode) => readonly Branch[] | undefined
/**
 * What would become of each step, by key: cached; or asked for by a result, through steps that are not cached; or neither. Steps within an
 * `each` are in it where its branches are known.
 */
export function outlooks(
  plan: Plan,
  keys: Keys,
  there: ReadonlySet<string>,
  branches: KnownBranches = () => undefined,
): ReadonlyMap<string, Outlook> {
  const needed = new Set<string>()
  const stack = [...nodesOf(Object.values(plan.results).flatMap(refsIn))]
  for (let node = stack.pop(); node; node = stack.pop()) {
    const key = keys.of(node)
    if (needed.has(key)) continue
    needed.add(key)
    if (node.kind === 'step' && there.has(key)) continue
    if (node.kind === 'step') stack.push(...nodesOf(Object.values(node.inputs).flatMap(refsIn)))
    if (node.kind === 'each') {
      const known = branches(node)?.flatMap(({ results }) => Object.values(results)) ?? []
      stack.push(...nodesOf([node.list, ...Object.values(node.body), ...known])) // the body, since what it reads from outside is made in any case
    }
    if (node.kind === 'item') stack.push(...nodesOf([node.list]))
  }
  const inBranches = plan.nodes.flatMap(node => (node.kind === 'each' ? (branches(node) ?? []) : [])).flatMap(({ nodes }) => nodes)
  const steps = stepsByKey([...outerNodes(plan.nodes), ...inBranches], keys)
  return new Map([...steps.keys()].map(key => [key, there.has(key) ? 'cached' : needed.has(key) ? 'will run' : 'not needed']))
}
function stepLines(node: StepNode, names: ReadonlyMap<Node, string>): readonly string[] {
  const { pipes, stdout } = node.script
  const commands = pipes.map((stages, n) => {
    const into = stdout && n === pipes.length - 1 ? ` > ${slotText(stdout)}` : ''
    return `$ ${stages.map(argv => shownWords(argv).join(' ')).join(' | ')}${into}`
  })
  const inputs = Object.entries(node.inputs).flatMap(([slot, given]) => givenLines(slot, given, names))
  const waits = [
    ...new Set(
      Object.values(node.inputs)
        .flatMap(refsIn)
        .flatMap(ref => ref.conditions ?? []),
    ),
  ]
  return [...commands, ...inputs, ...waits.map(ref => `after ← ${origin(ref, names)}`)]
}
/** Argv as it would be typed, with slots and grants in angle brackets. */
const shownWords = (argv: Argv): readonly string[] => argv.flat().map(wordText)
const wordText = (word: Word | SlotList): string => {
  if (typeof word !== 'object') return quoted(String(word))
  return 'list' in word ? `<${word.list}...>` : symbol(word)
}
function symbol(word: Exclude<Word, string | number>): string {
  if ('slot' in word) return slotText(word)
  if ('glued' in word) return glued(word)
  if ('level' in word) return `<level ${word.level}>`
  if ('kept' in word) return '<resume>'
  if ('lines' in word) return `<lines: ${word.lines.map(wordText).join(' ')}>`
  if (word.granted === 'cpu') return '<cpu>'
  const unit = word.unit === 2 ** 30 ? 'GiB' : 'MiB'
  return `<memory${word.share === 1 ? '' : ` × ${word.share}`}${word.per ? ' / cpu' : ''} in ${unit}>`
}
const glued = ({ glued: pieces }: Glued): string => {
  const plain = pieces.map(piece => (typeof piece === 'object' ? symbol(piece) : String(piece)))
  return pieces.every(piece => typeof piece === 'object' || /^[\w@%+=:,./#-]*$/.test(String(piece)))
    ? plain.join('')
    : quotedRest(plain.join(''))
}
const quotedRest = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
const slotText = ({ slot, part, key }: Slot): string => `<${[slot, key, part].filter(name => name !== undefined).join('.')}>`

function givenLines(slot: string, given: Given, names: ReadonlyMap<Node, string>): readonly string[] {
  if (isRef(given)) return [`${slot} ← ${origin(given, names)}`]
  const all = isList(given) ? given.map((ref, n) => [String(n + 1), ref as Ref] as const) : Object.entries(given) // a list in a slot holds refs
  if (all.length === 0) return [`${slot} ← none`]
  return all.map(([key, ref]) => `${slot}[${key}] ← ${origin(ref, names)}`)
}
/** The step that makes a file, or the file's name, without its path, so that the text is the same on another machine. */
function origin(ref: Ref, names: ReadonlyMap<Node, string>): string {
  const { node, port } = ref
  if (node.kind === 'step') return `${names.get(node)}.${port}`
  if (node.kind === 'source') return fileNames(node, ref)
  if (node.kind === 'item') return `each of ${origin(node.list, names)}`
  return `all of ${origin(node.body[port]!, names)}`
}
function fileNames(node: SourceNode, ref: Ref): string {
  return suffixesOf(fileOf(ref.kind))
    .map(suffix => (node.files[suffix]?.url ?? '').split('/').at(-1))
    .join(', ')
}
