import { readFileSync } from 'node:fs'
import { packedImages } from 'trireme-bio/kinds'
import { given, made, scratch } from 'trireme-bio/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { copies, type Pixels, packedOf } from '../../test/planted.ts'
import { painter } from '../idr/twin/draw.ts'
import { type ImagePair, parsePairs } from '../image-pairs.ts'
import { uniform } from '../statistics.ts'
import { duplicates } from './duplicates.ts'

const side = 250
const found = async (images: ReadonlyMap<string, Pixels>, width = side, options = {}) => {
  const packed = given('packed', packedImages, packedOf(scratch(), width, images))
  const { pairs } = await made(duplicates({ packed }), options)
  const read = parsePairs(readFileSync(pairs.path, 'utf8'))
  if (typeof read === 'string') throw new Error(read)
  return { pairs: read, text: readFileSync(pairs.path, 'utf8') }
}
const names = ({ image, other, kind }: ImagePair) => [image, other, kind]
const noise = (width: number, seed: number, base = 120, reach = 60): Pixels => {
  const next = uniform(seed)
  return Buffer.from(Uint8Array.from({ length: width * width * 3 }, () => base + reach * next()))
}
/** Two patients, regions of each alike and yet different. */
const originals = new Map<string, Pixels>()
beforeAll(() => {
  const paint = painter(42)
  for (let n = 0; n < 18; n++) originals.set(`${n}.png`, Buffer.from(paint({ patient: `p${n % 2}`, roi: n, failing: n % 2 === 1 })))
})

describe('images that show the same', () => {
  it('are found whatever was done to the copy, and no others, whatever the number of threads', async () => {
    const next = uniform(1)
    const images = new Map(originals)
    for (const [n, [kind, change]] of Object.entries(copies).entries())
      images.set(kind, await change(originals.get(`${n}.png`)!, side, next))
    const { pairs, text } = await found(images)
    expect(pairs.map(names)).toEqual([
      ['0.png', 'exact', 'exact'],
      ...Object.keys(copies)
        .map((kind, n) => [`${n}.png`, kind, 'near'])
        .slice(1),
    ])
    expect(Math.min(...pairs.map(({ score }) => score))).toBeGreaterThan(0.9)
    expect((await found(images, side, { cpu: 1 })).text).toBe(text)
  }, 60_000)
  it('are found where only copies of a third are there', async () => {
    const next = uniform(2)
    const images = new Map([...originals].slice(6))
    for (const n of [0, 1, 2])
      for (const copy of ['a', 'b']) images.set(`${n}${copy}`, await copies.augmented(originals.get(`${n}.png`)!, side, next))
    expect((await found(images)).pairs.map(names)).toEqual([0, 1, 2].map(n => [`${n}a`, `${n}b`, 'near']))
  }, 60_000)
})
describe('no evidence is', () => {
  it('one colour all over, nor noise, nor a frame that all images have', async () => {
    const flat = Buffer.alloc(side * side * 3, 200)
    const framed = (image: Pixels) =>
      Buffer.from(
        image.map((value, at) => (Math.abs(((at / 3 / side) % 1) - 0.5) < 0.4 && Math.abs(at / 3 / side / side - 0.5) < 0.4 ? value : 0)),
      )
    const images = new Map([
      ...[...originals].slice(0, 6).map(([name, image]) => [name, framed(image)] as const),
      ...['flat 1', 'flat 2'].map(name => [name, flat] as const),
      ...[1, 2, 3].map(n => [`noise ${n}`, noise(side, n)] as const),
      ...[4, 5].map(n => [`faint ${n}`, noise(side, n, 200, 2)] as const),
    ])
    expect((await found(images)).pairs).toEqual([])
  }, 60_000)
  it('a set of one', async () => {
    expect((await found(new Map([...originals].slice(0, 1)))).text).toBe('image\tother\tkind\tscore\n')
  }, 60_000)
})
it.each([8, 300])(
  'images of %d pixels a side are compared as well',
  async width => {
    const images = new Map(Array.from({ length: 5 }, (_, n) => [`${n}`, noise(width, n)] as const))
    const again = { exact: images.get('1')!, turned: await copies['turned and mirrored'](images.get('2')!, width, uniform(3)) }
    const { pairs } = await found(new Map([...images, ...Object.entries(again)]), width)
    expect(pairs.map(names)).toEqual([
      ['1', 'exact', 'exact'],
      ['2', 'turned', 'near'],
    ])
  },
  60_000,
)
