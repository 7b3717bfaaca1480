import { Lattice, ramp, valueNoise, wave } from './noise.ts'
import { type Direction, type Plane, side } from './shapes.ts'
import type { Tissue } from './tissue.ts'

/** Farthest that a coordinate of the tissue comes from the middle: half the diagonal, at the least magnification, warped the most. */
const farthest = 320
const half = (period: number) => Math.ceil(farthest / period) + 2
/** Fibres are numbered from -32 to 31: 320 pixels hold 23 of the narrowest, to either side. */
const fibreHalf = 32

/** The noise of one image, each at its own scale; made once, filled anew for every image. */
export class Noise {
  readonly warpX = new Lattice(6, 6)
  readonly warpY = new Lattice(6, 6)
  readonly border = new Lattice(half(48), half(30))
  readonly scar = new Lattice(half(22), 190)
  readonly scarPatches = new Lattice(8, 8)
  readonly gap = new Lattice(half(28), 140)
  readonly texture = new Lattice(half(8), half(3.5))
  readonly stripes = new Lattice(half(20), half(9))
  readonly bundles = new Lattice(half(13), half(2.1))
  /** How much eosin each fibre takes, by its number. */
  readonly uptake = new Float64Array(2 * fibreHalf)
  fill(seed: number): void {
    const all = [this.warpX, this.warpY, this.border, this.scar, this.scarPatches, this.gap]
    for (const [n, lattice] of all.entries()) lattice.fill(seed + 1 + n)
    this.texture.fill(seed + 8)
    this.stripes.fill(seed + 9)
    this.bundles.fill(seed + 10)
    for (let k = -fibreHalf; k < fibreHalf; k++) this.uptake[k + fibreHalf] = valueNoise(k * 3.7, k * 1.9, seed + 7)
  }
}
export interface Planes {
  readonly lumen: Plane
  readonly wall: Plane
  readonly nuclei: Plane
  readonly thin: Plane
  /** What is worked out of them: how much of either stain a pixel holds. */
  readonly eosin: Plane
  readonly haematoxylin: Plane
}
/** Collagen at a distance from a border between two fibres: a band as wide as the scar is thick there. */
const collagenAt = (tissue: Tissue, noise: Noise, u: number, border: number, x: number, y: number, distance: number): number => {
  if (distance >= 1.5 + 15 * tissue.fibrosis) return 0 // no band is thicker, so its noise is not asked for
  const along = noise.scar.at(u / 22, border * 7.31)
  const patch = noise.scarPatches.at(x / 45, y / 45)
  const thick = 0.5 + 15 * tissue.fibrosis * ramp(0.25, 0.75, 0.5 * along + 0.5 * patch)
  return 1 - ramp(thick - 0.9, thick + 0.9, distance)
}
/** No gap is wider than this to either side, so its noise is not asked for beyond. */
const widestGap = 5.8
const gapAt = (tissue: Tissue, noise: Noise, u: number, border: number, distance: number): number => {
  if (distance >= widestGap) return 0
  const wide = 3.2 * tissue.gaps * ramp(0.4, 0.95, noise.gap.at(u / 28, border * 5.17 + 0.5)) - 0.5
  return 1 - ramp(wide - 0.7, wide + 0.7, distance)
}
/** Eosin of a fibre: its own uptake, a grain, and cross stripes. */
const fibreEosin = (tissue: Tissue, noise: Noise, u: number, v: number, fibre: number): number =>
  0.82 +
  0.26 * (noise.uptake[fibre + fibreHalf]! - 0.5) +
  0.22 * (noise.texture.at(u / 8, v / 3.5) - 0.5) +
  tissue.striation * wave(u / 3.7 + 0.8 * noise.stripes.at(u / 20, v / 9))

/** Muscle fibres side by side, scar and gaps between them, nuclei on top: fills the planes of both stains. */
export function fibres(tissue: Tissue, along: Direction, noise: Noise, planes: Planes): void {
  const { magnification, fibreWidth, collagenEosin, haze, seed } = tissue
  const warp = 12 + 64 * tissue.disarray
  for (let py = 0; py < side; py++)
    for (let px = 0; px < side; px++) {
      const at = py * side + px
      const x = (px - 124.5) / magnification
      const y = (py - 124.5) / magnification
      const warpedX = x + warp * (noise.warpX.at(x / 62, y / 62) - 0.5)
      const warpedY = y + warp * (noise.warpY.at(x / 62, y / 62) - 0.5)
      const u = warpedX * along.x + warpedY * along.y
      const v = warpedY * along.x - warpedX * along.y
      const across = v / fibreWidth + 0.7 * (noise.border.at(u / 48, v / 30) - 0.5)
      const fibre = Math.floor(across)
      const inside = across - fibre
      const distance = Math.min(inside, 1 - inside) * fibreWidth
      const border = Math.floor(across + 0.5)

      const collagen = Math.max(collagenAt(tissue, noise, u, border, x, y, distance), planes.wall[at]!)
      const empty = Math.max(gapAt(tissue, noise, u, border, distance), planes.lumen[at]!)
      let eosin = fibreEosin(tissue, noise, u, v, fibre)
      if (collagen > 0) {
        const scar = collagenEosin + 0.3 * (noise.bundles.at(u / 13, v / 2.1) - 0.5)
        eosin = eosin + (scar - eosin) * collagen
      }
      eosin = eosin * (1 - 0.96 * empty)
      let haematoxylin = haze * (1 - empty) + 0.05 * collagen * (1 - empty)
      const nucleus = Math.max(planes.nuclei[at]!, 0.85 * planes.thin[at]!) * (1 - empty)
      if (nucleus > 0) {
        haematoxylin = haematoxylin + nucleus * (0.62 + 0.5 * valueNoise(x / 1.9, y / 1.9, seed + 11))
        eosin = eosin * (1 - 0.45 * nucleus)
      }
      planes.eosin[at] = eosin
      planes.haematoxylin[at] = haematoxylin
    }
}
