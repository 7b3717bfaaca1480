import { mkdtempSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { bench } from '../../test/torch/bench.ts'

const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'trireme-scalars-')), 'x.tfevents')
const wanted = [
  [250, 64, 1],
  [250, 64, 2],
  [250, 64, 3],
  [250, 64, 5],
  [64, 64, 3],
  [72, 64, 2],
  [251, 64, 1],
]
/** All that is asked, in one Python: loading torch takes longer. */
const { at, files, python } = await bench()
const told = python(
  `import augmentation, judging, numpy, quality, scalars, torch
places = [judging.places(*each).tolist() for each in json.load(sys.stdin)]

class Uneven:
    classes = ['a', 'b', 'c']
    def labels(self, own):
        return numpy.array([0] * 80 + [1] * 16 + [2] * 4)[own]
random = numpy.random.Generator(numpy.random.PCG64(1))
times = numpy.bincount(augmentation.drawn(random, Uneven(), numpy.arange(100), {'sampling': 'balanced', 'patches': 3}), minlength=100)
balanced = [[int(part.sum()), int(part.max() - part.min())] for part in (times[:80], times[80:96], times[96:])]

class Slope:
    height = width = 8
    classes = ['a']
    def image(self, n):
        return numpy.arange(192, dtype=numpy.uint8).reshape(8, 8, 3)
    def labels(self, own):
        return numpy.zeros(len(own), int)
def batch(augment):
    options = {'seed': 1, 'patch': 8, 'augment': augment, 'sampling': 'as-is', 'patches': 64, 'batch': 64}
    return augmentation.Epoch(Slope(), numpy.zeros(1, int), options, 0).batch(0)[0] / 4 + 0.6
plain, flipped, jittered = map(batch, ('none', 'hflip', 'jitter'))
same = [torch.equal(one, other) for one, other in zip(plain, flipped)]
mirrored = all(torch.equal(one.flip(2), other) for one, other, equal in zip(plain, flipped, same) if not equal)
values = plain[:2].permute(0, 2, 3, 1)
still = torch.allclose(augmentation.jittered(values, torch.ones(2, 3)), values, atol=1e-6)
augmented = [16 < sum(same) < 48, mirrored, still, float(jittered.min()) > -1e-6, float(jittered.max()) < 1 + 1e-6, not torch.equal(plain, jittered)]

class Three:
    rows = [type('Row', (), {'group': group}) for group in 'aabbcc']
    def labels(self, own):
        return numpy.array([0, 0, 1, 1, 2, 2])[own]
good = numpy.array([[.8, .1, .1], [.4, .5, .1], [.1, .8, .1], [.2, .7, .1], [.1, .1, .8], [.3, .3, .4]])
mixed = Three()
mixed.rows = [type('Row', (), {'group': 'a'})] * 6
scores = [quality.quality(Three(), numpy.arange(6), good), quality.quality(mixed, numpy.arange(4), good[:4])]

from packed import Images
pixels, index, table, at = ${JSON.stringify([files.pixels, files.index, files.table, at])}
head, *rows = open(index).read().splitlines()
order = numpy.random.Generator(numpy.random.PCG64(2)).permutation(len(rows))
numpy.save(at + '/mixed.npy', numpy.load(pixels)[order])
open(at + '/mixed.tsv', 'w').write('\\n'.join([head, *(rows[n] for n in order)]) + '\\n')
few = open(table).read().splitlines()
open(at + '/few.tsv', 'w').write('\\n'.join([few[0], *few[:0:-3]]) + '\\n')
plain, mixed = Images(pixels, index, at + '/few.tsv'), Images(at + '/mixed.npy', at + '/mixed.tsv', at + '/few.tsv')
whole = {row.split('\\t')[0]: pixels for row, pixels in zip(rows, numpy.load(pixels))}
joined = [len(plain.rows) < len(rows), *(all((whole[row.image] == images.image(n)).all() for n, row in enumerate(images.rows)) for images in (plain, mixed))]

board = scalars.Scalars(${JSON.stringify(file)})
board.add({'epoch': 300, 'loss': 0.5, 'lr': None})
print(json.dumps({'places': places, 'balanced': balanced, 'augmented': augmented, 'scores': scores, 'joined': joined, 'crc': scalars.crc32c(b'123456789')}))`,
  wanted,
) as {
  readonly places: unknown
  readonly balanced: unknown
  readonly augmented: unknown
  readonly scores: readonly Record<string, number | null>[]
  readonly joined: unknown
  readonly crc: number
}

it('judges an image by places spread evenly: one is the centre, an odd number has it', () => {
  expect(told.places).toEqual([
    [93],
    [30, 156], // the middles of two halves: 62 and 188
    [10, 93, 176],
    [0, 46, 93, 140, 186], // five patches are wider than the image: from edge to edge
    [0],
    [0, 8],
    [94],
  ])
})
it('joins images and rows by name: a pack may hold more, in another order', () => {
  expect(told.joined).toEqual([true, true, true])
})
it('draws the classes alike where that is asked for, and each image of a class as often as the others', () => {
  expect(told.balanced).toEqual([
    [100, 1],
    [100, 1],
    [100, 0],
  ])
})
it('mirrors half of the patches, and changes colours within what can be shown, where that is asked for', () => {
  expect(told.augmented).toEqual([true, true, true, true, true, true])
})
it('scores of the validation part: macro AUC, by group where groups have one class, none where a class is missing', () => {
  const [three, missing] = told.scores
  expect(three).toMatchObject({ image_auc: 1, group_auc: 1, balanced_accuracy: 5 / 6 })
  expect(three!.validation_loss).toBeCloseTo(-Math.log(0.8 * 0.4 * 0.8 * 0.7 * 0.8 * 0.4) / 6, 9)
  expect(missing).toMatchObject({ image_auc: null, group_auc: null, balanced_accuracy: null })
})
it('writes events as TensorBoard reads them', () => {
  expect(told.crc).toBe(0xe3069283) // the check value of CRC-32C
  const bytes = readFileSync(file)
  const records: Buffer[] = []
  for (let from = 0; from < bytes.length; from += 16 + records.at(-1)!.length)
    records.push(bytes.subarray(from + 12, from + 12 + Number(bytes.readBigUInt64LE(from))))
  expect(records.map(record => record.subarray(9).toString('hex'))).toEqual([
    `10001a0d${Buffer.from('brain.Event:2').toString('hex')}`,
    '10ac022a0d0a0b0a046c6f7373150000003f', // step 300; summary { value { tag: "loss", simple_value: 0.5 } }
  ])
})
