import { TriremeError } from '../../core/errors.ts'

export interface ShowRecordOptions {
  readonly json?: boolean
}
export async function showRecord(_record: string, _options: ShowRecordOptions): Promise<void> {
  throw new TriremeError('USAGE', '"trireme bench show" is not there yet.')
}
