import { sameAs } from 'trireme-bio'
import { indexedFasta, vcf } from 'trireme-bio/kinds'
import { fastaFile, folder, genome, other, phage, type Variant, variantsIn, vcfFile } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { norm } from './norm.ts'

const at = folder()
/** A genome with a run of A, where an indel has many ways to be written. */
const run = `${genome[phage]!.slice(0, 99)}CAAAAAG${genome[phage]!.slice(106)}`
const genomeFile = fastaFile(at, { ...genome, [phage]: run })
const reference = given('genome', indexedFasta({ reference: sameAs('genome') }), { '': genomeFile, '.fai': `${genomeFile}.fai` })
const normalised = async (name: string, variants: readonly Variant[], samples = ['s']) => {
  const calls = given(name, vcf({ reference: sameAs('genome') }), vcfFile(at, name, variants, samples)[''])
  return variantsIn((await made(norm({ calls, reference }))).normalised.path)
}
const base = (position: number) => run[position - 1]!

it('left-aligns', async () => {
  expect(await normalised('left', [[phage, 104, 'AA', 'A', 50, '0/1']])).toEqual([`${phage}:100 CA>C 0/1`])
})
it('takes neighbouring SNVs apart', async () => {
  const both = base(200) + base(201)
  const to = other(phage, 200) + other(phage, 201)
  expect(await normalised('atoms', [[phage, 200, both, to, 50, '1/1']])).toEqual([
    `${phage}:200 ${both[0]}>${to[0]} 1/1`,
    `${phage}:201 ${both[1]}>${to[1]} 1/1`,
  ])
})
it('splits alternatives and keeps the genotypes of all samples', async () => {
  const [a, b] = ['ACGT'.replace(base(300), '')[0]!, 'ACGT'.replace(base(300), '')[1]!]
  expect(await normalised('split', [[phage, 300, base(300), `${a},${b}`, 50, '1/1', '2/2', '0/1']], ['x', 'y', 'z'])).toEqual([
    `${phage}:300 ${base(300)}>${a} 1/1 0/0 0/1`,
    `${phage}:300 ${base(300)}>${b} 0/0 1/1 0/0`,
  ])
})
it('keeps a SNP homozygous that both alternatives of a diploid hold', async () => {
  const [both, to] = [base(320) + base(321), other(phage, 320)]
  const calls = await normalised('shared', [[phage, 320, both, `${to}${both[1]},${to}${other(phage, 321)}`, 50, '1/2', '0/1']], ['x', 'y'])
  expect(calls).toEqual([`${phage}:320 ${both[0]}>${to} 1/1 0/1`, `${phage}:321 ${both[1]}>${other(phage, 321)} 0/1 0/0`])
})
it('takes a SNP and an indel behind one base apart', async () => {
  const [ref, snp] = [base(360), other(phage, 360)]
  const inserted = base(361) === 'G' ? 'C' : 'G' // stays where it is
  expect(await normalised('joined', [[phage, 360, ref, `${snp}${inserted}`, 50, '0/1', '1|1', './.']], ['x', 'y', 'z'])).toEqual([
    `${phage}:360 ${ref}>${snp} 0/1 1|1 ./.`,
    `${phage}:360 ${ref}>${ref}${inserted} 0/1 1|1 ./.`,
  ])
})
it('keeps a SNP homozygous that both alternatives hold before different insertions', async () => {
  const [ref, snp] = [base(360), other(phage, 360)]
  const inserted = base(361) === 'G' ? 'C' : 'G'
  const calls = await normalised('insertions', [[phage, 360, ref, `${snp}${inserted},${snp}`, 50, '1/2', '0/2', '0/1']], ['x', 'y', 'z'])
  const sorted = calls.map(call => call.replace('1/0', '0/1'))
  expect(sorted).toEqual([`${phage}:360 ${ref}>${snp} 1/1 0/1 0/1`, `${phage}:360 ${ref}>${ref}${inserted} 0/1 0/0 0/1`])
})
it('takes two different deletions of a diploid apart, without a star allele', async () => {
  const bases = run.slice(339, 343)
  const calls = await normalised('stars', [[phage, 340, bases, `${bases.slice(0, 3)},${bases[0]}`, 50, '1/2']])
  expect(calls.map(call => call.split(' ')[2]!.split('/').sort().join('/'))).toEqual(['0/1', '0/1'])
  expect(calls.join()).not.toContain('>*')
})
it('keeps one of two equal records', async () => {
  const record = [phage, 400, base(400), other(phage, 400), 50, '0/1'] as const
  expect((await normalised('twice', [record, record])).length).toBe(1)
})
it('drops what is called where the genome is unknown', async () => {
  const at = folder()
  const file = fastaFile(at, { ...genome, [phage]: `${genome[phage]!.slice(0, 599)}N${genome[phage]!.slice(600)}` })
  const reference = given('genome', indexedFasta({ reference: sameAs('genome') }), { '': file, '.fai': `${file}.fai` })
  const variants: readonly Variant[] = [
    [phage, 600, 'N', 'A', 50, '1/1'],
    [phage, 610, genome[phage]![609]!, other(phage, 610), 50, '1/1'],
  ]
  const calls = given('unknown', vcf({ reference: sameAs('genome') }), vcfFile(at, 'unknown', variants)[''])
  expect(variantsIn((await made(norm({ calls, reference }))).normalised.path)).toEqual([
    `${phage}:610 ${genome[phage]![609]}>${other(phage, 610)} 1/1`,
  ])
})
it('stops where REF is not the base of the genome', async () => {
  await expect(normalised('wrong', [[phage, 500, other(phage, 500), base(500), 50, '0/1']])).rejects.toThrow('Reference allele mismatch')
})
