// Whether two images are one, turned, mirrored or stained otherwise: what an augmentation makes of an image is no further image.

/** Blocks a side. Their means know nothing of grain and rounding. */
const side = 16
const blocks = side * side
/** A few numbers that neither turning, mirroring nor more stain change: pairs that differ in them are not looked at closely. */
type Marks = readonly number[]
export interface Likeness {
  readonly marks: Marks
  /** By channel the means of the blocks, standardised: more or less of a stain is a factor of the optical density, and is gone then. */
  readonly blocks: readonly Float64Array[]
}
/** Optical densities of a channel's 256 values. */
const density = Float64Array.from({ length: 256 }, (_, value) => -Math.log((value + 1) / 256))

/** @returns undefined where a channel is one colour all over, which is no evidence */
export function likenessOf(pixels: Uint8Array, size: number): Likeness | undefined {
  const sums = [0, 1, 2].map(() => new Float64Array(blocks))
  const width = Math.floor(size / side)
  const margin = (size - width * side) >> 1 // the same on all sides, so that turning moves whole blocks
  const every = width % 3 === 0 ? 3 : 1 // the middle one of each nine pixels, where they come out even: enough, and the same ones when turned
  if (width === 0) return undefined
  for (let y = every >> 1; y < width * side; y += every)
    for (let x = every >> 1; x < width * side; x += every) {
      const block = Math.floor(y / width) * side + Math.floor(x / width)
      const at = ((y + margin) * size + x + margin) * 3
      for (let channel = 0; channel < 3; channel++) sums[channel]![block]! += density[pixels[at + channel]!]!
    }
  const standard = sums.map(standardised)
  if (!standard.every(each => each !== undefined)) return undefined
  return { marks: marksOf(standard), blocks: standard }
}
function standardised(values: Float64Array): Float64Array | undefined {
  const mean = values.reduce((sum, value) => sum + value, 0) / blocks
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / blocks)
  return deviation < 1e-6 * Math.abs(mean) || deviation === 0 ? undefined : values.map(value => (value - mean) / deviation)
}
const power = (values: Float64Array, exponent: number) => values.reduce((sum, value) => sum + value ** exponent, 0) / blocks
const correlation = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, n) => sum + value * b[n]!, 0) / blocks
const marksOf = ([red, green, blue]: readonly Float64Array[]): Marks => [
  ...[red!, green!, blue!].flatMap(channel => [power(channel, 3), Math.sqrt(power(channel, 4))]),
  ...[correlation(red!, green!), correlation(green!, blue!), correlation(blue!, red!)],
]
/** Where each block comes from, in the eight symmetries of the square. */
const symmetries = Array.from({ length: 8 }, (_, symmetry) =>
  Uint16Array.from({ length: blocks }, (_, block) => {
    let [y, x] = [Math.floor(block / side), block % side]
    if (symmetry & 4) x = side - 1 - x
    for (let turn = 0; turn < (symmetry & 3); turn++) [y, x] = [x, side - 1 - y]
    return y * side + x
  }),
)
/** Of drawn images unrelated ones reach 0.30 in the best of the eight, and one that was augmented has 0.9999 with itself. */
const same = 0.95
const near = 0.2

/** Whether two images show the same. */
export const isLike = (a: Likeness, b: Likeness): boolean =>
  a.marks.every((mark, n) => Math.abs(mark - b.marks[n]!) <= near) && likeness(a, b) > same
/** Correlation of the blocks of all channels, in the best of the eight symmetries. */
export const likeness = (a: Likeness, b: Likeness): number =>
  Math.max(
    ...symmetries.map(from => {
      let sum = 0
      for (let channel = 0; channel < 3; channel++) {
        const [one, other] = [a.blocks[channel]!, b.blocks[channel]!]
        for (let block = 0; block < blocks; block++) sum += one[block]! * other[from[block]!]!
      }
      return sum / (3 * blocks)
    }),
  )
