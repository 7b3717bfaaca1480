import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { recordFiles } from '../../benchmarks/harness/keep-record.ts'
import type { ReadRecord } from '../../benchmarks/harness/read-record.ts'
import type { Record2 } from '../../benchmarks/harness/record.ts'
import { verifyText } from '../../benchmarks/harness/verify/verify.ts'
import { TriremeError } from '../../core/errors.ts'
import { noteLine } from '../display/print.ts'
import { didYouMean } from '../display/suggest.ts'

/** Where a project, or the checkout, keeps its records. */
export const resultsFolder = (): string => path.join('benchmarks', 'results')

export interface KnownRecord {
  readonly file: string
  readonly text: string
  readonly read: ReadRecord
  readonly faults: readonly string[]
}
/** A record that can be read, whether or not it proves itself. */
export type ReadableRecord = KnownRecord & { readonly read: Exclude<ReadRecord, { readonly format: undefined }> }

/** @throws TriremeError `INPUT` when there is no such file */
export function knownRecord(file: string): KnownRecord {
  if (!existsSync(file))
    throw new TriremeError(
      'INPUT',
      `There is no file ${file}, and no record of that name. Give the file of a record, as "trireme bench run" writes them, or the name of a comparison that has records; "trireme bench verify" alone looks at all that are kept.`,
    )
  if (!statSync(file).isFile()) throw new TriremeError('INPUT', `${file} is no file. Give the records in it by their names.`)
  const text = readFileSync(file, 'utf8')
  return { file, text, ...verifyText(text) }
}
/** @throws TriremeError `INPUT` when nothing can be read from it */
export function readableRecord(file: string): ReadableRecord {
  const known = knownRecord(file)
  if (!isReadable(known)) throw new TriremeError('INPUT', `${file} cannot be read as a record: ${known.faults.join(' ')}`)
  return known
}
const isReadable = (known: KnownRecord): known is ReadableRecord => known.read.format !== undefined
export const comparisonOf = ({ read }: ReadableRecord): string => (read.format === 2 ? read.record.definition.name : read.result.benchmark)
export const beganAt = (record: Record2): string => record.sessions[0]?.began ?? ''
export const whenOf = ({ read }: ReadableRecord): string => (read.format === 2 ? beganAt(read.record) : read.result.when)

/** All records that are kept, the oldest first. What proves nothing is told, and left out. */
export function keptRecords(): readonly ReadableRecord[] {
  const all = recordFiles(resultsFolder()).map(knownRecord)
  for (const { file, faults } of all)
    if (faults.length > 0) noteLine(`${file} does not prove itself, and is left out. "trireme bench verify ${file}" says why.`)
  return all
    .filter(({ faults }) => faults.length === 0)
    .filter(isReadable)
    .sort((a, b) => (whenOf(a) < whenOf(b) ? -1 : 1))
}
/** Records given by their files or by names of comparisons; a name stands for all of its records. @throws TriremeError `USAGE` when there are none of it */
export async function recordsOf(words: readonly string[]): Promise<readonly ReadableRecord[]> {
  const kept = words.every(word => isRecordFile(word)) && words.length > 0 ? [] : keptRecords()
  if (words.length === 0) return kept
  const found: ReadableRecord[] = []
  for (const word of words) {
    const own = isRecordFile(word) ? [readableRecord(word)] : kept.filter(each => comparisonOf(each) === word)
    if (own.length === 0) {
      const names = [...new Set(kept.map(comparisonOf))]
      const suggestion = await didYouMean(word, names)
      throw new TriremeError(
        'USAGE',
        `There is no file ${word}, and no record of a comparison ${word} in ${resultsFolder()}.${suggestion} "trireme bench run ${word}" makes one, "trireme bench list" names all comparisons.`,
      )
    }
    found.push(...own)
  }
  return found
}
const isRecordFile = (word: string) => existsSync(word) && statSync(word).isFile()
/** A file, or the latest record of a comparison. */
export const latestOf = async (word: string): Promise<ReadableRecord> => (await recordsOf([word])).at(-1)!
/** The results of format 1 among records have no cells: some verbs cannot use them. @throws TriremeError `INPUT` for such */
export function inFull({ file, read }: ReadableRecord): Record2 {
  if (read.format === 2) return read.record
  throw new TriremeError(
    'INPUT',
    `${file} is a record of format 1, which does not hold its runs by arm, environment and round. Run the comparison again.`,
  )
}
export const noteDoubt = ({ file, faults }: ReadableRecord): void => {
  if (faults.length > 0) noteLine(`${file} does not prove itself, do not rely on it:\n${faults.map(fault => `  ${fault}`).join('\n')}`)
}
