import sax from 'sax'
import type { Page } from './tiff.ts'

/** Where the planes of an image of several dimensions are: its sizes, and the page that holds a plane. */
export interface Stack {
  readonly z: number
  readonly c: number
  readonly t: number
  /** Channels that lie in one page, side by side in each pixel. */
  readonly together: number
  /** Number of the page; undefined where the file has none for it. */
  page(z: number, c: number, t: number): number | undefined
}
interface Block {
  readonly page: number
  readonly planes: number
  readonly first: Place
  /** Another file that holds it. */
  readonly elsewhere: boolean
}
interface Place {
  readonly z: number
  readonly c: number
  readonly t: number
}
/** The place of a plane among all, where the letters of the order vary from the fastest to the slowest. */
const rankOf = (order: string, sizes: Place, { z, c, t }: Place): number => {
  const at: Readonly<Record<string, readonly [at: number, size: number]>> = { Z: [z, sizes.z], C: [c, sizes.c], T: [t, sizes.t] }
  return [...order].reverse().reduce((rank, letter) => rank * at[letter]![1] + at[letter]![0], 0)
}
const orders = /^XY(ZCT|ZTC|CTZ|CZT|TCZ|TZC)$/

/**
 * The image of OME-XML, whose first page has so many values a pixel (https://docs.openmicroscopy.org/ome-model/6.3.1/ome-tiff/specification.html), or what is wrong in words that follow
 * the file's name.
 */
export function stackOfOme(text: string, samples: number): Stack | string {
  const numberOf = (value: string | undefined) => (value === undefined ? undefined : /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN)
  const blocks: Block[] = []
  const images: Readonly<Record<string, string>>[] = []
  let [own, uuid, together, broken] = ['', '', samples, false]
  const xml = sax.parser(true, { trim: true })
  xml.onerror = () => {
    broken = true
    xml.resume()
  }
  xml.onopentag = ({ name, attributes }) => {
    const at = attributes as Readonly<Record<string, string>>
    const [, local = name] = name.split(':')
    if (local === 'OME') own = at.UUID ?? ''
    if (local === 'Pixels') images.push(at)
    if (images.length !== 1) return
    if (local === 'Channel') together = numberOf(at.SamplesPerPixel) ?? samples
    if (local !== 'TiffData') return
    const page = numberOf(at.IFD)
    const first = { z: numberOf(at.FirstZ) ?? 0, c: numberOf(at.FirstC) ?? 0, t: numberOf(at.FirstT) ?? 0 }
    const planes = numberOf(at.PlaneCount) ?? (page === undefined ? Number.POSITIVE_INFINITY : 1)
    blocks.push({ page: page ?? 0, planes, first, elsewhere: false })
  }
  xml.ontext = words => {
    uuid = words
  }
  xml.onclosetag = name => {
    if (images.length === 1 && /(^|:)UUID$/.test(name) && own !== '' && uuid !== own) blocks.push({ ...blocks.pop()!, elsewhere: true })
  }
  xml.write(text).close()
  const [at, ...more] = images
  if (broken || at === undefined) return 'has OME-XML that names no pixels. Choose a page of it with --plane page=0'
  if (more.length > 0) return `holds ${images.length} images of OME. Choose a page with --plane page=0, or save them one by one`
  const sizes = { z: numberOf(at.SizeZ) ?? 1, c: (numberOf(at.SizeC) ?? 1) / together, t: numberOf(at.SizeT) ?? 1 }
  const order = orders.exec(at.DimensionOrder ?? 'XYCZT')?.[1]
  if (order === undefined || ![sizes.z, sizes.c, sizes.t].every(size => Number.isInteger(size) && size > 0))
    return 'has OME-XML with sizes that are none. Choose a page of it with --plane page=0'
  const whole: Block = { page: 0, planes: Number.POSITIVE_INFINITY, first: { z: 0, c: 0, t: 0 }, elsewhere: false }
  const page = (z: number, c: number, t: number) => {
    const rank = rankOf(order, sizes, { z, c, t })
    for (const { page, planes, first, elsewhere } of blocks.length === 0 ? [whole] : blocks) {
      const behind = rank - rankOf(order, sizes, first)
      if (behind >= 0 && behind < planes) return elsewhere ? undefined : page + behind
    }
    return undefined
  }
  return { ...sizes, c: sizes.c * together, together, page: (z, c, t) => page(z, Math.floor(c / together), t) }
}
/** What ImageJ writes: `images=12 channels=2 slices=3 frames=2`, a line each, the channels fastest. Undefined where that is not all there is. */
export function stackOfImageJ(text: string, pages: readonly Page[]): Stack | string | undefined {
  const size = (name: string) => Number(new RegExp(`^${name}=(\\d{1,9})\\s*$`, 'm').exec(text)?.[1] ?? 1)
  const sizes = { z: size('slices'), c: size('channels'), t: size('frames') }
  const images = size('images')
  if (images > pages.length) return `is a stack of ${images} images by ImageJ, of which ${pages.length} can be found. Save it as OME-TIFF`
  if (images < pages.length || images !== sizes.z * sizes.c * sizes.t) return undefined
  const together = pages[0]!.samples
  return { ...sizes, c: sizes.c * together, together, page: (z, c, t) => rankOf('CZT', sizes, { z, c: Math.floor(c / together), t }) }
}
/** Pages that nothing is said of are channels, where somebody asks for channels. */
export const plainStack = (pages: number): Stack => ({ z: 1, c: pages, t: 1, together: 1, page: (_z, c) => c })
