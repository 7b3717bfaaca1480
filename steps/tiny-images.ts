import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { npyHeader } from './npy.ts'

// Tiny images for tests of steps: class 1 is bluish, class 0 is not, beside stripes and noise that say nothing. A network that works at all
// tells them apart after a few steps. Names of images lie about the label, as those of the study may.

/** Park and Miller's generator: the same numbers on every machine. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}
export interface Packed {
  readonly pixels: string
  readonly index: string
}
/** Patients a class in each of the two splits, images each, side in pixels. */
export interface Shape {
  readonly patients?: number
  readonly images?: number
  readonly side?: number
}
/** Packed images on disk, as steps/image/pack makes them. The last patient of the test split is left out of scores. */
export function packedFiles(at: string, name: string, { patients = 4, images = 2, side = 72 }: Shape = {}): Packed {
  const next = numbers(11)
  const rows: string[] = []
  const blocks: Buffer[] = []
  for (const split of ['train', 'test'])
    for (let patient = 0; patient < patients * 2; patient++)
      for (let roi = 0; roi < images; roi++) {
        const label = patient % 2
        const scored = split === 'test' && patient === patients * 2 - 1 ? 0 : 1
        rows.push(
          [`${split}_${patient}_${label ? 'nrm' : 'fal'}_${roi}`, `${split}-${patient}`, roi, label, split, scored, 'set'].join('\t'),
        )
        blocks.push(drawn(label, side, next))
      }
  const files = { pixels: path.join(at, `${name}.npy`), index: path.join(at, `${name}.tsv`) }
  writeFileSync(files.pixels, Buffer.concat([npyHeader([rows.length, side, side, 3]), ...blocks]))
  writeFileSync(files.index, ['image\tpatient\troi\tlabel\tsplit\tscored\tset', ...rows, ''].join('\n'))
  return files
}
function drawn(label: number, side: number, next: (below: number) => number): Buffer {
  const [base, shift, period] = [120 + next(40), next(8), 6 + next(4)]
  const tint = label === 1 ? [-60, 0, 20] : [0, 0, 0]
  const pixels = Buffer.alloc(side * side * 3)
  for (let n = 0; n < side * side; n++) {
    const stripe = (Math.floor(n / side) + shift) % period < period / 2 ? 15 : -15
    const bright = base + stripe + next(30)
    for (let channel = 0; channel < 3; channel++) pixels[n * 3 + channel] = bright + tint[channel]!
  }
  return pixels
}
