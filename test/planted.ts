import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { packedText } from '../steps/image-table.ts'
import { npyHeader } from '../steps/npy.ts'

// What people make of an image before it turns up a second time, in raw pixels.

/** A square image: red, green and blue of each pixel. */
export type Pixels = Buffer
type Next = () => number
type Change = (image: Pixels, side: number, next: Next) => Promise<Pixels>

const of = (image: Pixels, width: number, height = width): Sharp => sharp(image, { raw: { width, height, channels: 3 } })
const part = (side: number, width: number, height: number, next: Next) => ({
  ...{ width, height, left: Math.floor(next() * (side - width + 1)), top: Math.floor(next() * (side - height + 1)) },
})
const cropped: Change = (image, side, next) => {
  const least = Math.ceil(0.8 * side)
  return of(image, side)
    .extract(part(side, least, least, next))
    .resize(side, side)
    .raw()
    .toBuffer()
}
/** One of the seven symmetries of the square that change something. */
const turned: Change = async (image, side, next) => {
  const symmetry = 1 + Math.floor(7 * next())
  const round = await of(image, side)
    .rotate(90 * (symmetry & 3))
    .raw()
    .toBuffer()
  return symmetry < 4 ? round : of(round, side).flop().raw().toBuffer()
}
const recompressed: Change = async (image, side, next) => {
  const jpeg = await of(image, side)
    .jpeg({ quality: 30 + Math.floor(60 * next()) })
    .toBuffer()
  return sharp(jpeg).raw().toBuffer()
}
/** Gains of the optical density, one an image and one a channel, as the training's own augmentation draws them. */
const stained: Change = async (image, _side, next) => {
  const all = 0.7 + 0.6 * next()
  const gains = [0, 1, 2].map(() => all * (0.75 + 0.5 * next()))
  return Buffer.from(image.map((value, at) => Math.min(255, Math.max(0, Math.round(256 * ((value + 1) / 256) ** gains[at % 3]! - 1)))))
}
const brightened: Change = (image, side, next) =>
  of(image, side)
    .linear(0.7 + 0.6 * next(), 30 * next() - 15)
    .raw()
    .toBuffer()
const coarsened: Change = async (image, side, next) => {
  const less = Math.round(side * (0.4 + 0.2 * next()))
  return of(await of(image, side).resize(less, less).raw().toBuffer(), less)
    .resize(side, side)
    .raw()
    .toBuffer()
}
/** By up to 20 degrees, with black corners. */
const tilted: Change = async (image, side, next) => {
  const { data, info } = await of(image, side)
    .rotate(40 * next() - 20, { background: '#000' })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const [left, top] = [(info.width - side) >> 1, (info.height - side) >> 1]
  return of(data, info.width, info.height).extract({ left, top, width: side, height: side }).raw().toBuffer()
}
const inTurn =
  (...changes: readonly Change[]): Change =>
  async (image, side, next) => {
    let made = image
    for (const change of changes) made = await change(made, side, next)
    return made
  }
/** Copies by what was done to them. */
export const copies = {
  exact: async image => image,
  'cropped to 80 %': cropped,
  'turned and mirrored': turned,
  'JPEG again': recompressed,
  'stained otherwise': stained,
  brighter: brightened,
  'scaled down and up': coarsened,
  tilted,
  augmented: inTurn(turned, cropped, stained, recompressed),
} satisfies Record<string, Change>

/** Images as steps/image/pack writes them. */
export function packedOf(
  folder: string,
  side: number,
  images: ReadonlyMap<string, Pixels>,
): { readonly pixels: string; readonly index: string } {
  const files = { pixels: path.join(folder, 'images.npy'), index: path.join(folder, 'images.tsv') }
  writeFileSync(files.pixels, Buffer.concat([npyHeader([images.size, side, side, 3]), ...images.values()]))
  const rows = [...images].map(([image, pixels]) => ({
    ...{ image, sha256: createHash('sha256').update(pixels).digest('hex'), format: 'drawn', width: side, height: side },
  }))
  writeFileSync(files.index, packedText(rows))
  return files
}
