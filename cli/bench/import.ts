import { TriremeError } from '../../core/errors.ts'

export interface ImportOptions {
  readonly store?: string
}
export async function importRecord(_file: string, _options: ImportOptions): Promise<void> {
  throw new TriremeError('USAGE', '"trireme bench import" is not there yet.')
}
