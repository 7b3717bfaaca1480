import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { source } from './define/pipeline.ts'
import type { Event } from './events.ts'
import { plan, type Results } from './graph/plan.ts'
import { ownCacheOrTemporary } from './host/own-folder.ts'
import { readyTools } from './host/tools.ts'
import { Store } from './store/store.ts'
import { type LocalOptions, type Made, runLocally } from './targets/local/index.ts'
import type { FileKind } from './vocabulary/kind.ts'

/** A source from a file on disk, for tests of steps: `given('reads', fastqPair, { first: 'a_1.fastq.gz', second: 'a_2.fastq.gz' })`. */
export function given<const N extends string, Fo extends string, F extends object>(
  name: N,
  kind: FileKind<Fo, F>,
  files: string | Readonly<Record<string, string>>,
) {
  const file = (url: string) => ({ url, sha256: createHash('sha256').update(readFileSync(url)).digest('hex') })
  const named = typeof files === 'string' ? { '': files } : files
  return source(name, kind, Object.fromEntries(Object.entries(named).map(([part, url]) => [part, file(url)])))
}
/** A folder of its own for a test, below the system's folder for temporary files. */
export const scratch = (): string => mkdtempSync(path.join(os.tmpdir(), 'trireme-test-'))

/**
 * Runs a plan of these results in a store of its own and gives their places: `const { sorted } = await made(sort({ unsorted }))`.
 * @throws Error with the message of the first step that failed
 */
export async function made<O extends Results>(
  results: O,
  options: Partial<LocalOptions> = {},
): Promise<{ readonly [N in keyof O]: NonNullable<Made<O[N]>> }> {
  const done = await ran(results, options)
  if (done.failures.length > 0) throw new Error(done.failures[0])
  return done.results as { [N in keyof O]: NonNullable<Made<O[N]>> } // nothing failed; a test that asks for an optional output must expect it to be missing
}
/** Runs a plan and gives everything: state, results, failures, and the events in their order. */
export async function ran<O extends Results>(results: O, options: Partial<LocalOptions> = {}) {
  const store = options.store ?? (await Store.open(scratch()))
  const whole = plan('test', results)
  const events: Event[] = []
  const done = await runLocally(whole, {
    store,
    run: 'test',
    versions: await readyTools(whole, path.join(ownCacheOrTemporary('tests'), 'tools.json')),
    on: event => events.push(event),
    ...options,
  })
  return { ...done, events, store }
}
