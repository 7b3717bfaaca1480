import os from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import type { Environment } from '../../core/environment/settings.ts'
import type { Event } from '../../core/events.ts'
import { type Keys, keys as keysOf, versionFrom, versionsOf } from '../../core/graph/key.ts'
import { labels } from '../../core/graph/labels.ts'
import { type Given, isList, isRef, type Node, type Ref, refsIn, type StepNode } from '../../core/graph/node.ts'
import { filesOf } from '../../core/graph/place.ts'
import type { Plan } from '../../core/graph/plan.ts'
import { type Grant, inputBase, listWords, stepWords } from '../../core/graph/step-words.ts'
import { bodyOf } from '../../core/graph/walk.ts'
import { StepOutputs } from '../../core/run/step-outputs.ts'
import type { Entry } from '../../core/store/record.ts'
import type { Store } from '../../core/store/store.ts'
import { sum } from '../../core/vocabulary/quantity.ts'
import { branchesOf } from '../history/recipes.ts'
import type { RunRecord } from '../history/record.ts'
import type { CodeState } from './code-state.ts'
import type { ResultFile } from './layout.ts'
import type { Published } from './publish.ts'

const digestField = z.string().regex(/^[0-9a-f]{64}$/)
const argv = z.array(z.array(z.array(z.string())))
const code = z.strictObject({ version: z.string().optional(), commit: z.string().optional(), changed: z.boolean().optional() })
/** A file that a step took: of a user, by its place; or of another step. */
const takenFile = z.union([
  z.strictObject({ file: z.string(), sha256: digestField }),
  z.strictObject({ step: z.string(), output: z.string(), file: z.string(), sha256: digestField }),
  z.strictObject({ step: z.string(), output: z.string(), piped: z.literal(true) }),
])
/** What `pipeline_info/provenance.json` holds; docs/reference/results-layout.md tells it to people. */
export const provenanceSchema = z.strictObject({
  format: z.literal(1),
  run: z.strictObject({
    id: z.string(),
    pipeline: z.string(),
    state: z.string(),
    command: z.array(z.string()),
    started: z.iso.datetime(),
    ended: z.iso.datetime().optional(),
    seconds: z.number().optional(),
  }),
  code: z.strictObject({ trireme: code, project: code.optional(), node: z.string() }),
  machine: z.strictObject({
    name: z.string(),
    system: z.string(),
    kernel: z.string(),
    architecture: z.string(),
    cpu: z.string(),
    cores: z.int(),
    memory: z.int(),
  }),
  environment: z.looseObject({ name: z.string(), target: z.string() }),
  parameters: z.record(z.string(), z.unknown()),
  steps: z.array(
    z.strictObject({
      label: z.string(),
      step: z.string(),
      state: z.enum(['ran', 'cached', 'not needed', 'failed', 'stopped', 'skipped']),
      key: digestField,
      image: z.string(),
      tools: z.record(z.string(), z.string()),
      parameters: z.record(z.string(), z.unknown()),
      /** By pipe and stage. Of a step that wrote into a pipe in an earlier run, and of one that did not run, with the cores and memory it asks for. */
      argv,
      inputs: z.record(z.string(), z.array(takenFile)),
      outputs: z.record(z.string(), z.array(z.strictObject({ file: z.string(), bytes: z.int(), sha256: digestField }))),
      /** Of the run that made it. */
      made: z
        .strictObject({
          run: z.string(),
          host: z.string(),
          started: z.string(),
          seconds: z.number(),
          attempt: z.int(),
          cpu: z.number(),
          memory: z.number(),
          /** Labels of the steps it was joined with by pipes. */
          joined: z.array(z.string()).optional(),
        })
        .optional(),
    }),
  ),
  results: z.array(
    z.strictObject({
      file: z.string(),
      bytes: z.int(),
      sha256: digestField,
      step: z.string().optional(),
      output: z.string().optional(),
    }),
  ),
})
export type Provenance = z.infer<typeof provenanceSchema>
type StepProvenance = Provenance['steps'][number]
type Taken = z.infer<typeof takenFile>

