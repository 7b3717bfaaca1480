import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type ImageRow, packedText, splits, tableText } from './image-table.ts'
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
  /** The table of the images, divided. */
  readonly table: string
}
/** Groups a class in each part, images each, side in pixels. */
export interface Shape {
  readonly groups?: number
  /** How many classes; that of number 1 is bluish, others have tints of their own. */
  readonly classes?: number
  /** With a validation part, of as many groups. */
  readonly validation?: boolean
  readonly images?: number
  readonly side?: number
}
/** Packed images on disk, as steps/image/pack makes them. The last group of the test is left out of scores. */
export function packedFiles(
  at: string,
  name: string,
  { groups = 4, images = 2, side = 72, classes = 2, validation = false }: Shape = {},
): Packed {
  const next = numbers(11)
  const rows: ImageRow[] = []
  const blocks: Buffer[] = []
  for (const split of splits.filter(split => validation || split !== 'validation'))
    for (let group = 0; group < groups * classes; group++)
      for (let n = 0; n < images; n++) {
        const label = group % classes
        const scored = split !== 'test' || group !== groups * classes - 1
        const image = `${split}_${group}_${label ? 'nrm' : 'fal'}_${n}`
        rows.push({ image, group: `${split}-${group}`, label, class: names[label] ?? `tint ${label}`, split, scored, extra: {} })
        blocks.push(drawn(label, side, next))
      }
  const files = { pixels: path.join(at, `${name}.npy`), index: path.join(at, `${name}.tsv`), table: path.join(at, `${name}.table.tsv`) }
  writeFileSync(files.pixels, Buffer.concat([npyHeader([rows.length, side, side, 3]), ...blocks]))
  writeFileSync(files.table, tableText(rows))
  const sha256 = (n: number) => createHash('sha256').update(blocks[n]!).digest('hex')
  writeFileSync(
    files.index,
    packedText(rows.map(({ image }, n) => ({ image, sha256: sha256(n), format: 'drawn', width: side, height: side }))),
  )
  return files
}
const names = ['plain', 'bluish']
function drawn(label: number, side: number, next: (below: number) => number): Buffer {
  const [base, shift, period] = [120 + next(40), next(8), 6 + next(4)]
  const tint = label === 0 ? [0, 0, 0] : label % 2 === 1 ? [-60, 0, 20 * label] : [20, -30 * (label - 1), 0]
  const pixels = Buffer.alloc(side * side * 3)
  for (let n = 0; n < side * side; n++) {
    const stripe = (Math.floor(n / side) + shift) % period < period / 2 ? 15 : -15
    const bright = base + stripe + next(30)
    for (let channel = 0; channel < 3; channel++) pixels[n * 3 + channel] = bright + tint[channel]!
  }
  return pixels
}
