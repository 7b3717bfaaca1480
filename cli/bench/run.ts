import { existsSync } from 'node:fs'
import path from 'node:path'
import { type Code, checkoutOf, codeOf, isIgnored } from '../../benchmarks/harness/commit.ts'
import type { AnyComparison } from '../../benchmarks/harness/comparison.ts'
import { keepRecord } from '../../benchmarks/harness/keep-record.ts'
import { needMeasuring } from '../../benchmarks/harness/measure.ts'
import type { Record2 } from '../../benchmarks/harness/record.ts'
import { recordText } from '../../benchmarks/harness/report/show.ts'
import { sign } from '../../benchmarks/harness/verify/signature.ts'
import { TriremeError } from '../../core/errors.ts'
import { secondsFrom } from '../../core/vocabulary/quantity.ts'
import { defaultStore, wholeNumber } from '../arguments/options.ts'
import { noteLine, say } from '../display/print.ts'
import { findComparison, type Listed } from '../project/catalogue.ts'
import { version } from '../project/package.ts'
import { stoppable } from '../run/stopping.ts'
import { explained } from './faults.ts'
import { takeTurn } from './lock.ts'
import { inFull, readableRecord, resultsFolder } from './records.ts'
import { observe } from './session.ts'

export interface BenchOptions {
  readonly on?: string
  readonly runs?: string
  readonly quick?: boolean
  readonly seed?: string
  readonly scratch?: string
  readonly record?: string
  readonly limit?: string
  readonly install?: boolean
  readonly store?: string
  readonly sign?: string
}
export async function runComparisons(names: readonly string[], options: BenchOptions): Promise<void> {
  const { quick = false, store = defaultStore(), install = true } = options
  const record = recordToWrite(options, names)
  const scratch = options.scratch ?? (record && path.dirname(record))
  const limit = options.limit === undefined ? undefined : timeLimit(options.limit)
  const comparisons: Listed<AnyComparison>[] = []
  for (const name of new Set(names)) comparisons.push(await findComparison(name))
  const environments = options.on?.split(',').map(name => name.trim())
  const rounds = options.runs === undefined ? undefined : wholeNumber('--runs', options.runs, 1)
  const seed = options.seed === undefined ? undefined : wholeNumber('--seed', options.seed, 0)
  needMeasuring()
  if (options.sign !== undefined && !existsSync(options.sign))
    throw new TriremeError('USAGE', `There is no key ${options.sign}. Give --sign the file of a key of SSH. Nothing was measured.`)
  const checkout = checkoutOf(process.cwd())
  const code = codeToKeep(codeOf(checkout), scratch)
  const turn = takeTurn()
  try {
    for (const found of comparisons) {
      noteLine(`${found.name}: ${found.it.about}`)
      const { observed, written } = await stoppable(
        signal =>
          observe(
            found,
            { environments, rounds, limit, quick, seed, store, code, install },
            { signal, running: turn.running, log: line => noteLine(`  ${line}`) },
          ).catch(cause => {
            throw explained(cause, path.resolve(store))
          }),
        'Stopped. What was measured is kept: the same command goes on from there.',
      )
      const now = codeOf(checkout)
      const moved = scratch === undefined && (now.state === 'no commit' || now.commit !== code.commit)
      const folder = scratch ?? (moved ? path.join(store, 'bench', 'not-kept') : resultsFolder())
      const file = keepRecord(folder, observed, record && path.basename(record))
      written()
      if (options.sign !== undefined) noteLine(`Signed: ${sign(file, options.sign)}`)
      say(`${recordText(inFull(readableRecord(file)))}\n`)
      say(
        record !== undefined
          ? `Written, to be imported where it is to be kept: ${file}`
          : scratch !== undefined
            ? `Written, and not kept: ${file}`
            : moved
              ? `Not kept, since the code changed while it was measured: ${file}`
              : `Kept: ${file}`,
      )
      if (scratch === undefined && !moved && isIgnored(checkout, file))
        noteLine(
          `Git ignores that file, so it would be in no commit. In .gitignore name folders at the top only: "/results/" hides benchmarks/results no more.`,
        )
    }
  } finally {
    turn.end()
  }
}
/** Asked first: what is measured may take hours. @throws TriremeError `USAGE` where its record could not be kept */
function codeToKeep(code: Code, scratch: string | undefined): Record2['code'] {
  if (scratch !== undefined && `${path.resolve(scratch)}${path.sep}`.startsWith(`${path.resolve(resultsFolder())}${path.sep}`))
    throw new TriremeError(
      'USAGE',
      `--scratch is for records that are not kept, and ${scratch} lies where they are kept. Give another folder.`,
    )
  if (code.state === 'a commit') return { version: version(), commit: code.commit }
  if (scratch === undefined)
    throw new TriremeError(
      'USAGE',
      `A record is kept only of a commit that is on a branch, and ${code.why}. Commit first, or have the records elsewhere with --scratch DIR. Nothing was measured.`,
    )
  return { version: version(), why: code.why }
}
/** Looked at before anything is measured. @throws TriremeError `USAGE` where a record could not be written to that file */
function recordToWrite({ record, scratch }: BenchOptions, names: readonly string[]): string | undefined {
  if (record === undefined) return undefined
  const wrong =
    names.length > 1
      ? `--record names one file, and there are ${names.length} comparisons: run them one by one`
      : scratch !== undefined
        ? '--record and --scratch both say where the record goes: give one of them'
        : existsSync(record)
          ? `There is a file ${record} already, and records are never overwritten: move it away, or give another name`
          : undefined
  if (wrong !== undefined) throw new TriremeError('USAGE', `${wrong}. Nothing was measured.`)
  return path.resolve(record)
}
function timeLimit(text: string): number {
  const limit = secondsFrom(text)
  if (limit !== undefined) return limit
  throw new TriremeError('USAGE', `--limit takes a time such as 90s, 8m or 2h, got ${JSON.stringify(text)}.`)
}
