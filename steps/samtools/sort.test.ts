import { readFileSync } from 'node:fs'
import { anyBam } from 'trireme-bio/kinds'
import { bamFile, folder, pairs, samOf, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { sort } from './sort.ts'

const unsorted = given('unsorted', anyBam, bamFile(folder(), 'unsorted', samText(pairs().toReversed(), 's')))

it('sorts by coordinate and says so', async () => {
  const sam = samOf((await made(sort({ unsorted }))).sorted.path).split('\n')
  expect(sam[0]).toBe('@HD\tVN:1.6\tSO:coordinate')
  const positions = sam.filter(line => line.includes('\tgi|')).map(line => Number(line.split('\t')[3]))
  expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  expect(sam.join('\n')).not.toContain('@PG')
})
it('writes the same bytes with one core and with two', async () => {
  const [one, two] = [await made(sort({ unsorted }), { cpu: 1 }), await made(sort({ unsorted }), { cpu: 2 })]
  expect(readFileSync(one.sorted.path).equals(readFileSync(two.sorted.path))).toBe(true)
})
it('takes no FASTQ', () => {
  // @ts-expect-error a BAM is asked for
  expect(() => sort({ unsorted: { ...unsorted, kind: { ...unsorted.kind, format: 'fastq-pair' } } })).toThrow(
    'Input "unsorted" of step "samtools-sort" asks for bam, got fastq-pair.',
  )
})
