import { TriremeError } from '../../core/errors.ts'

export interface VerifyRecordsOptions {
  readonly signers?: string
}
export async function verifyRecords(_records: readonly string[], _options: VerifyRecordsOptions): Promise<void> {
  throw new TriremeError('USAGE', '"trireme bench verify" is not there yet.')
}
