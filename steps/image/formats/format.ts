import { endOfJpeg } from './jpeg.ts'
import { lookAtPng } from './png.ts'

export type Format = 'png' | 'jpeg' | 'tiff' | 'webp' | 'gif'

/** An image file, as far as its frame goes: its pixels are not looked at. */
export interface Look {
  readonly format: Format
  /** What a decoder is given. */
  readonly content: Buffer
  /** Bytes behind the image's end. */
  readonly behind: number
}
/** First bytes, in hexadecimal digits. */
const taken: Readonly<Record<Format, RegExp>> = {
  png: /^89504e470d0a1a0a/,
  jpeg: /^ffd8ff/,
  tiff: /^(49492a00|4d4d002a|49492b00|4d4d002b)/,
  webp: /^52494646.{8}57454250/,
  gif: /^474946383[79]61/,
}
const formats = Object.keys(taken) as Format[]
/** What is met besides, and is not taken. */
const others: Readonly<Record<string, RegExp>> = {
  BMP: /^424d/,
  'JPEG 2000': /^(0000000c6a5020200d0a870a|ff4fff51)/,
  'JPEG XL': /^(ff0a|0000000c4a584c20)/,
  'HEIF or AVIF': /^.{8}66747970/,
  PDF: /^25504446/,
  'Photoshop file': /^38425053/,
  'text or web page': /^(efbbbf|20|0a|0d)*(3c|7b)/,
  'pointer of Git LFS, not the image itself': /^76657273696f6e2068747470/,
}
/** What a file is by its content, whatever its name; or its fault, in words that follow its name. */
export function lookAt(content: Buffer): Look | string {
  if (content.length === 0) return 'is empty. Fetch or copy it again'
  const begin = content.toString('hex', 0, 32)
  const format = formats.find(each => taken[each].test(begin))
  if (format === undefined) {
    const [other] = Object.entries(others).find(([, first]) => first.test(begin)) ?? []
    const what = other === undefined ? `is no image that is known: its first bytes are ${begin.slice(0, 16)}` : `is a ${other}`
    return `${what}. Right are PNG, JPEG, TIFF, WebP and GIF: convert it, or leave it out of the table`
  }
  const png = format === 'png' ? lookAtPng(content) : undefined
  if (png && png.frames > 1) return animated(png.frames)
  const end = format === 'png' ? png?.end : format === 'jpeg' ? endOfJpeg(content) : format === 'webp' ? endOfWebp(content) : content.length
  return end === undefined
    ? 'is cut off: its end is missing. Fetch or copy it again'
    : { format, content: png?.content ?? content, behind: content.length - end }
}
export const animated = (pictures: number) => `is animated, of ${pictures} pictures. Take out the one that is meant`
/** A WebP gives its size. */
function endOfWebp(content: Buffer): number | undefined {
  const end = 8 + content.readUInt32LE(4)
  return end <= content.length ? end : undefined
}
