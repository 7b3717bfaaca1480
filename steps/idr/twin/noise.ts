import { uniform } from './hash.ts'

/** From 0 at `from` to 1 at `to`, smooth at both ends. */
export const ramp = (from: number, to: number, x: number): number => {
  let t = (x - from) / (to - from)
  t = t < 0 ? 0 : t > 1 ? 1 : t
  return t * t * (3 - 2 * t)
}
export const clamp = (x: number, least: number, most: number): number => Math.min(Math.max(x, least), most)

/** A sine of period 1 made of two parabolas, at most 0.056 from it: Math.sin may differ by machine. */
export const wave = (t: number): number => {
  t = t - Math.floor(t)
  const half = t - Math.floor(t * 2) * 0.5
  const y = 16 * half * (0.5 - half)
  return t < 0.5 ? y : -y
}

/** Value noise: random heights at whole numbers, smooth between. */
export function valueNoise(a: number, b: number, seed: number): number {
  const ia = Math.floor(a)
  const ib = Math.floor(b)
  let fa = a - ia
  let fb = b - ib
  fa = fa * fa * (3 - 2 * fa)
  fb = fb * fb * (3 - 2 * fb)
  let p = uniform(ia, ib, seed)
  let q = uniform(ia, ib + 1, seed)
  p = p + (q - p) * fb
  let r = uniform(ia + 1, ib, seed)
  q = uniform(ia + 1, ib + 1, seed)
  r = r + (q - r) * fb
  return p + (r - p) * fa
}
/** Value noise with its heights worked out once an image: of the 97 ms an image without, 16 are left. */
export class Lattice {
  readonly #halfA: number
  readonly #halfB: number
  readonly #width: number
  readonly #heights: Float64Array
  /** Holds heights from -halfA to halfA + 1, likewise along b. */
  constructor(halfA: number, halfB: number) {
    this.#halfA = halfA
    this.#halfB = halfB
    this.#width = 2 * halfB + 2
    this.#heights = new Float64Array((2 * halfA + 2) * this.#width)
  }
  fill(seed: number): void {
    const [heights, halfA, halfB] = [this.#heights, this.#halfA, this.#halfB]
    let n = 0
    for (let i = -halfA; i < halfA + 2; i++) for (let j = -halfB; j < halfB + 2; j++) heights[n++] = uniform(i, j, seed)
  }
  at(a: number, b: number): number {
    const ia = Math.floor(a)
    const ib = Math.floor(b)
    const heights = this.#heights
    const width = this.#width
    let fa = a - ia
    let fb = b - ib
    fa = fa * fa * (3 - 2 * fa)
    fb = fb * fb * (3 - 2 * fb)
    const n = (((ia + this.#halfA) | 0) * width + ((ib + this.#halfB) | 0)) | 0
    let p = heights[n]!
    let q = heights[n + 1]!
    p = p + (q - p) * fb
    let r = heights[n + width]!
    q = heights[n + width + 1]!
    r = r + (q - r) * fb
    return p + (r - p) * fa
  }
}
