import { Fault } from '../../script.ts'
import type { Window } from './window.ts'

/** A file in an archive. */
export interface Member {
  /** Its path in the archive. */
  readonly place: string
  /** Bytes of its content. */
  readonly size: number
  /**
   * Its content. Several may be read at a time, in any order.
   * @throws Fault where it is larger than the archive was opened for, or damaged
   */
  read(): Promise<Buffer>
}
/** Images with one content under several names have links of an archive, which hold none. */
export interface Link {
  readonly place: string
  readonly to: string
}
/** What is listed of an archive, before its names are looked at. */
export interface Listing {
  readonly members: readonly Member[]
  readonly links: readonly Link[]
  /** What is wrong with single members, in whole sentences. */
  readonly faults: readonly string[]
}
/** Lists what an archive holds. `most` is the size of the largest member that may be read. */
export type Lister = (window: Window, most: number) => Promise<Listing>

export const tooLarge = (place: string, size: number, most: number): Fault =>
  new Fault(
    `"${place}" has ${size.toLocaleString('en')} bytes, and an image may have ${most.toLocaleString('en')}. Convert it, or leave it out of the sheet.`,
  )
