import { TriremeError } from '../../core/errors.ts'

export interface TableOptions {
  readonly csv?: boolean
}
export async function printTable(_names: readonly string[], _options: TableOptions): Promise<void> {
  throw new TriremeError('USAGE', '"trireme bench table" is not there yet.')
}
