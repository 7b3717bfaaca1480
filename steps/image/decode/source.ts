import type { Metadata, Sharp, SharpOptions } from 'sharp'
import type { Library } from '../../sharp.ts'
import { animated, type Format } from '../formats/format.ts'
import { readTiff, type Tiff } from '../formats/tiff.ts'

/** What a decoder tells of a page before it decodes it. */
export interface Head {
  /** As it is seen: turned upright. */
  readonly width: number
  readonly height: number
  /** It is stored turned or mirrored. */
  readonly turned: boolean
  readonly deep: boolean
  readonly grey: boolean
  /** Values of a pixel. */
  readonly samples: number
  /** There is one beside the colours, which may be opacity. */
  readonly beside: boolean
}
/** Values of pixels, one after the other. Grey ones are there as red, green and blue. */
export interface Values {
  readonly values: Uint8Array | Uint16Array
  readonly samples: number
}
/** One image file, page by page. All that is asked of one that is corrupt throws an Error. */
export interface Source {
  contents(): Promise<Tiff | string>
  head(page: number): Promise<Head | string>
  values(page: number, prepared?: (image: Sharp) => Sharp): Promise<Values>
}
/** More than any camera has: what claims more would take the memory of all, and is refused by its header. */
const mostPixels = 100_000_000

export function sourceOf(sharp: Library, content: Buffer, format: Format): Source {
  const options: SharpOptions = { ignoreIcc: true, failOn: 'warning', autoOrient: true, limitInputPixels: false }
  const open = (page: number) => sharp(content, format === 'tiff' ? { ...options, page } : options)
  const known = new Map<number, Metadata>()
  const metadata = async (page: number) => {
    const found = known.get(page) ?? (await open(page).metadata())
    known.set(page, found)
    return found
  }
  return {
    contents: async () => {
      if (format === 'tiff') return readTiff(content) ?? 'is corrupt: its list of pages leads nowhere. Fetch or copy it again'
      const { pages = 1, channels } = await metadata(0)
      return pages > 1 ? animated(pages) : { pages: [{ reduced: false, samples: channels, alpha: true }], description: '' }
    },
    head: async page => headOf(await metadata(page)),
    values: async (page, prepared = image => image) => {
      const deep = (await metadata(page)).depth === 'ushort'
      const image = prepared(open(page)).toColourspace(deep ? 'rgb16' : 'srgb')
      const { data, info } = await image.raw({ depth: deep ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true })
      return { values: deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data, samples: info.channels }
    },
  }
}
function headOf({ autoOrient, orientation = 1, depth, space, channels, hasAlpha }: Metadata): Head | string {
  const { width, height } = autoOrient
  if (width * height > mostPixels)
    return `has ${width.toLocaleString('en')} × ${height.toLocaleString('en')} pixels, and at most ${mostPixels.toLocaleString('en')} are taken. Scale it down, or cut out what matters`
  if (depth !== 'uchar' && depth !== 'ushort')
    return `has pixels of the type ${depth}; right are 8 or 16 bits without sign. Convert it, with one range of values for all images`
  const grey = space === 'b-w' || space === 'grey16'
  if (!grey && space !== 'srgb' && space !== 'rgb16')
    return `has colours as ${space}, and which red, green and blue they are depends on who converts them. Convert it to RGB, in one way for all images`
  return { width, height, turned: orientation > 1, deep: depth === 'ushort', grey, samples: channels, beside: hasAlpha }
}
