import { TriremeError } from '../../core/errors.ts'

export interface BundleOptions {
  readonly output: string
}
export async function writeBundle(_name: string, _options: BundleOptions): Promise<void> {
  throw new TriremeError('USAGE', '"trireme bench bundle" is not there yet.')
}
