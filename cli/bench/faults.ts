import { TriremeError } from '../../core/errors.ts'
import { refusalOf } from '../../core/store/refusals.ts'
import { ownPlace } from '../project/own-code.ts'

/** A fault of the disk, or of the project's own code, in words; any other as it is. */
export const explained = (cause: unknown, store: string): unknown => refusalOf(store, cause) ?? ownFault(cause) ?? cause

/** `setup`, arms, `prepare` and `parts` are code that the project wrote. */
function ownFault(cause: unknown): TriremeError | undefined {
  if (!(cause instanceof Error) || cause instanceof TriremeError) return undefined
  const place = ownPlace(cause)
  if (place === undefined) return undefined
  return new TriremeError('STEP', `The project's own code failed: ${cause.name}: ${cause.message}\nThat is in ${place}.`, { cause })
}
/** A fault that came after something was measured. */
export function withKept(fault: unknown): unknown {
  if (!(fault instanceof TriremeError) || (fault.code !== 'STEP' && fault.code !== 'ENVIRONMENT')) return fault
  return new TriremeError(
    fault.code,
    `${fault.message}\nWhat was measured before is kept: when this is mended, the same command goes on from there.`,
    { cause: fault },
  )
}
