import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Results, sameAs, source } from 'trireme-bio'
import { toy } from 'trireme-bio/datasets/toy/files'
import { anyBam, anyCram, bed, fasta, fastqPair, vcf } from 'trireme-bio/kinds'
import { type LocalOptions, Store } from 'trireme-bio/local'
import { content, fastaFile, fastqFiles, other, phage, genome as tinyGenome, variantsIn } from 'trireme-bio/steps/tiny'
import { given, ran, scratch } from 'trireme-bio/testing'
import { beforeAll, describe, expect, it, test } from 'vitest'
import { genome, make } from '../../datasets/lambda/make.ts'
import { profiles } from '../../datasets/profiles.ts'
import { simulateReads } from '../../pipelines/simulate-reads.ts'
import { variantAccuracy } from '../../pipelines/variant-accuracy.ts'
import { variantCalling } from '../../pipelines/variant-calling.ts'
import type { Summary } from '../../steps/truth/summary.script.ts'

// One store for the file: what one test has made, the next finds, as for a user who tries settings.
let store: Store
beforeAll(async () => {
  store = await Store.open(scratch())
})
/** Runs to the end, or fails with the messages of the steps that did. `started`: the steps that were not found done. */
async function finished<O extends Results>(results: O, options: Partial<LocalOptions> = {}) {
  const done = await ran(results, { store, ...options })
  expect(done.failures).toEqual([])
  return { ...done, started: done.events.flatMap(event => (event.event === 'started' ? [event.step] : [])) }
}
const pairs = [
  ['bwa', 'bcftools'],
  ['bwa', 'freebayes'],
  ['minimap2', 'bcftools'],
  ['minimap2', 'freebayes'],
] as const
/** Every tool once. */
const everyTool = [pairs[0], pairs[3]]

