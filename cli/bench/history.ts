import { TriremeError } from '../../core/errors.ts'

export interface HistoryOptions {
  readonly json?: boolean
}
export async function showHistory(_name: string, _options: HistoryOptions): Promise<void> {
  throw new TriremeError('USAGE', '"trireme bench history" is not there yet.')
}
