import { uniform } from './hash.ts'
import { ramp } from './noise.ts'
import type { Tissue } from './tissue.ts'

/** Pixels a side, as the study's images have. */
export const side = 250
/** One number a pixel: how much of the pixel a shape covers, from 0 to 1. */
export type Plane = Float64Array
export const plane = (): Plane => new Float64Array(side * side)

/** A direction as its cosine and sine. */
export interface Direction {
  readonly x: number
  readonly y: number
}
export const direction = (x: number, y: number): Direction => {
  const length = Math.sqrt(x * x + y * y)
  return { x: x / length, y: y / length }
}
/** Lays a shape over a plane, in a box about its centre; where two overlap, the greater counts. */
function stamp(on: Plane, centreX: number, centreY: number, reach: number, cover: (x: number, y: number) => number): void {
  const left = Math.max(0, Math.floor(centreX - reach))
  const right = Math.min(side, Math.floor(centreX + reach) + 2)
  const top = Math.max(0, Math.floor(centreY - reach))
  const bottom = Math.min(side, Math.floor(centreY + reach) + 2)
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const covered = cover(x - centreX, y - centreY)
      const at = y * side + x
      if (covered > on[at]!) on[at] = covered
    }
}

/** Vessels: an empty lumen in a wall of collagen. */
export function vessels(tissue: Tissue, lumen: Plane, wall: Plane): void {
  for (let i = 0; i < tissue.vessels; i++) {
    const x = side * uniform(i, 40, tissue.seed)
    const y = side * uniform(i, 41, tissue.seed)
    const radius = tissue.magnification * (5 + 11 * uniform(i, 42, tissue.seed))
    const flatness = 0.7 + 0.6 * uniform(i, 43, tissue.seed)
    const distance = (x: number, y: number) => Math.sqrt(x * x * flatness + (y * y) / flatness) / radius
    stamp(lumen, x, y, radius * 1.5, (x, y) => 1 - ramp(0.9, 1.1, distance(x, y)))
    stamp(wall, x, y, radius * 2.2, (x, y) => 1 - ramp(1.25, 1.5, distance(x, y)))
  }
}

/** Calls for every cell of a grid that the image touches, with the cell's own numbers: h(0), h(1), … */
function overGrid(cell: number, first: number, seed: number, visit: (i: number, j: number, h: (n: number) => number) => void): void {
  const count = Math.floor(side / cell) + 2
  for (let j = -1; j < count; j++) for (let i = -1; i < count; i++) visit(i, j, n => uniform(i * 64 + j, first + n, seed))
}
/** Nuclei of muscle cells: one a cell of a jittered grid, long along the fibre, and lobed in a failing heart. */
export function nuclei(tissue: Tissue, fibre: Direction, on: Plane): void {
  const cell = 27 * tissue.magnification
  overGrid(cell, 50, tissue.seed, (i, j, h) => {
    if (h(0) > tissue.nucleusDensity) return
    const x = (i + 0.15 + 0.7 * h(1)) * cell
    const y = (j + 0.15 + 0.7 * h(2)) * cell
    const long = tissue.magnification * tissue.nucleusSize * 5.6 * (0.75 + 0.5 * h(3))
    const short = long * (0.4 + 0.22 * h(4))
    const turn = (0.1 + 0.9 * tissue.disarray) * (h(5) - 0.5) * 0.5
    const along = direction(fibre.x - fibre.y * turn * 3.14, fibre.y + fibre.x * turn * 3.14)
    const two = tissue.irregularity * (h(6) - 0.5) * 1.3
    const three = tissue.irregularity * (h(7) - 0.5) * 1.6
    const four = tissue.irregularity * (h(8) - 0.5) * 1.2
    stamp(on, x, y, long * 1.9, (x, y) => {
      let g = (x * along.x + y * along.y) / long
      let w = (y * along.x - x * along.y) / short
      const radius = Math.sqrt(g * g + w * w + 1e-9)
      g /= radius
      w /= radius
      // sin 2t, sin 3t and sin 4t of the angle t, by products of its sine w and cosine g: lobes of the outline.
      return 1 - ramp(0.82, 1.18, radius * (1 + two * 2 * g * w + three * (w * (3 - 4 * w * w)) + four * (4 * g * w * (g * g - w * w))))
    })
  })
}
/** Thin nuclei of fibroblasts, between the fibres and along them. */
export function thinNuclei(tissue: Tissue, fibre: Direction, on: Plane): void {
  const cell = 21 * tissue.magnification
  overGrid(cell, 70, tissue.seed, (i, j, h) => {
    if (h(0) > 0.22) return
    const x = (i + h(1)) * cell
    const y = (j + h(2)) * cell
    const long = tissue.magnification * (3.2 + 2.2 * h(3))
    const short = tissue.magnification * (1.1 + 0.6 * h(4))
    stamp(on, x, y, long * 1.3, (x, y) => {
      const g = (x * fibre.x + y * fibre.y) / long
      const w = (y * fibre.x - x * fibre.y) / short
      return 1 - ramp(0.7, 1.3, Math.sqrt(g * g + w * w))
    })
  })
}
