import type { Ref } from 'trireme-bio'
import { type FileKind, pipeline, type SameAs } from 'trireme-bio'
import { bam, fasta, fastqPair } from 'trireme-bio/kinds'
import { call } from 'trireme-bio/steps/bcftools/call'
import { concat } from 'trireme-bio/steps/bcftools/concat'
import { filter } from 'trireme-bio/steps/bcftools/filter'
import { mpileup } from 'trireme-bio/steps/bcftools/mpileup'
import { norm } from 'trireme-bio/steps/bcftools/norm'
import { index } from 'trireme-bio/steps/bwa/index'
import { mem } from 'trireme-bio/steps/bwa/mem'
import { call as freebayes } from 'trireme-bio/steps/freebayes/call'
import { faidx } from 'trireme-bio/steps/samtools/faidx'
import { fixmate } from 'trireme-bio/steps/samtools/fixmate'
import { markdup } from 'trireme-bio/steps/samtools/markdup'
import { merge } from 'trireme-bio/steps/samtools/merge'
import { sort } from 'trireme-bio/steps/samtools/sort'
import { fastaFile, fastqFiles, folder } from 'trireme-bio/steps/tiny'
import { given } from 'trireme-bio/testing'
import { expect, it } from 'vitest'

const at = folder()
const genome = given('genome', fasta, fastaFile(at))
const mouse = given('mouse', fasta, fastaFile(folder(), { chr1: 'ACGT' }))
const reads = given('reads', fastqPair, fastqFiles(at, 'reads'))
const region = 'chr1:1-5'
const { indexed: reference } = faidx({ genome })
const { aligned } = mem({ reads, index: index({ genome }).index, readGroup: { ID: 'x', SM: 's' } })
const { sorted } = sort({ unsorted: fixmate({ aligned }).fixed })
const { marked } = markdup({ merged: merge({ lanes: [sorted] }).merged })

it('the reference flows from the genome to the filtered calls', () => {
  const { pileup } = mpileup({ bams: [marked], reference, region })
  const { whole } = concat({ parts: [call({ pileup }).calls, freebayes({ bams: [marked], reference, region }).calls] })
  const { filtered } = filter({ calls: norm({ calls: whole, reference }).normalised })
  const typed: Ref<FileKind<'vcf', { readonly reference: SameAs<'genome'>; readonly indexed: 'tbi' }>> = filtered
  expect(typed.kind.facts).toMatchObject({ reference: { sameAs: 'genome' }, indexed: 'tbi' })
})
it('reads aligned to one reference are not used with another', () => {
  const other = faidx({ genome: mouse }).indexed
  // @ts-expect-error Type '"genome"' is not assignable to type '"mouse"'
  expect(() => mpileup({ bams: [marked], reference: other, region })).toThrow(/asks for reference "mouse" \(\w+\), got "genome"/)
})
it('what is not sorted is not merged, what is not indexed is not called', () => {
  // @ts-expect-error Type '"unsorted"' is not assignable to type '"coordinate"'
  expect(() => merge({ lanes: [aligned] })).toThrow('asks for sorted "coordinate", got "unsorted". Sort it with steps/samtools/sort.ts.')
  // @ts-expect-error Property 'indexed' is missing
  expect(() => mpileup({ bams: [sorted], reference, region })).toThrow('Index it with steps/samtools/index.ts.')
})
it('a FASTQ is no BAM', () => {
  // @ts-expect-error Type '"fastq-pair"' is not assignable to type '"bam"'
  expect(() => sort({ unsorted: reads })).toThrow('asks for bam, got fastq-pair')
})
it('a pipeline carries the facts of its inputs', () => {
  const sorting = pipeline({ name: 'sorting', inputs: { unsorted: bam({}) }, build: ({ unsorted }) => sort({ unsorted }) })
  expect(sorting({ unsorted: aligned }).sorted.kind.facts.sorted).toBe('coordinate')
})