/** Rows over all samples together, from the file that the pipeline writes. */
function pooled(accuracy: { readonly path: string } | undefined) {
  const summary: Summary = JSON.parse(readFileSync(accuracy!.path, 'utf8'))
  const of = (type: string) => summary.pooled.find(row => row.stratum === 'all' && row.type === type)!
  return { snp: of('snp'), indel: of('indel') }
}
/** What stands below the header of a VCF. */
const records = (calls: { readonly path: string } | undefined) => content(calls!.path).replace(/^#.*\n/gm, '')

const scratchFolder = scratch()
const reference = given('toy', fasta, toy.genome)
const toyLane = ({ reads, ...names }: (typeof toy.lanes)[number]) => ({
  ...names,
  reads: given(`${names.sample}.${names.lane}`, fastqPair, reads),
})
const samplesheet = toy.lanes.map(toyLane)
const onToy = { samplesheet, reference, ploidy: 1, parts: 2 } as const

describe('on toy', () => {
  const truth = Object.fromEntries(
    Object.entries(toy.truth).map(([sample, file]) => [sample, given(sample, vcf({ reference: sameAs('toy') }), file)]),
  )
  it.each(pairs)('%s and %s find the known variants', async (aligner, caller) => {
    const { results } = await finished(variantAccuracy({ ...onToy, aligner, caller, truth }))
    const { snp, indel } = pooled(results.accuracy.accuracy)
    expect([snp.tp + snp.fn, indel.tp + indel.fn]).toEqual([48, 16])
    expect(snp.f1).toBeGreaterThanOrEqual(0.95)
    expect(indel.f1).toBeGreaterThanOrEqual(0.9)
  })

  it('a second run executes nothing', async () => {
    expect((await finished(variantAccuracy({ ...onToy, truth }))).started).toEqual([])
  })

  it('BAM and CRAM rows enter at the merge and give the variants of the FASTQ rows they were made from', async () => {
    const fromReads = await finished(variantCalling({ ...onToy, qc: false }))
    const { alignments } = (await finished(variantCalling({ ...onToy, qc: false, samplesheet: samplesheet.slice(0, 1) }))).results
    const [cram, genome] = [path.join(scratchFolder, 'sample2.cram'), path.join(scratchFolder, 'genome.fa')]
    copyFileSync(toy.genome, genome) // samtools writes an index beside it
    execFileSync('samtools', ['view', '-C', '-T', genome, '-o', cram, fromReads.results.alignments.sample2!.path])
    const { results, started } = await finished(
      variantCalling({
        ...onToy,
        qc: false,
        samplesheet: [
          { patient: 'sample1', sample: 'sample1', alignments: given('l1', anyBam, alignments.sample1!.path) },
          samplesheet[1]!,
          { patient: 'sample2', sample: 'sample2', lane: 'all', archive: given('s2', anyCram, cram) },
        ],
      }),
    )
    expect(records(results.variants)).toBe(records(fromReads.results.variants))
    expect(started.filter(step => /fastp|bwa|fixmate|sort/.test(step))).toEqual([])
    expect(started.filter(step => step.startsWith('samtools-import'))).toHaveLength(2)
  })

  it('targets keep the calling to their regions', async () => {
    const file = path.join(scratchFolder, 'targets.bed')
    writeFileSync(file, '# two contigs, out of order, overlapping\ntoy*2:01\t0\t900\ntoy|1|\t300\t1300\ntoy|1|\t1200\t1500\n')
    const whole = await finished(variantCalling({ ...onToy, qc: false }))
    const within = await finished(variantCalling({ ...onToy, qc: false, targets: given('targets', bed, file) }))
    const inside = (call: string) => {
      const [, contig = '', position = ''] = /^(.*):([0-9]+) /.exec(call) ?? []
      return contig === 'toy*2:01' ? Number(position) <= 900 : Number(position) > 300 && Number(position) <= 1500
    }
    const found = variantsIn(within.results.variants!.path)
    expect(found.length).toBeGreaterThan(20)
    expect(found).toEqual(variantsIn(whole.results.variants!.path).filter(inside))
  })

  it.each(everyTool)('%s and %s give the same records on one core and on two', async (aligner, caller) => {
    const calls = async (cpu: number) =>
      records(
        (await finished(variantCalling({ ...onToy, aligner, caller, qc: false }), { cpu, store: await Store.open(scratch()) })).results
          .variants,
      )
    expect(await calls(1)).toBe(await calls(2))
  })
})

describe('on lambda', () => {
  const { truth, reads } = make().results
  const lanes = Object.entries(reads).map(([name, reads]) => {
    const [sample = '', lane = ''] = name.split('_')
    return { patient: sample, sample, lane, reads }
  })
  const reference = source('NC_001416', fasta, genome)
  const floors = { bcftools: { snp: 0.99, indel: 0.99 }, freebayes: { snp: 0.985, indel: 0.96 } }
  it.each(pairs)('%s and %s reach their floors, both samples together', async (aligner, caller) => {
    const whole = variantAccuracy({ samplesheet: lanes, reference, truth, ploidy: 1, aligner, caller, qc: false })
    const { snp, indel } = pooled((await finished(whole)).results.accuracy.accuracy)
    expect([snp.tp + snp.fn, indel.tp + indel.fn]).toEqual([480, 160])
    expect(snp.f1).toBeGreaterThanOrEqual(floors[caller].snp)
    expect(indel.f1).toBeGreaterThanOrEqual(floors[caller].indel)
    expect(Math.min(snp.genotypeConcordance!, indel.genotypeConcordance!)).toBe(1)
    expect((await finished(whole)).started).toEqual([])
  })
})

describe('on a simulated diploid', () => {
  const genome = given('diploid', fasta, toy.genome)
  const { truth, reads } = simulateReads({
    genome,
    ...{ samples: ['child', 'mother'], lanes: 1, coverage: 40, ploidy: 2, seed: 7 },
    ...{ snps: 50, indels: 14, maxIndel: 10, minDistance: 20, edge: 200 },
  })
  const samplesheet = Object.entries(reads).map(([name, reads]) => ({ patient: 'family', sample: name.split('_')[0]!, lane: 'L1', reads }))
  it.each(pairs)('%s and %s tell one copy from two', async (aligner, caller) => {
    const called = variantAccuracy({ samplesheet, reference: genome, truth, aligner, caller, parts: 2, qc: false })
    const { snp, indel } = pooled((await finished(called)).results.accuracy.accuracy)
    expect([snp.tp + snp.fn, indel.tp + indel.fn]).toEqual([100, 28])
    expect(Math.min(snp.f1!, indel.f1!)).toBeGreaterThanOrEqual(0.98)
    expect(Math.min(snp.genotypeConcordance!, indel.genotypeConcordance!)).toBeGreaterThanOrEqual(0.96)
  })
})

describe('on amplicons', () => {
  // 600 pairs begin in one place and 600 some bases on; a SNP lies where both cover, and is in the second alone.
  const at = scratch()
  const position = 660
  const read = (start: number, snp: boolean, own: number) => {
    const bases = [...tinyGenome[phage]!]
    if (snp) bases[position - 1] = other(phage, position)
    const from = (start: number) => bases.slice(start - 1, start + 79).join('')
    return {
      name: `${start}:${own}`,
      contig: phage,
      starts: [start, start + 120] as const,
      sequences: [from(start), from(start + 120)] as const,
    }
  }
  const pairs = Array.from({ length: 600 }, (_, n) => [read(600, false, n), read(640, true, n)]).flat()
  const reads = given('amplicons', fastqPair, fastqFiles(at, 'amplicons', pairs))
  const reference = given('tiny', fasta, fastaFile(at))
  const samplesheet = [{ patient: 'p', sample: 's', lane: 'L1', reads }]
  const run = async (args: object) => {
    const { results } = await finished(variantCalling({ samplesheet, reference, qc: false, ...args }))
    return { depths: content(results.variants!.path).match(/(?<=:)\d+,\d+/g) ?? [], told: content(results.summary.reads!.path) }
  }
  it.each(['bcftools', 'freebayes'] as const)('%s looks at every read under --profile amplicon', async caller => {
    const { depths, told } = await run({ ...profiles['variant-calling']!.amplicon!.arguments({}), caller })
    expect(depths).toContain('600,600')
    expect(told).toMatch(/^sample .*\ns {7}2,400 +100 % +100 % +- /)
    expect(told).not.toContain('duplicates,')
  })
  it('by default all but two pairs are duplicates, which is told', async () => {
    const { depths, told } = await run({})
    expect(depths).not.toContain('600,600')
    expect(told).toContain(
      '\nWarning: 99.8 % of the reads of s are duplicates, and callers pass over them. Amplicons? --profile amplicon. Molecules with UMIs? --umi name.',
    )
  })
  it('a limit of depth looks at the reads that begin first, and this is told', async () => {
    const { depths, told } = await run({ duplicates: 'off', maxDepth: 250 })
    expect(depths).toEqual([])
    expect(told).toContain(' in one place of s calling looked at 250. Variants of the others are missed. --max-depth 0 looks at all.')
  })
  it('UMIs that no read has are refused', async () => {
    const { failures } = await ran(variantCalling({ samplesheet, reference, qc: false, umi: 'name' }), { store })
    expect(failures).toEqual([expect.stringContaining('No read of sample s has a UMI where --umi says.')])
  })
  it.each([
    [
      { duplicates: 'off', umi: 'name' },
      'duplicates is off and umi is name: a UMI tells duplicates apart, and none are looked for. Leave one of them out.',
    ],
    [
      { umi: 'RX' },
      'Row 1: umi is RX, a tag of alignments, and a FASTQ file has no tags. Give alignments that have it, or reads with the UMI in their names and umi: name (fastp --umi puts it there).',
    ],
    [
      { depth: 300, maxDepth: 250 },
      'depth is 300 and maxDepth 250: over 1 sample at most 250 reads are looked at in one place, so no variant could pass. Raise maxDepth (0 looks at all), or lower depth.',
    ],
    [
      { caller: 'freebayes', maxDepth: 250 },
      'maxDepth is 250, and freebayes looks at all reads. Leave maxDepth out, or take another caller.',
    ],
  ] as const)('%j cannot be meant', (args, message) => {
    expect(() => variantCalling({ samplesheet, reference, ...args })).toThrow(message)
  })
  it('depth is of all samples, so of two it may be twice the limit', () => {
    const more = given('more', fastqPair, fastqFiles(at, 'more', pairs.slice(1)))
    const two = [...samplesheet, { patient: 'q', sample: 't', lane: 'L1', reads: more }]
    expect(() => variantCalling({ samplesheet: two, reference, depth: 500, maxDepth: 250 })).not.toThrow()
  })
})

const lambda4 = fileURLToPath(new URL('../../../shared/data/lambda4/', import.meta.url))
describe.skipIf(!existsSync(lambda4))('on the four phage samples of lambda4 (skipped where ../shared/data/lambda4 is not there)', () => {
  test.each(pairs)('%s and %s find 166 of 166 positions at default thresholds', async (aligner, caller) => {
    const file = (name: string) => path.join(lambda4, name)
    const samplesheet = ['sample1', 'sample2', 'sample3', 'sample4'].map(sample => ({
      ...{ patient: sample, sample, lane: 'L1' },
      reads: given(sample, fastqPair, { first: file(`${sample}_1.fastq.gz`), second: file(`${sample}_2.fastq.gz`) }),
    }))
    const whole = variantCalling({
      samplesheet,
      reference: given('lambda4', fasta, file('lambda_virus.fasta')),
      ploidy: 1,
      aligner,
      caller,
      qc: false,
    })
    const found = new Set(variantsIn((await finished(whole)).results.variants!.path).map(call => call.split(' ')[0]))
    const expected = readFileSync(file('expected-snplist.txt'), 'utf8').trimEnd().split('\n')
    const positions = new Set(expected.map(line => line.split('\t').slice(0, 2).join(':')))
    expect(positions.size).toBe(166)
    expect([...positions].filter(position => !found.has(position))).toEqual([])
    expect((await finished(whole)).started).toEqual([])
  })
})
