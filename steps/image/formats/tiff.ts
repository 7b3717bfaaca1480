// A TIFF is a chain of directories, one a page, of numbered entries (TIFF 6.0, section 2). BigTIFF has 64 bits where the older form has 32.

/** What a TIFF says of a page, beside what a decoder tells. */
export interface Page {
  /** A smaller copy of another, as in a pyramid. */
  readonly reduced: boolean
  /** Values of a pixel. */
  readonly samples: number
  /** Whether one of them is opacity; others beside the colours mean nothing by themselves. */
  readonly alpha: boolean
}
export interface Tiff {
  readonly pages: readonly Page[]
  /** What the first page says in words: OME-XML, or ImageJ's own. */
  readonly description: string
}
const tags = { kind: 254, description: 270, samples: 277, extra: 338 } as const
/** Bytes of a value, by the number of its type. */
const widths: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 16: 8 }
const mostPages = 1_000_000

/** All pages of a TIFF; undefined where its directories lead nowhere. */
export function readTiff(content: Buffer): Tiff | undefined {
  try {
    const read = reader(content)
    const pages: Page[] = []
    const seen = new Set<number>()
    let description = ''
    for (let at = read.offset(read.big ? 8 : 4); at !== 0; ) {
      if (seen.has(at) || seen.size >= mostPages) return undefined
      seen.add(at)
      const { entries, next } = read.directory(at)
      const first = (tag: number, otherwise: number) => entries.get(tag)?.[0] ?? otherwise
      const extra = entries.get(tags.extra) ?? []
      if (pages.length === 0) description = Buffer.from(entries.get(tags.description) ?? []).toString('utf8')
      pages.push({
        reduced: (first(tags.kind, 0) & 1) === 1,
        samples: first(tags.samples, 1),
        alpha: extra.some(meaning => meaning === 1 || meaning === 2),
      })
      at = next
    }
    return pages.length === 0 ? undefined : { pages, description: description.replace(/\0[\s\S]*$/, '') }
  } catch (error) {
    if (error instanceof RangeError) return undefined // it was led out of the file
    throw error
  }
}
function reader(content: Buffer) {
  const little = content.toString('latin1', 0, 2) === 'II'
  const short = (at: number) => (little ? content.readUInt16LE(at) : content.readUInt16BE(at))
  const long = (at: number) => (little ? content.readUInt32LE(at) : content.readUInt32BE(at))
  const huge = (at: number) => Number(little ? content.readBigUInt64LE(at) : content.readBigUInt64BE(at))
  const big = short(2) === 43
  const offset = big ? huge : long
  const [count, entry, value] = big ? [8, 20, 8] : [2, 12, 4]
  /** Values of an entry; none where it is of a kind that nothing here is written in. */
  const valuesOf = (at: number): Iterable<number> => {
    const [type, length] = [short(at + 2), offset(at + 4)]
    const width = widths[type]
    if (width === undefined) return []
    const from = length * width <= value ? at + entry - value : offset(at + entry - value)
    if (from + length * width > content.length) throw new RangeError('an entry outside of the file')
    if (width === 1) return content.subarray(from, from + length)
    const one = width === 2 ? short : width === 4 ? long : huge
    return Array.from({ length }, (_, n) => one(from + n * width))
  }
  const wanted: readonly number[] = Object.values(tags)
  const directory = (at: number) => {
    const entries = new Map<number, number[]>()
    const length = big ? huge(at) : short(at)
    for (let n = 0; n < length; n++) {
      const from = at + count + n * entry
      if (wanted.includes(short(from))) entries.set(short(from), [...valuesOf(from)])
    }
    return { entries, next: offset(at + count + length * entry) }
  }
  return { big, offset, directory }
}