/** A run that ended, and what it was made of. */
export interface EndedRun {
  readonly record: RunRecord
  readonly entries: ReadonlyMap<string, Entry>
  readonly events: readonly Event[]
  readonly plan: Plan
  readonly versions: ReadonlyMap<string, string>
  readonly published: Published
  /** Of the pipeline itself: Trireme's only where it comes with Trireme. */
  readonly pipelineVersion: string | undefined
}
/** What the provenance of a run needs beside it. */
export interface Surroundings {
  readonly store: Store
  readonly environment: Environment
  readonly code: CodeState
  /** Assets lie beside the inputs, as in a container; otherwise they are named by their paths. */
  readonly linked: boolean
  readonly files: readonly ResultFile[]
}
/** How each result was made: argv, versions and digests of every step, where, with which code. The same run gives the same text. */
export function provenance(run: EndedRun, at: Surroundings): Provenance {
  const { record, plan, versions, published } = run
  const keys = keysOf(versionFrom(versions))
  const known = knownSteps(run, keys, at.store)
  const byPath = new Map<string, { readonly label: string; readonly output: string; readonly sha256: string }>()
  for (const { label, entry } of known.steps.values())
    for (const [output, files] of Object.entries(entry?.record.outputs ?? {}))
      for (const { name, sha256 } of files) byPath.set(path.join(entry!.folder, name), { label, output, sha256 }) // it has files
  const steps = [...known.steps.values()].map(step => stepProvenance(step, run, { ...at, keys, known, byPath }))
  const origins = new Map(at.files.map(({ from, to }) => [to, byPath.get(from)]))
  return {
    format: 1,
    run: {
      ...{ id: record.id, pipeline: plan.name, state: record.state, command: ['trireme', ...record.command], started: record.started },
      ...(record.ended !== undefined && { ended: record.ended }),
      ...(record.seconds !== undefined && { seconds: record.seconds }),
    },
    code: { ...at.code, node: process.versions.node },
    machine: machineFacts(),
    environment: { ...at.environment },
    parameters: record.arguments,
    steps,
    results: published.files.map(({ path: file, bytes, sha256 }) => {
      const origin = origins.get(file)
      return { file, bytes, sha256, ...(origin && { step: origin.label, output: origin.output }) }
    }),
  }
}
type StepOutcome = Extract<Event, { readonly event: 'cached' | 'succeeded' | 'failed' | 'skipped' }>
interface MadeStep {
  readonly node: StepNode
  readonly key: string
  readonly label: string
  /** None for a step that only steps which were cached would need, such as one of a list's branches. */
  readonly event: StepOutcome | undefined
  readonly entry: Entry | undefined
}
interface Known {
  /** By key, each after what it needs. */
  readonly steps: ReadonlyMap<string, MadeStep>
  readonly outputs: StepOutputs
}
/** All steps that a result was made by, those of lists' branches among them, whether they ran now or once. */
function knownSteps({ plan, events, entries }: EndedRun, keys: Keys, store: Store): Known {
  const outcomes = new Map(
    events.flatMap(event =>
      event.event === 'cached' || event.event === 'succeeded' || event.event === 'failed' || event.event === 'skipped'
        ? [[event.key, event] as const]
        : [],
    ),
  )
  const outputs = new StepOutputs(keys)
  const nodes = new Map<string, Node>()
  const add = (all: readonly Node[]): void => {
    for (const node of all) {
      const key = keys.of(node)
      const branches = node.kind === 'each' && !nodes.has(key) ? branchesOf(node, keys, store) : undefined
      // What is in the body of an each stands before it, for any file: it never runs itself.
      if (node.kind === 'step' && bodies.has(node)) continue
      if (branches) {
        outputs.branches.set(key, branches)
        for (const { nodes } of branches)
          for (const inner of nodes) if (inner.kind === 'each') for (const each of bodyOf(inner)) bodies.add(each)
        add(branches.flatMap(({ nodes }) => nodes))
      }
      if (!nodes.has(key)) nodes.set(key, node)
    }
  }
  const bodies = new Set<Node>(plan.nodes.flatMap(node => (node.kind === 'each' ? bodyOf(node) : [])))
  add(plan.nodes)
  const names = labels([...nodes.values()], keys)
  const steps = new Map<string, MadeStep>()
  for (const [key, node] of nodes) {
    if (node.kind !== 'step') continue
    const event = outcomes.get(key)
    const label = event?.step ?? names.get(node) ?? node.step.name
    const entry = entries.get(label) ?? store.look(key)
    if (entry) outputs.entries.set(key, entry)
    steps.set(key, { node, key, label, event, entry })
  }
  return { steps, outputs }
}
interface At extends Surroundings {
  readonly keys: Keys
  readonly known: Known
  readonly byPath: ReadonlyMap<string, { readonly label: string; readonly output: string; readonly sha256: string }>
}
function stepProvenance({ node, key, label, event, entry }: MadeStep, { versions, events }: EndedRun, at: At): StepProvenance {
  const needless = event === undefined || (event.event === 'skipped' && event.reason.startsWith('not needed'))
  return {
    label,
    step: node.step.name,
    state: needless
      ? 'not needed'
      : event.event === 'succeeded'
        ? 'ran'
        : event.event === 'failed' && event.cancelled
          ? 'stopped'
          : event.event,
    key,
    image: node.step.image,
    tools: entry?.record.tools ?? versionsOf(node, versions),
    parameters: entry?.record.params ?? node.params,
    argv: entry
      ? entry.record.argv.map(stages => stages.map(words => [...words]))
      : unrecordedWords(node, grantedTo(label, node, events), at),
    inputs: Object.fromEntries(Object.entries(node.inputs).map(([slot, given]) => [slot, takenBy(given, at)])),
    outputs: outputsOf(entry),
    ...(entry && { made: madeIn(entry) }),
  }
}
const outputsOf = (entry: Entry | undefined): StepProvenance['outputs'] =>
  Object.fromEntries(
    Object.entries(entry?.record.outputs ?? {}).map(([output, files]) => [
      output,
      files.map(({ name, size, sha256 }) => ({ file: name, bytes: size, sha256 })),
    ]),
  )
