import type { CalledStep, FileKind, Ref, SameAs } from 'trireme-bio'
import type { fastq, fastqPair } from 'trireme-bio/kinds'
import type { ReadGroup } from 'trireme-bio/values'
import { call as callPileup } from '../steps/bcftools/call.ts'
import { mpileupTargets } from '../steps/bcftools/mpileup.ts'
import { index } from '../steps/bwa/index.ts'
import { mem, memSingle } from '../steps/bwa/mem.ts'
import { callTargets } from '../steps/freebayes/call.ts'
import { align as minimap, alignSingle as minimapSingle } from '../steps/minimap2/align.ts'

// A role is a function type: whatever fits it can be an argument of the variant-calling pipeline.

type OnReference = { readonly reference: SameAs<'reference'> }
/** Normalised: of A, C, G, T, N alone. */
export type Genome = Ref<FileKind<'fasta', OnReference & { readonly form: 'plain'; readonly indexed: 'fai'; readonly dictionary: 'dict' }>>
export type SortedBam = Ref<FileKind<'bam', OnReference & { readonly sorted: 'coordinate'; readonly indexed: 'bai' }>>

interface Lane<Reads> {
  readonly reads: Reads
  readonly genome: Genome
  readonly readGroup: ReadGroup
}
type Aligned = Ref<FileKind<'bam', OnReference & { readonly sorted: 'unsorted' }>>
/** From the reads of one lane to alignments in the order of the reads. `steps` names those that a comparison may measure. */
export interface Aligner<S extends string = string> {
  (at: Lane<Ref<typeof fastqPair>>): Aligned
  /** The same for reads without mates. Without it such rows are refused. */
  readonly single?: (at: Lane<Ref<typeof fastq>>) => Aligned
  readonly steps?: readonly CalledStep<S>[]
}

/** From the alignments of all samples to the variants in some regions, all samples together. `steps` names those that a comparison may measure. */
export interface Caller<S extends string = string> {
  /** Variants pass with QUAL above this; see docs/reference/quality-thresholds.md for the curve behind each default. */
  readonly quality: number
  /** Reads of a sample that it looks at in one place, 0 for all, unless it is told otherwise; left out by one that always looks at all. */
  readonly maxDepth?: number
  readonly call: (at: {
    readonly bams: readonly SortedBam[]
    readonly genome: Genome
    readonly targets: Ref<FileKind<'bed', {}>>
    readonly ploidy: 1 | 2
    /** 0 for all. */
    readonly maxDepth: number
  }) => Ref<FileKind<'vcf', OnReference>>
  readonly steps?: readonly CalledStep<S>[]
}
type Single = Required<Pick<Aligner, 'single'>>['single']
/** The package's aligners take single reads, too. */
const aligner = <S extends string>(pairs: (at: Lane<Ref<typeof fastqPair>>) => Aligned, single: Single, steps: readonly CalledStep<S>[]) =>
  Object.assign(pairs, { single, steps })

export const bwa = aligner(
  ({ reads, genome, readGroup }) => mem({ reads, index: index({ genome }).index, readGroup }).aligned,
  ({ reads, genome, readGroup }) => memSingle({ reads, index: index({ genome }).index, readGroup }).aligned,
  [index, mem, memSingle],
)
export const minimap2 = aligner(
  ({ reads, genome, readGroup }) => minimap({ reads, reference: genome, readGroup }).aligned,
  ({ reads, genome, readGroup }) => minimapSingle({ reads, reference: genome, readGroup }).aligned,
  [minimap, minimapSingle],
)

export const bcftools = {
  quality: 20,
  maxDepth: 8000,
  call: ({ bams, genome, targets, ploidy, maxDepth }) =>
    callPileup({ pileup: mpileupTargets({ bams, reference: genome, targets, maxDepth }).pileup, ploidy }).calls,
  steps: [mpileupTargets, callPileup],
} satisfies Caller
export const freebayes = {
  quality: 20,
  call: ({ bams, genome, targets, ploidy }) => callTargets({ bams, reference: genome, targets, ploidy }).calls,
  steps: [callTargets],
} satisfies Caller
