import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { anyFasta, fastqPair } from 'trireme-bio/kinds'
import { fastaFile, fastqFiles, folder, genome, hla, other, pairs, phage, variantsIn } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { variantCalling } from './variant-calling.ts'

const at = folder()
const change = (position: number, contig = phage) => ({ contig, position, to: other(contig, position) })
const lane = (sample: string, lane: string, position: number) => {
  const name = `${sample}+${lane}`
  return { patient: 'p', sample, lane, reads: given(name, fastqPair, fastqFiles(at, name, pairs([change(position)]))) }
}
const rest = { ploidy: 1, parts: 1, check: false } as const
const snp = (position: number, contig = phage) => `${contig}:${position} ${genome[contig]![position - 1]}>${other(contig, position)}`

it('keeps apart names that are the same once they are joined by dots', async () => {
  const reference = given('genome', anyFasta, fastaFile(at))
  const samplesheet = [lane('a.b', 'c', 500), lane('a', 'b.c', 700), lane('joint', 'all', 900)]
  const results = variantCalling({ samplesheet, reference, ...rest, trim: true })
  const place = variantCalling.spec.layout?.trimming
  const reports = Object.keys(results.trimming).map(name => (typeof place === 'function' ? place(name, {} as never) : place))
  expect(reports).toEqual(['qc/fastp/a.b/c.fastp', 'qc/fastp/a/b.c.fastp', 'qc/fastp/joint/all.fastp'])
  const done = await made({ variants: results.variants, table: results.multiqc.multiqc_general_stats!, bam: results.alignments['a.b']! })
  expect(variantsIn(done.variants.path)).toEqual([`${snp(500)} 1 0 0`, `${snp(700)} 0 1 0`, `${snp(900)} 0 0 1`])
  const rows = readFileSync(done.table.path, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(line => line.split('\t')[0])
  expect(rows.sort()).toEqual(['a', 'a.b', 'a.b:c', 'a:b.c', 'all:samples', 'joint', 'joint:all'])
  expect(execFileSync('samtools', ['view', '-H', done.bam.path], { encoding: 'utf8' })).toContain('@RG\tID:p:a.b:c\tSM:a.b\t')
})

it('takes samples of any name, and keeps them in the order of the sheet', async () => {
  const reference = given('genome', anyFasta, fastaFile(at))
  const samples = ['toString', '2', 'constructor', '007', 'then', '1'].map((name, n) => [name, 300 + 200 * n] as const)
  const samplesheet = samples.map(([name, position]) => lane(name, name, position))
  const { variants } = variantCalling({ samplesheet, reference, ...rest, qc: false, check: true })
  const calls = samples.map(([, position], n) => `${snp(position)} ${samples.map((_, m) => (m === n ? 1 : 0)).join(' ')}`)
  const { path: file } = (await made({ variants })).variants
  expect(variantsIn(file)).toEqual(calls)
  expect(execFileSync('bcftools', ['query', '-l', file], { encoding: 'utf8' })).toBe(samples.map(([name]) => `${name}\n`).join(''))
})
it('refuses the same reads for two samples or lanes, whatever the files look like', async () => {
  const reference = given('genome', anyFasta, fastaFile(at))
  const [one, other] = [fastqFiles(at, 'one', pairs([change(500)])), fastqFiles(at, 'other', pairs([change(500)]).toReversed())]
  const row = (sample: string, files: typeof one) => ({ patient: 'p', sample, lane: 'L1', reads: given(sample, fastqPair, files) })
  const { summary } = variantCalling({ samplesheet: [row('s', one), row('t', other)], reference, ...rest, qc: false, check: true })
  await expect(made({ told: summary.reads })).rejects.toThrow(
    'Lane L1 of s and lane L1 of t hold the same reads, packed, named or ordered otherwise: they would count twice. Each row has reads of its own. Give the right file in one of them, or remove the row.',
  )
})
it('names alignments by what was done with duplicates', () => {
  const place = variantCalling.spec.layout?.alignments
  const named = (['mark', 'remove', 'off'] as const).map(duplicates =>
    typeof place === 'function' ? place('s', { duplicates } as Parameters<typeof place>[1]) : place,
  )
  expect(named).toEqual(['alignments/s/s.md', 'alignments/s/s.md', 'alignments/s/s.sorted'])
})

describe.each(['bcftools', 'freebayes'] as const)('with %s', caller => {
  it('finds on a genome with codes, gaps and lower case what it finds on the plain one', async () => {
    const at = folder()
    const coded = [...genome[phage]!.toLowerCase()]
    const spare = (base: string) => ({ A: 'R', C: 'Y', G: 'K', T: 'Y' })[base]! // a code that allows the base
    for (const position of [300, 498, 503, 750, 1200]) coded[position - 1] = spare(genome[phage]![position - 1]!)
    coded[1500 - 1] = '-'
    const [plainFile, codedFile] = [fastaFile(at), path.join(at, 'coded.fa')]
    writeFileSync(codedFile, `>${phage}\r\n${coded.join('').replace(/.{70}/g, '$&\r\n')}\r\n\r\n>${hla}\r\n${genome[hla]}\r\n`)
    const samplesheet = [
      { ...lane('s', '1', 500), reads: given('s', fastqPair, fastqFiles(at, 's', pairs([change(500), change(1000), change(200, hla)]))) },
    ]
    const called = async (file: string) => {
      const { variants } = variantCalling({
        samplesheet,
        reference: given('genome', anyFasta, file),
        ...rest,
        trim: false,
        qc: false,
        caller,
      })
      return variantsIn((await made({ variants })).variants.path)
    }
    const expected = [`${snp(500)} 1`, `${snp(1000)} 1`, `${snp(200, hla)} 1`]
    expect(await called(plainFile)).toEqual(expected)
    expect(await called(codedFile)).toEqual(expected)
  })
})
