import { expect, test } from 'vitest'
import { painter } from '../idr/twin/draw.ts'
import { uniform } from '../statistics.ts'
import { isLike, likeness, likenessOf } from './likeness.ts'

const size = 250
const paint = painter(42)
const images = Array.from({ length: 12 }, (_, n) => paint({ patient: `p${n}`, roi: n, failing: n % 2 === 1 }))
const all = images.map(image => likenessOf(image, size)!)

/** One of the eight symmetries of the square, and gains of optical density by channel, as the training script augments. */
function augmented(image: Uint8Array, symmetry: number, gains: readonly number[]): Uint8Array {
  const made = new Uint8Array(image.length)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      let [v, u] = symmetry & 4 ? [y, size - 1 - x] : [y, x]
      for (let turn = 0; turn < (symmetry & 3); turn++) [v, u] = [u, size - 1 - v]
      for (let channel = 0; channel < 3; channel++) {
        const value = 256 * Math.exp(gains[channel]! * Math.log((image[(v * size + u) * 3 + channel]! + 1) / 256)) - 1
        made[(y * size + x) * 3 + channel] = Math.max(0, Math.min(255, Math.round(value)))
      }
    }
  return made
}
test('an image is like itself, however it was turned, mirrored and stained', () => {
  const next = uniform(1)
  for (let symmetry = 0; symmetry < 8; symmetry++) {
    const gains = [0, 1, 2].map(() => (0.7 + 0.6 * next()) * (0.75 + 0.5 * next()))
    expect([symmetry, isLike(all[0]!, likenessOf(augmented(images[0]!, symmetry, gains), size)!)]).toEqual([symmetry, true])
  }
})
test('it is like no other', () => {
  const pairs = all.flatMap((one, n) => all.slice(n + 1).map(other => [one, other] as const))
  expect(pairs.some(([one, other]) => isLike(one, other))).toBe(false)
  expect(Math.max(...pairs.map(([one, other]) => likeness(one, other)))).toBeLessThan(0.6)
})
test('one colour all over, and an image smaller than the blocks, are no evidence', () => {
  expect(likenessOf(new Uint8Array(64 * 64 * 3).fill(200), 64)).toBeUndefined()
  expect(
    likenessOf(
      new Uint8Array(8 * 8 * 3).map((_, n) => n),
      8,
    ),
  ).toBeUndefined()
})
