import { TriremeError } from '../../core/errors.ts'

export interface GateOptions {
  readonly store?: string
}
export async function gate(_base: string, _head: string, _options: GateOptions): Promise<void> {
  throw new TriremeError('USAGE', '"trireme bench gate" is not there yet.')
}
