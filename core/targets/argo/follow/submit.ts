import type { BucketRecord } from '../../../bucket/bucket-record.ts'
import type { S3Bucket } from '../../../bucket/client.ts'
import { findStored, sendContent, sendEntry, sendSource } from '../../../bucket/transfer.ts'
import { TriremeError } from '../../../errors.ts'
import { type Ref, refsIn } from '../../../graph/node.ts'
import type { Plan } from '../../../graph/plan.ts'
import { inOrder, nodesOf, upstream } from '../../../graph/walk.ts'
import type { RunState } from '../../../run/state.ts'
import { fileOf } from '../../../vocabulary/kind.ts'
import type { Climbed } from '../../../vocabulary/quantity.ts'
import { compile } from '../compile/compile.ts'
import type { Compiled } from '../compile/compiled.ts'
import type { ArgoOptions } from './options.ts'
import { keepSubmission, type Submission, submissionOf } from './submission.ts'

/** What is known of a run as it is made ready to be sent. */
export interface KnownRun {
  readonly bucket: S3Bucket
  readonly state: RunState
  /** Rungs on which a step begins, by its key. */
  readonly climbed: (key: string) => Climbed
  /** Keys whose entries this machine holds. */
  readonly here: ReadonlySet<string>
  /** Records of the entries that the bucket holds. */
  readonly found: ReadonlyMap<string, BucketRecord>
}
/**
 * Compiles what is left to do, and brings all that pods need into the bucket.
 * @param round 1 for the plan as it is; later ones send what is left of it, and once something failed, each chain as a pod of its own
 */
export async function submit(plan: Plan, at: ArgoOptions, known: KnownRun, round: number): Promise<Submission> {
  const { environment, versions, image, stream = true, run, store } = at
  const { bucket, state, climbed } = known
  const there = new Map([...state.entries].map(([key, { record }]) => [key, record]))
  const first = round === 1
  const compiled = compile(first ? plan : rest(plan, state), {
    environment,
    versions,
    image,
    there,
    stream,
    share: state.failures.length === 0,
    start: node => climbed(state.keys.of(node)),
  })
  const submission = submissionOf(compiled, { run: first ? run : `${run}-${round}`, environment })
  await Promise.all([
    ...[...compiled.objects].map(([key, content]) => sendContent(bucket, key, content)),
    ...compiled.sources.map(source => sendSource(bucket, source)),
    ...wanted(compiled, known).map(key => send(key, at, known)),
  ])
  return keepSubmission(store, run, round, submission, compiled)
}
/**
 * What no failure has touched and yet did not run: it could not be told before a list was there; or Argo began nothing after a pod that failed,
 * though the step that is needed of it has succeeded.
 */
function rest(plan: Plan, state: RunState): Plan {
  const { keys, steps } = state
  const open = state.open().map(key => steps.get(key)!)
  const read = new Set(open.flatMap(upstream).map(node => keys.of(node)))
  const asked = Object.values(plan.results).flatMap(refsIn)
  const refs = [
    ...asked.filter(({ node }) => state.isOpen(keys.of(node.kind === 'each' ? node.list.node : node))),
    ...open
      .filter(node => !read.has(keys.of(node)))
      .flatMap(node =>
        Object.entries(node.step.outputs).map(([port, kind]): Ref => ({ kind: 'many' in kind ? kind : fileOf(kind), node, port })),
      ),
  ]
  const all = new Set([...plan.nodes, ...inOrder(nodesOf(refs))])
  return {
    name: plan.name,
    results: Object.fromEntries(refs.map((ref, n) => [String(n), ref])),
    nodes: [...all].filter(({ kind }) => kind !== 'item'),
  }
}
/** Keys of entries that only this machine holds, and pods read. */
function wanted({ tasks }: Compiled, { state: { keys, outputs }, here, found }: KnownRun): readonly string[] {
  const refs = tasks.flatMap(({ entries, each }) => [
    ...entries.flatMap(({ node }) => Object.values(node.inputs).flatMap(refsIn)),
    ...(each ? [each.list] : []),
  ])
  const makers = refs.flatMap(ref => outputs.origins(ref)).map(ref => keys.of(ref.node))
  return [...new Set(makers)].filter(key => here.has(key) && !found.has(key))
}
async function send(key: string, { store }: ArgoOptions, { bucket, state }: KnownRun): Promise<void> {
  const entry = state.entries.get(key)!
  if ((await findStored(bucket, key))?.record) return
  const fault = await store.fault(entry)
  if (fault !== undefined) {
    store.setAside(entry.record.key, fault)
    throw new TriremeError(
      'STORE',
      `What ${state.label(key)} made is damaged in the store ${store.root}: ${fault}. It was set aside; the same command makes it again.`,
    )
  }
  await sendEntry(bucket, key, entry, state.steps.get(key)!)
}
