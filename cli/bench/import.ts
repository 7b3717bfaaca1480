import { importRecord as bring } from '../../benchmarks/harness/keep-record.ts'
import { TriremeError } from '../../core/errors.ts'
import { say } from '../display/print.ts'
import { inFull, readableRecord, resultsFolder } from './records.ts'

export function importRecords(files: readonly string[]): void {
  for (const file of files) {
    const found = readableRecord(file)
    const record = inFull(found)
    if (found.faults.length > 0)
      throw new TriremeError(
        'INPUT',
        `${file} was not taken in, for it does not prove itself:\n${found.faults.map(fault => `  ${fault}`).join('\n')}\nAsk for the file as it was written.`,
      )
    const { state, file: place } = bring(resultsFolder(), record, file)
    say(state === 'new' ? `${file} proves itself, and is kept as ${place}.` : `${file} is there already, as ${place}.`)
  }
}
