import path from 'node:path'
import type { BucketRecord } from '../../../bucket/bucket-record.ts'
import type { S3Bucket } from '../../../bucket/client.ts'
import { fetchEntry } from '../../../bucket/transfer.ts'
import { refsIn } from '../../../graph/node.ts'
import type { Plan } from '../../../graph/plan.ts'
import type { RunState } from '../../../run/state.ts'
import type { Store } from '../../../store/store.ts'

/** Brings results into the store; what else the run made stays in the bucket. */
export async function fetchResults(
  plan: Plan,
  at: { readonly store: Store; readonly run: string; readonly bucket: () => Promise<S3Bucket> },
  known: {
    readonly state: RunState
    /** Keys whose entries this machine holds. */
    readonly here: Set<string>
    readonly found: ReadonlyMap<string, BucketRecord>
    /** What a step wrote to its standard error, where that is known. */
    readonly logOf: (key: string) => Promise<Buffer | undefined>
  },
): Promise<void> {
  const { here, found, logOf } = known
  const { outputs, keys, entries, steps } = known.state
  const wanted = Object.values(plan.results)
    .flatMap(refsIn)
    .flatMap(ref => outputs.origins(ref))
  const missing = [...new Set(wanted.map(ref => keys.of(ref.node)))].filter(key => entries.has(key) && !here.has(key))
  if (missing.length === 0) return
  const bucket = await at.bucket()
  await inTurns(
    missing,
    async key => {
      const record = found.get(key)
      if (!record) return
      const folder = path.join(at.store.workFolder(at.run), `.from-${key.slice(0, 16)}`)
      const log = await logOf(key)
      const entry = await fetchEntry(bucket, at.store, entries.get(key)!.record, record, { node: steps.get(key)!, folder, log })
      entries.set(key, entry)
      here.add(key)
    },
    8,
  )
}
/** So many at a time. */
export async function inTurns<T>(all: readonly T[], act: (each: T) => Promise<void>, atOnce = 64): Promise<void> {
  const rest = [...all].reverse()
  const worker = async () => {
    for (let each = rest.pop(); each !== undefined; each = rest.pop()) await act(each)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker))
}
