import type { ImageRow } from '../../image-table.ts'
import { Fault } from '../../script.ts'
import { fibres, Noise, type Planes } from './fibres.ts'
import { uniform } from './hash.ts'
import { wave } from './noise.ts'
import { direction, nuclei, plane, side, thinNuclei, vessels } from './shapes.ts'
import { type Subject, type Tissue, tissueOf } from './tissue.ts'

export { side } from './shapes.ts'
export type { Subject } from './tissue.ts'

/** ln 10, for optical density counts powers of ten. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: to these digits, or every byte drawn changes.
const ln10 = 2.302585093
/** e⁻ᶻ as (1 + z/64)⁻⁶⁴, six squarings: Math.exp may differ by machine. */
const transmitted = (z: number): number => {
  let t = 1 / (1 + z / 64)
  t *= t
  t *= t
  t *= t
  t *= t
  t *= t
  t *= t
  return t
}
/** Light through the stained section, by Beer and Lambert: three numbers a pixel. */
function lightThrough(tissue: Tissue, { eosin, haematoxylin }: Planes, light: Float64Array): void {
  for (let channel = 0; channel < 3; channel++) {
    const background = tissue.background[channel]!
    const byEosin = tissue.eosinUptake * tissue.eosin[channel]!
    const byHaematoxylin = tissue.haematoxylinUptake * tissue.haematoxylin[channel]!
    for (let at = 0; at < side * side; at++)
      light[at * 3 + channel] = background * transmitted((byEosin * eosin[at]! + byHaematoxylin * haematoxylin[at]!) * ln10)
  }
}
/** The camera: a little out of focus (each pixel with its four neighbours), grain alike in all channels, whole numbers. */
function photograph({ blur, grain, seed }: Tissue, light: Float64Array, image: Uint8Array): void {
  const row = side * 3
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const noise = grain * (uniform(x, y, seed + 12) - 0.5)
      const at = (y * side + x) * 3
      const up = y > 0 ? at - row : at
      const down = y < side - 1 ? at + row : at
      const left = x > 0 ? at - 3 : at
      const right = x < side - 1 ? at + 3 : at
      for (let c = 0; c < 3; c++) {
        const around = light[up + c]! + light[down + c]! + light[left + c]! + light[right + c]!
        const value = Math.floor((1 - blur) * light[at + c]! + blur * 0.25 * around + noise + 0.5)
        image[at + c] = value < 0 ? 0 : value > 255 ? 255 : value
      }
    }
}
/** What a row of a study's table shows. @throws Fault where it has no region */
export function shown({ image, group, label, extra }: ImageRow): Subject {
  const roi = extra.roi ?? ''
  if (!/^\d{1,9}$/.test(roi))
    throw new Fault(
      `The image "${image}" has the region "${roi}" in the column roi; right is a whole number. Give a table of steps/idr/table.`,
    )
  return { patient: group, roi: Number(roi), failing: label === 1 }
}
/** Bytes of an image: red, green, blue of each pixel, row by row. */
export const imageBytes = side * side * 3

/**
 * Makes a painter with the working memory of one image (some 6 MB), to be used again and again. SYNTHETIC: it paints what reminds of
 * stained heart muscle; no statement about real tissue can be drawn from it.
 */
export function painter(seed: number): (subject: Subject) => Uint8Array {
  const noise = new Noise()
  const planes = { lumen: plane(), wall: plane(), nuclei: plane(), thin: plane(), eosin: plane(), haematoxylin: plane() }
  const light = new Float64Array(imageBytes)
  return subject => {
    const tissue = tissueOf(subject, seed)
    for (const covered of [planes.lumen, planes.wall, planes.nuclei, planes.thin]) covered.fill(0)
    noise.fill(tissue.seed)
    const halfTurns = tissue.direction * 0.5
    const along = direction(wave(halfTurns + 0.25), wave(halfTurns))
    vessels(tissue, planes.lumen, planes.wall)
    nuclei(tissue, along, planes.nuclei)
    thinNuclei(tissue, along, planes.thin)
    fibres(tissue, along, noise, planes)
    lightThrough(tissue, planes, light)
    const image = new Uint8Array(imageBytes)
    photograph(tissue, light, image)
    return image
  }
}
