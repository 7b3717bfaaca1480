import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { sameAs } from 'trireme-bio'
import { bed, indexedBam } from 'trireme-bio/kinds'
import { content, folder, genome, hla, indexedBamFile, pairs, phage, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { depthOf } from '../reads/summary.script.ts'
import { depth, depthTargets } from './depth.ts'

const at = folder()
const own = pairs().filter(({ contig }) => contig === phage)
/** Every third pair once more, marked as a duplicate: it does not count. */
const marked = samText(
  own.filter((_, n) => n % 3 === 0).map(pair => ({ ...pair, name: `again${pair.name}` })),
  's',
)
  .split('\n')
  .filter(line => line.startsWith('again'))
  .map(line => line.replace(/\t(99|147)\t/, (_, flag) => `\t${Number(flag) + 1024}\t`))
const alignments = given(
  'reads',
  indexedBam({ reference: sameAs('genome') }),
  indexedBamFile(at, 'reads', `${samText(own, 's')}${marked.join('\n')}\n`),
)
const bases = own.length * 160

it('of all contigs', async () => {
  const { depth: mean, covered } = depthOf(content((await made(depth({ alignments }))).report.path))
  const length = genome[phage]!.length + genome[hla]!.length
  expect(mean).toBeCloseTo(bases / length, 3)
  expect(covered).toBeGreaterThan(0.95 * (genome[phage]!.length / length))
  expect(covered).toBeLessThanOrEqual(genome[phage]!.length / length)
})
it('of the regions of a BED, however many columns it has', async () => {
  const file = path.join(at, 'targets.bed')
  writeFileSync(file, `${phage}\t0\t${genome[phage]!.length}\tgene\t3\n${hla}\t0\t500\tother\t4\n`)
  const { depth: mean, covered } = depthOf(
    content((await made(depthTargets({ alignments, targets: given('targets', bed, file) }))).report.path),
  )
  expect(mean).toBeCloseTo(bases / (genome[phage]!.length + 500), 3)
  expect(covered).toBeLessThanOrEqual(genome[phage]!.length / (genome[phage]!.length + 500))
  expect(covered).toBeGreaterThan(0.7)
})
