import { existsSync } from 'node:fs'
import path from 'node:path'
import { recordFiles } from '../../benchmarks/harness/keep-record.ts'
import { type Signature, signatureState } from '../../benchmarks/harness/verify/signature.ts'
import { TriremeError } from '../../core/errors.ts'
import { say } from '../display/print.ts'
import { type KnownRecord, knownRecord, resultsFolder } from './records.ts'

export interface VerifyRecordsOptions {
  readonly signers?: string
}
export function verifyRecords(given: readonly string[], { signers }: VerifyRecordsOptions): void {
  if (signers !== undefined && !existsSync(signers))
    throw new TriremeError(
      'USAGE',
      `There is no file of signers ${signers}. Give --signers a list of "allowed signers", as ssh-keygen(1) describes it.`,
    )
  const kept = recordFiles(resultsFolder())
  const files = given.length > 0 ? given.flatMap(word => recordFilesOf(word, kept)) : kept
  if (files.length === 0) say(`There is no record in ${resultsFolder()}: nothing to verify.`)
  const all = files.map(file => {
    const known = knownRecord(file)
    const signature = signatureState(file, signers)
    return { known, signature, faults: [...known.faults, ...(signature.state === 'bad' ? [signature.why] : [])] }
  })
  const wrong = all.filter(({ faults }) => faults.length > 0)
  for (const { known, signature } of all.filter(({ faults }) => faults.length === 0)) say(`${known.file}: ${proved(known, signature)}`)
  if (wrong.length === 0) return
  const lines = wrong.flatMap(({ known, faults }) => [`${known.file}:`, ...faults.map(fault => `  ${fault}`)])
  const which = wrong.length === 1 ? 'does not prove itself' : 'do not prove themselves'
  throw new TriremeError('INPUT', `${wrong.length} of ${all.length} record${all.length === 1 ? '' : 's'} ${which}:\n${lines.join('\n')}`)
}
/** A file, or all records of a comparison: by the names of their files, since a faulty one may not tell its own. */
function recordFilesOf(word: string, kept: readonly string[]): readonly string[] {
  if (existsSync(word)) return [word]
  const own = kept.filter(file => path.basename(file).replace(/-\d{8}T\d{6}Z\.json$/, '') === word)
  return own.length > 0 ? own : [word]
}
function proved({ read }: KnownRecord, signature: Signature): string {
  if (read.format === 1)
    return `of format 1, which has no seal and no events: its form, which targets are met, and ratios of two arms follow (${read.result.rows.length} rows). Other figures cannot be computed again.`
  if (read.format === undefined) return ''
  const { runs, derived } = read.record
  const follows = `all ${derived.figures.length} rows of figures follow from its ${runs.length} runs, and its seal holds: no careless change.`
  const refused = derived.refusals.length > 0 ? ' Nothing may be concluded from it, as it says itself.' : ''
  return `${follows} ${deliberate[signature.state](signature)}${refused}`
}
const deliberate: Readonly<Record<Signature['state'], (signature: Signature) => string>> = {
  good: signature => `Signed by ${signature.state === 'good' ? signature.by : ''}: no deliberate change by anybody else.`,
  none: () => 'Deliberate changes were not looked for: it is not signed.',
  'not looked at': () => 'Deliberate changes were not looked for: it is signed, give --signers to look at that.',
  bad: () => '',
}
