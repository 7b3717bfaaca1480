/** A file that is to stand in an archive. */
export interface Item {
  /** Its path there. */
  readonly place: string
  readonly file: string
  readonly size: number
  /** What no program can set back: a file with the same state has the same content. */
  readonly state: string
}
/** Tells how far a long work is, every so many seconds. */
export function teller(tell: (line: string) => void, seconds = 10): (line: () => string) => void {
  let last = Date.now()
  return line => {
    if (Date.now() - last < seconds * 1000) return
    last = Date.now()
    tell(line())
  }
}
