import { lstatSync } from 'node:fs'
import type { Event } from '../../core/events.ts'
import { keys as keysOf } from '../../core/graph/key.ts'
import { inSeveral, labels } from '../../core/graph/labels.ts'
import type { EachNode, Node, StepNode } from '../../core/graph/node.ts'
import { filesOf, type Placed } from '../../core/graph/place.ts'
import type { Plan, Results } from '../../core/graph/plan.ts'
import { bodyOf, branchOf, upstream } from '../../core/graph/walk.ts'
import { StepOutputs } from '../../core/run/step-outputs.ts'
import { digestFile } from '../../core/store/fsync.ts'
import type { OutputFile } from '../../core/store/record.ts'
import type { Execution } from '../../core/targets/local/index.ts'
import type { Told } from './told.ts'

type StepEvent = Extract<Event, { step: string }>
type Ended = Execution<Results>

/** What holds of every run on every target, whatever the plan. @returns the breaches, in words */
export async function breaches(told: Told): Promise<readonly string[]> {
  const { events, ended, run, plan } = told
  if (!('state' in ended)) return events.some(({ event }) => event === 'started') ? ['a run that was refused started a step'] : []
  return [
    ...framed(events, ended, run),
    ...wellFormed(events),
    ...ordered(plan, events, ended),
    ...failuresTold(events, ended),
    ...(await sound(ended)),
  ]
}
const vocabulary: ReadonlySet<string> = new Set<Event['event']>([
  'run-started',
  'planned',
  'cached',
  'damaged',
  'started',
  'progress',
  'retried',
  'succeeded',
  'failed',
  'skipped',
  'run-ended',
])
/** One beginning, one end, and time that does not run backwards. */
function framed(events: readonly Event[], ended: Ended, run: string): readonly string[] {
  const [first, last] = [events[0], events.at(-1)]
  const edges = events.filter(({ event }) => event === 'run-started' || event === 'run-ended').length
  const planned = events.filter(({ event }) => event === 'planned').length
  return [
    ...(first?.event === 'run-started' && first.run === run ? [] : ['the first event is not the start of this run']),
    ...(first?.event !== 'run-started' || first.lists || first.steps === planned
      ? []
      : [`${first.steps} steps were told, ${planned} planned`]),
    ...(last?.event === 'run-ended' && last.run === run && last.state === ended.state ? [] : ['the last event is not the end of this run']),
    ...events.flatMap(({ event }) => (vocabulary.has(event) ? [] : [`there is no event "${event}"`])),
    ...(edges === 2 ? [] : ['a run begins and ends once']),
    ...events.flatMap((event, n) => (n > 0 && event.at < events[n - 1]!.at ? [`event ${n} is earlier than the one before`] : [])),
  ]
}
/** Every step is planned once, starts with growing attempts, and ends once. */
function wellFormed(events: readonly Event[]): readonly string[] {
  const shape = /^planned( damaged)?( cached| skipped|( started( retried)?)+ (succeeded|failed|skipped))$/
  const faults: string[] = []
  for (const [label, own] of byLabel(events)) {
    const words = own.filter(({ event }) => event !== 'progress').map(({ event }) => event)
    if (!shape.test(words.join(' '))) faults.push(`${label}: ${words.join(', ')}`)
    const attempts = own.flatMap(event => (event.event === 'started' ? [event.attempt] : []))
    if (attempts.some((attempt, n) => attempt !== n + 1)) faults.push(`${label}: attempts ${attempts.join(', ')}`)
    if (new Set(own.flatMap(event => ('key' in event ? [event.key] : []))).size !== 1) faults.push(`${label}: more than one key`)
    if (own.some(event => event.event === 'succeeded' && !(event.seconds >= 0))) faults.push(`${label}: no time taken`)
  }
  return faults
}
function byLabel(events: readonly Event[]): ReadonlyMap<string, readonly StepEvent[]> {
  const all = new Map<string, StepEvent[]>()
  for (const event of events) if ('step' in event) all.set(event.step, [...(all.get(event.step) ?? []), event])
  return all
}
/** Labels and keys are those of the plan, of its branches, too; and nothing starts before what it needs has ended, or is joined to it. */
function ordered(plan: Plan, events: readonly Event[], ended: Ended): readonly string[] {
  const keys = keysOf(() => 'unknown')
  const nodes = stepsOf(plan, ended)
  const expected = new Map([...nodes].map(([node, label]) => [label, keys.of(node)]))
  const first = new Map<string, { start?: number; end?: number; group?: string }>() // by key
  const faults: string[] = []
  for (const [n, event] of events.entries()) {
    if (!('key' in event)) continue
    if (expected.get(event.step) !== event.key) faults.push(`${event.step}: not in the plan, or by another key`)
    const known = first.get(event.key) ?? {}
    if (event.event === 'started') first.set(event.key, { ...known, start: n, ...(event.group !== undefined && { group: event.group }) })
    if (['succeeded', 'cached'].includes(event.event)) first.set(event.key, { ...known, end: n })
  }
  for (const [label, key] of expected) if (!events.some(event => 'key' in event && event.key === key)) faults.push(`${label}: no event`)
  for (const [node, label] of nodes) {
    const own = first.get(keys.of(node))
    if (own?.start === undefined) continue
    for (const before of needed(node, ended, keys)) {
      const other = first.get(keys.of(before))
      const joined = own.group !== undefined && other?.group === own.group
      if (!joined && !((other?.end ?? Number.POSITIVE_INFINITY) < own.start))
        faults.push(`${label}: started before ${before.step.name} had ended`)
    }
  }
  return faults
}
/** All steps of a plan by label, with those of branches whose lists are written. */
function stepsOf(plan: Plan, ended: Ended): ReadonlyMap<StepNode, string> {
  const keys = keysOf(() => 'unknown')
  const found = new Map<StepNode, string>()
  const seen = new Set<string>()
  const add = (nodes: readonly Node[], several?: ReadonlySet<string>) => {
    const inside = new Set<Node>(nodes.flatMap(node => (node.kind === 'each' ? bodyOf(node) : [])))
    for (const [node, label] of labels(nodes, keys, several)) {
      if (node.kind !== 'step' || inside.has(node) || seen.has(keys.of(node))) continue
      seen.add(keys.of(node))
      found.set(node, label)
    }
    for (const node of nodes)
      if (node.kind === 'each' && !inside.has(node))
        add(
          branches(node, ended, keys).flatMap(({ nodes }) => nodes),
          inSeveral(plan.nodes),
        )
  }
  add(plan.nodes)
  return found
}
type Keys = ReturnType<typeof keysOf>
function branches(each: EachNode, ended: Ended, keys: Keys) {
  const places = new StepOutputs(keys)
  for (const entry of ended.entries.values()) places.entries.set(entry.record.key, entry)
  return (places.items(each.list) ?? []).map(({ name }) => branchOf(each, name))
}
/** The steps whose files a step reads: through lists, and the branches of an `each`. */
function needed(node: StepNode, ended: Ended, keys: Keys): readonly StepNode[] {
  const all: StepNode[] = []
  const stack = [...upstream(node)]
  for (let at = stack.pop(); at; at = stack.pop()) {
    if (at.kind === 'step') all.push(at)
    if (at.kind === 'item') stack.push(...upstream(at))
    if (at.kind === 'each') stack.push(...branches(at, ended, keys).flatMap(({ results }) => Object.values(results).map(ref => ref.node)))
  }
  return all
}
function failuresTold(events: readonly Event[], ended: Ended): readonly string[] {
  const messages = events.flatMap(event => (event.event === 'failed' ? [event.message] : []))
  return [
    ...(JSON.stringify([...messages].sort()) === JSON.stringify([...ended.failures].sort()) ? [] : ['failures and failed events differ']),
    ...(ended.state === 'succeeded' && messages.length > 0 ? ['a run with a failure succeeded'] : []),
  ]
}
/** Files of the results are there, whole, and as their records say. */
async function sound({ results, entries }: Ended): Promise<readonly string[]> {
  const faults: string[] = []
  const recorded = new Map<string, OutputFile>(
    [...entries.values()].flatMap(({ folder, record }) =>
      Object.values(record.outputs).flatMap(files => files.map(file => [`${folder}/${file.name}`, file] as const)),
    ),
  )
  for (const file of placedIn(Object.values(results)).flatMap(filesOf)) {
    const record = recorded.get(file)
    const found = lstatSync(file, { throwIfNoEntry: false })
    if (!record || !found?.isFile()) faults.push(`${file}: ${record ? 'no file' : 'in no record'}`)
    else if (found.size !== record.size || (await digestFile(file)) !== record.sha256) faults.push(`${file}: not what its record says`)
  }
  return faults
}
export function placedIn(value: unknown): readonly Placed[] {
  if (typeof value !== 'object' || value === null) return []
  return 'path' in value && 'companions' in value ? [value as Placed] : Object.values(value).flatMap(placedIn) // told by its fields
}