const madeIn = ({ record: { run, host, started, seconds, attempt, cpu, memory, group } }: Entry): StepProvenance['made'] => ({
  ...{ run, host: host.name, started, seconds, attempt, cpu, memory },
  ...(group && { joined: [...group] }),
})
/** What the step was granted at its last attempt; what it asks for, where it never started. */
function grantedTo(label: string, { needs }: StepNode, events: readonly Event[]): Grant {
  const started = events.findLast(event => event.event === 'started' && event.step === label)
  if (started?.event === 'started') return started
  return { cpu: needs.cpu, memory: typeof needs.memory === 'number' ? needs.memory : needs.memory[0] }
}
/** Words of a step that left no record: its output went into a pipe, or it did not run. */
function unrecordedWords(node: StepNode, granted: Grant, at: At): StepProvenance['argv'] {
  const port = Object.keys(node.step.outputs).find(output => node.step.streams.includes(output))
  const { argv } = stepWords<string>(node, {
    granted,
    ...(port !== undefined && { pipe: { port, tee: false } }),
    assets: at.linked ? 'by link' : 'by path',
    list: slot => {
      const counts = refsIn(node.inputs[slot] ?? []).map(ref => {
        if (!('many' in ref.kind)) return 1
        const files = at.known.outputs.list(ref)
        return files ? files.length : Number.NaN
      })
      const count = sum(counts)
      return Number.isNaN(count) ? [`${inputBase(slot)}/*`] : listWords(node.step, slot, count)
    },
  })
  return argv.map(stages => stages.map(words => [...words]))
}
function takenBy(given: Given, at: At): StepProvenance['inputs'][string] {
  const refs = isRef(given) ? [given] : isList(given) ? (given as readonly Ref[]) : Object.values(given)
  return refs.flatMap((ref): readonly Taken[] => {
    if (ref.node.kind === 'source') return Object.values(ref.node.files).map(({ url, sha256 }) => ({ file: url, sha256 }))
    const placed = at.known.outputs.of(ref)
    const files = placed === undefined ? [] : 'path' in placed ? filesOf(placed) : placed.flatMap(filesOf)
    const known = files.flatMap(file => {
      const origin = at.byPath.get(file)
      return origin ? [{ step: origin.label, output: origin.output, file: path.basename(file), sha256: origin.sha256 }] : []
    })
    if (known.length > 0) return known
    return at.known.outputs
      .origins(ref)
      .map(({ node, port }) => ({ step: at.known.steps.get(at.keys.of(node))?.label ?? '', output: port, piped: true as const }))
  })
}
const machineFacts = (): Provenance['machine'] => ({
  name: os.hostname(),
  system: `${os.type()} ${os.version()}`,
  kernel: os.release(),
  architecture: os.arch(),
  cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
  cores: os.availableParallelism(),
  memory: os.totalmem(),
})
