import { type Leftover, removeTree } from '../left-behind.ts'
import { notice } from '../notices.ts'

/** Removes what nobody needs any more. What this user may not remove stays, is in nobody's way, and is told once. */
export const discard = (place: string): void => tellLeft(place, removeTree(place))
export function tellLeft(place: string, fault: Leftover): void {
  if (fault)
    notice(
      `Notice: ${place} is not needed any more and cannot be removed (${fault.code ?? fault.message}). It hinders nothing. If it is another user's, that user or root may remove it with "trireme clean".`,
    )
}
