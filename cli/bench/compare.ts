import { TriremeError } from '../../core/errors.ts'

export interface CompareOptions {
  readonly json?: boolean
}
export async function compareRecords(_a: string, _b: string, _options: CompareOptions): Promise<void> {
  throw new TriremeError('USAGE', '"trireme bench compare" is not there yet.')
}
