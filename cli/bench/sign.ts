import { sign } from '../../benchmarks/harness/verify/signature.ts'
import { TriremeError } from '../../core/errors.ts'
import { say } from '../display/print.ts'
import { readableRecord } from './records.ts'

export interface SignOptions {
  readonly key: string
}
export function signRecord(record: string, { key }: SignOptions): void {
  const { faults } = readableRecord(record)
  if (faults.length > 0)
    throw new TriremeError(
      'INPUT',
      `${record} was not signed, for it does not prove itself:\n${faults.map(fault => `  ${fault}`).join('\n')}`,
    )
  say(`Signed: ${sign(record, key)}. "trireme bench verify ${record} --signers FILE" looks at it.`)
}
