import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fasta, bed as regions, vcf } from 'trireme-bio/kinds'
import { given, made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { type Calls, compare as counts, readBed, readCalls } from './compare.script.ts'
import { compare } from './compare.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'truth-compare-'))
type Record = readonly [pos: number, ref: string, alt: string, genotype?: string, filter?: string]

/** Writes a bgzipped, indexed VCF of one sample "s" on a contig as long as need be. */
const written = (name: string, records: readonly Record[], contig = 'gi|1|ref|c.1|') => {
  const lines = records.map(([pos, ref, alt, genotype = '1', filter = 'PASS']) =>
    [contig, pos, '.', ref, alt, 50, filter, '.', 'GT', genotype].join('\t'),
  )
  const head = [
    '##fileformat=VCFv4.2',
    `##contig=<ID=${contig},length=1000000>`,
    '##FILTER=<ID=low,Description="low">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts',
  ]
  const file = path.join(folder, `${name}.vcf.gz`)
  execFileSync('bcftools', ['view', '--no-version', '-O', 'z', '-o', file], { input: `${[...head, ...lines].join('\n')}\n` })
  execFileSync('bcftools', ['index', '-t', '-f', file])
  return file
}
const read = (file: string, filtered: 'out' | 'in' = 'out') => readCalls(file, 'calls', 's', filtered)
const all = (truth: Calls, calls: Calls) => counts(truth, calls, {}, () => true, 20)
const compared = async (truth: readonly Record[], calls: readonly Record[]) =>
  all(await read(written('t', truth)), await read(written('c', calls)))

/** Park and Miller's generator: enough to scatter records. */
const scattered = (seed: number, ofTruth: boolean): Record[] => {
  let state = seed
  const below = (n: number) => {
    state = (state * 48271) % 2147483647
    return state % n
  }
  const records: Record[] = []
  for (let pos = 1; pos < 20000; pos += 1 + below(40)) {
    const length = 1 + below(5)
    const both: Record[] = [
      [pos, 'A', 'CGT'[below(3)]!],
      [pos, 'A', `A${'CGT'[below(3)]!.repeat(length)}`],
      [pos, `A${'C'.repeat(length)}`, 'A'],
    ]
    const record = both[below(3)]!
    const where = below(10)
    // Six of ten in both files, two in either alone; among the latter the other file often has another allele at the same base.
    if (where < 6 || where < 8 === ofTruth) records.push(record)
    else if (where === 9) records.push([pos, 'A', 'N'])
  }
  return records
}
/** Lines of one of bcftools isec's files, by type: `0000` private to the truth, `0001` private to the calls, `0002` in both. */
const isec = (truth: string, calls: string, file: string, type: string, targets: readonly string[]) => {
  execFileSync('bcftools', ['isec', '-c', 'none', '-p', path.join(folder, 'isec'), ...targets, truth, calls])
  const options = ['view', '-H', '-v', type, path.join(folder, 'isec', `${file}.vcf`)]
  return execFileSync('bcftools', options).toString().split('\n').length - 1
}

describe('counts', () => {
  it.each([1, 2, 3, 4, 5])('equals bcftools isec on random records, in all and in regions (seed %i)', async seed => {
    const [truth, calls] = [written('truth', scattered(seed, true)), written('calls', scattered(seed, false))]
    const bedFile = path.join(folder, 'r.bed')
    writeFileSync(bedFile, 'gi|1|ref|c.1|\t500\t3000\ngi|1|ref|c.1|\t2500\t4000\ngi|1|ref|c.1|\t9000\t9001\ngi|1|ref|c.1|\t10000\t15000\n')
    const { rows } = counts(await read(truth), await read(calls), { inside: readBed(bedFile) }, () => true, 20)
    expect(rows).toHaveLength(4)
    for (const { stratum, type, tp, fp, fn } of rows) {
      const targets = stratum === 'inside' ? ['-T', bedFile] : []
      const of = (file: string) => isec(truth, calls, file, `${type}s`, targets)
      expect({ stratum, type, tp, fp, fn }).toEqual({ stratum, type, tp: of('0002'), fp: of('0001'), fn: of('0000') })
      expect(tp).toBeGreaterThan(0)
    }
    const { rows: confident } = counts(await read(truth), await read(calls), {}, readBed(bedFile), 20)
    expect(confident).toEqual(rows.slice(2).map(row => ({ ...row, stratum: 'all' })))
  })
  it('gives the ratios by their formulas, and none where there is nothing to divide by', async () => {
    const { rows } = await compared(
      [
        [10, 'A', 'C'],
        [20, 'A', 'G'],
        [30, 'A', 'T'],
        [40, 'C', 'T'],
      ],
      [
        [10, 'A', 'C'],
        [20, 'A', 'G'],
        [30, 'A', 'T'],
        [50, 'C', 'T'],
        [60, 'C', 'T'],
      ],
    )
    expect(rows[0]).toEqual({
      stratum: 'all',
      type: 'snp',
      tp: 3,
      fp: 2,
      fn: 1,
      precision: 3 / 5,
      recall: 3 / 4,
      f1: 6 / 9,
      genotypesSame: 3,
      genotypeConcordance: 1,
    })
    expect(rows[1]).toMatchObject({ type: 'indel', tp: 0, precision: null, recall: null, f1: null, genotypeConcordance: null })
  })
  it('counts genotypes apart: phase and order do not matter, the share of ALT does, and a haploid 1 is a diploid 1/1', async () => {
    const { rows } = await compared(
      [
        [10, 'A', 'C', '0|1'],
        [20, 'A', 'C', '1|0'],
        [30, 'A', 'C', '1|1'],
        [40, 'A', 'C', '1|1'],
        [50, 'A', 'C', '0|0'],
        [60, 'A', 'C', '0|1'],
      ],
      [
        [10, 'A', 'C', '0/1'],
        [20, 'A', 'C', '1/1'],
        [30, 'A', 'C', '0/1'],
        [40, 'A', 'C', '1'],
        [50, 'A', 'C', './.'],
        [60, 'A', 'C', '0/0'],
      ],
    )
    expect(rows[0]).toMatchObject({ tp: 4, fp: 0, fn: 1, genotypesSame: 2, genotypeConcordance: 0.5 })
  })
  it('adds up an allele that two records of a split and atomised site name', async () => {
    const { rows } = await compared(
      [[10, 'A', 'C', '1|1']],
      [
        [10, 'A', 'C', '1/0'],
        [10, 'A', 'C', '0/1'],
      ],
    )
    expect(rows[0]).toMatchObject({ tp: 1, fp: 0, genotypesSame: 1 })
  })
  it('leaves out what a filter marked, unless told to keep it, and symbolic alleles', async () => {
    const truth = await read(written('t', [[10, 'A', 'C']]))
    const file = written('c', [
      [10, 'A', 'C', '1', 'low'],
      [20, 'A', '*'],
      [30, 'A', '<DEL>'],
    ])
    expect(all(truth, await read(file)).rows[0]).toMatchObject({ tp: 0, fp: 0, fn: 1 })
    expect((await read(file)).left).toEqual({ filtered: 1, symbolic: 2 })
    expect(all(truth, await read(file, 'in')).rows[0]).toMatchObject({ tp: 1, fn: 0 })
  })
})

it('says where a miss and an extra call may be one haplotype, and names the tools for that', async () => {
  // CAA to C at 10, written by the caller at 12: not left-aligned.
  const { perhapsSameHaplotype } = await compared(
    [
      [10, 'CAA', 'C'],
      [500, 'A', 'C'],
    ],
    [
      [12, 'AAA', 'A'],
      [900, 'A', 'C'],
    ],
  )
  expect(perhapsSameHaplotype.pairs).toBe(1)
  expect(perhapsSameHaplotype.say).toMatch(
    /^1 false negative\(s\) have a false positive within 20 bases: .* RTG vcfeval and hap\.py compare haplotypes\.$/,
  )
})

describe('refuses', () => {
  it('records that are not split', async () => {
    await expect(read(written('bad', [[10, 'A', 'C,G', '1']]))).rejects.toThrow(
      'Record gi|1|ref|c.1|:10 of the calls holds several ALT alleles (C,G). Each record should hold one. Run bcftools norm -m -both -a -f REFERENCE on the file first.',
    )
  })
  it.each([
    ['AC', 'GT'],
    ['AC', 'GTT'],
    ['AC', 'G'],
  ])('records that are not atomic: %s to %s', async (ref, alt) => {
    await expect(read(written('bad', [[10, ref, alt]]))).rejects.toThrow(
      `Record gi|1|ref|c.1|:10 of the calls is not atomic (${ref} to ${alt}).`,
    )
  })
  it('an unknown sample', async () => {
    await expect(readCalls(written('t', []), 'truth', 'x', 'in')).rejects.toThrow(
      'The truth has no sample "x". It should be one of: s. Name one of these.',
    )
  })
  it('contigs that never meet', async () => {
    const [truth, calls] = [await read(written('t', [[10, 'A', 'C']], '1')), await read(written('c', [[10, 'A', 'C']], 'chr1'))]
    expect(() => all(truth, calls)).toThrow('Truth and calls have no contig in common (truth: 1, calls: chr1).')
  })
  it('a file cut short', async () => {
    const file = written('cut', scattered(7, true))
    truncateSync(file, 1500)
    await expect(read(file)).rejects.toThrow(/cannot be read to its end: unexpected end of file/)
  })
})

it('runs as a step, with strata named as the user likes', async () => {
  const bedFile = path.join(folder, 'named.bed')
  writeFileSync(bedFile, 'gi|1|ref|c.1|\t0\t15\n')
  const genome = path.join(folder, 'genome.fa')
  writeFileSync(genome, '>gi|1|ref|c.1|\nACGT\n')
  const reference = given('genome', fasta, genome).kind.facts.reference
  const truth = given(
    'truth',
    vcf({ reference }),
    written('truth', [
      [10, 'A', 'C'],
      [20, 'A', 'C'],
    ]),
  )
  const calls = given('calls', vcf({ reference }), written('calls', [[10, 'A', 'C']]))
  const { report, table } = await made(
    compare({ truth, calls, sample: 's', confident: [], strata: { '--low "GC" = $(x)': given('low', regions, bedFile) } }),
  )
  const said = JSON.parse(readFileSync(report.path, 'utf8'))
  expect(said).toMatchObject({ sample: 's', truthSample: 's', leftOut: { calls: { filtered: 0, symbolic: 0 } } })
  expect(readFileSync(table.path, 'utf8').split('\n').slice(0, 4)).toEqual([
    'sample\tstratum\ttype\ttp\tfp\tfn\tprecision\trecall\tf1\tgenotypesSame\tgenotypeConcordance',
    's\tall\tsnp\t1\t0\t1\t1\t0.500000\t0.666667\t1\t1',
    's\tall\tindel\t0\t0\t0\tNA\tNA\tNA\t0\tNA',
    's\t--low "GC" = $(x)\tsnp\t1\t0\t0\t1\t1\t1\t1\t1',
  ])
})
