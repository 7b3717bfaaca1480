import { after, type CalledStep, each, optional, pipeline, type Ref } from 'trireme-bio'
import { anyFasta, bed } from 'trireme-bio/kinds'
import { platform } from 'trireme-bio/values'
import { z } from 'zod'
import { concat } from '../steps/bcftools/concat.ts'
import { filter } from '../steps/bcftools/filter.ts'
import { norm } from '../steps/bcftools/norm.ts'
import { stats as variantStats } from '../steps/bcftools/stats.ts'
import { splitGenome, splitTargets } from '../steps/bed/split.ts'
import { compare } from '../steps/counts/compare.ts'
import { leaveAmbiguous } from '../steps/genome/ambiguous.ts'
import { normalise } from '../steps/genome/normalise.ts'
import { report } from '../steps/multiqc/report.ts'
import { summary as summariseReads } from '../steps/reads/summary.ts'
import { barcodes as countBarcodes } from '../steps/samtools/barcodes.ts'
import { depth, depthTargets } from '../steps/samtools/depth.ts'
import { flagstat } from '../steps/samtools/flagstat.ts'
import { markdup } from '../steps/samtools/markdup.ts'
import { merge } from '../steps/samtools/merge.ts'
import { stats } from '../steps/samtools/stats.ts'
import { unmark } from '../steps/samtools/unmark.ts'
import { laneSteps, lanesOf } from './calling-lanes.ts'
import { allSamples, checkMeant, joint, refuseCopies, samplesheet, samplesOf } from './calling-sheet.ts'
import { type Aligner, bcftools, bwa, type Caller, freebayes, minimap2 } from './roles.ts'

const ownSteps = [
  ...laneSteps,
  ...[normalise, merge, markdup, unmark, countBarcodes, flagstat, compare, depth, depthTargets, stats],
  ...[splitGenome, splitTargets, concat, norm, leaveAmbiguous, filter, variantStats, summariseReads, report],
] as const
const stepsOf = <S extends string>(roles: Readonly<Record<string, { readonly steps?: readonly CalledStep<S>[] }>>) =>
  Object.values(roles).flatMap(({ steps = [] }) => steps)

/**
 * Joint variant calling with the aligners and callers of your choice; the first of each is the default. A comparison may measure their steps, too.
 *
 * @example variantCallingWith({ aligners: { mine: ({ reads, genome, readGroup }) => … }, callers: { bcftools } })
 */
export const variantCallingWith = <
  const A extends string,
  const C extends string,
  const S extends string = never,
  const T extends string = never,
>(roles: {
  /** Gives it a name of its own, beside the package's. @default 'variant-calling', which hides the package's in a project */
  readonly name?: string
  readonly aligners: Readonly<Record<A, Aligner<S>>>
  readonly callers: Readonly<Record<C, Caller<T>>>
}) => {
  const [aligners, callers] = [Object.keys(roles.aligners) as A[], Object.keys(roles.callers) as C[]] // the keys of these very records
  const qualities = callers.map(caller => `${roles.callers[caller].quality} with ${caller}`).join(', ')
  const depths = callers.map(caller => `${roles.callers[caller].maxDepth || 'all'} with ${caller}`).join(', ')
  const steps: readonly CalledStep<(typeof ownSteps)[number]['spec']['name'] | S | T>[] = [
    ...ownSteps,
    ...stepsOf<S>(roles.aligners),
    ...stepsOf<T>(roles.callers),
  ]
  return pipeline({
    name: roles.name ?? 'variant-calling',
    about: 'From FASTQ, BAM or CRAM to jointly called, normalised, filtered variants with quality reports',
    inputs: { samplesheet, reference: anyFasta, targets: optional(bed) },
    params: {
      aligner: z.enum(aligners).default(aligners[0]!).describe('Program that aligns the reads'),
      caller: z.enum(callers).default(callers[0]!).describe('Program that calls the variants'),
      ploidy: z
        .literal([1, 2])
        .default(2)
        .describe(
          'Copies of every contig: 1 for phages and bacteria, 2 for humans, whose X, Y and mitochondria are then called as two copies, too',
        ),
      parts: z.number().int().min(1).max(200).default(8).describe('Calling is split into at most so many parts of like size'),
      quality: z.number().min(0).optional().describe(`Variants pass with QUAL above this; by default ${qualities}`),
      depth: z.number().int().min(0).default(0).describe('Variants pass with at least this depth over all samples'),
      failing: z
        .enum(['removed', 'marked'])
        .default('removed')
        .describe('What happens to variants that do not pass; marked ones get FILTER LowQual'),
      platform: platform.default('ILLUMINA').describe('Sequencing platform, written into the read groups'),
      trim: z.boolean().default(false).describe('Trim adapters with fastp; no read is dropped for its quality'),
      duplicates: z
        .enum(['mark', 'remove', 'off'])
        .default('mark')
        .describe(
          'What happens to duplicates, which callers pass over: marked, or left out of the alignments; off, for amplicons: none is looked for, and marks of incoming alignments are taken away',
        ),
      empty: z
        .enum(['keep', 'refuse'])
        .default('keep')
        .describe(
          'What happens where a lane or sample has no reads, given so or after trimming: the run goes on with the others and warns, or it is refused',
        ),
      umi: z
        .enum(['none', 'name', 'RX'])
        .default('none')
        .describe(
          'Where the UMI stands that duplicates share: in the eighth part of the name between colons, or in the tag RX of incoming alignments',
        ),
      maxDepth: z
        .number()
        .int()
        .min(0)
        .max(1_000_000)
        .optional()
        .describe(`Reads of a sample looked at in one place, 0 for all; by default ${depths}`),
      check: z
        .boolean()
        .default(true)
        .describe('Check that the reads are whole, well-formed and mates of each other; aligners let some faults pass'),
      qc: z.boolean().default(true).describe('Count and report, gather all in a MultiQC page'),
    },
    layout: {
      alignments: (sample, { duplicates }) => `alignments/${sample}/${sample}.${duplicates === 'off' ? 'sorted' : 'md'}`,
      variants: 'variants/joint.filtered',
      summary: name => `summary/${{ reads: 'reads', table: 'reads' }[name] ?? name}`,
      reference: 'reference/changes',
      genomeNotice: 'reference/changes',
      trimming: lane => `qc/fastp/${lane.replace(joint, '/')}.fastp`,
      trimmingPages: lane => `qc/fastp/${lane.replace(joint, '/')}.fastp`,
      coverage: sample => `qc/samtools/${sample}.stats`,
      flags: sample => `qc/samtools/${sample}.flagstat`,
      variantStats: name => `qc/bcftools/${name}.stats`,
      multiqc: name => `qc/multiqc/${name}`,
    },
    highlights: { variants: 'Variants', alignments: 'Alignments', multiqc: { multiqc_report: 'Quality report' } },
    steps,
    build: ({ samplesheet, reference, targets, ...at }) => {
      const { normalised: genome, report: genomeReport, told: genomeNotice } = normalise({ genome: reference })
      const align = roles.aligners[at.aligner as A] // one of the enum's words
      const caller = roles.callers[at.caller as C]
      const maxDepth = at.maxDepth ?? caller.maxDepth ?? 0
      checkMeant(at, at.caller, caller, maxDepth, samplesheet)
      const { lanes, laneNames, counts, checks, imports, trimming, trimmingPages } = lanesOf(samplesheet, genome, align, at)
      const samples = samplesOf(samplesheet)
      const duplicates: Record<string, ReturnType<typeof markdup>['report']> = {}
      const barcodes: Record<string, ReturnType<typeof countBarcodes>['report']> = {}
      const { umi } = at
      refuseCopies(samplesheet)
      const marked = Object.fromEntries(
        [...samples].map(([sample, own]) => {
          const [first, ...others] = own.map(n => lanes[n]!)
          const merged = others.length > 0 ? merge({ lanes: [first!, ...others] }).merged : first!
          if (at.duplicates === 'off') return [sample, unmark({ merged }).unmarked]
          const { marked, report } = markdup({ merged, remove: at.duplicates === 'remove', umi })
          duplicates[sample] = report
          if (umi !== 'none') barcodes[sample] = countBarcodes({ alignments: marked, umi }).report
          return [sample, marked]
        }),
      )
      const flags = Object.fromEntries(Object.entries(marked).map(([sample, alignments]) => [sample, flagstat({ alignments }).report]))
      // Nothing is called from alignments that lost or doubled reads. Where nothing counted them on their way in, there is nothing to compare.
      const alignments = Object.fromEntries(
        Object.entries(marked).map(([sample, bam]) => {
          const { known, ...counted } = counts.get(sample)!
          if (!known) return [sample, bam]
          const removed = at.duplicates === 'remove' ? { [sample]: duplicates[sample]! } : {}
          return [sample, after(bam, compare({ sample, ...counted, removed, flags: flags[sample]!, empty: at.empty }).report)]
        }),
      )
      const { parts } = targets
        ? splitTargets({ targets, reference: genome, count: at.parts })
        : splitGenome({ reference: genome, count: at.parts })
      const bams = [...samples.keys()].map(sample => alignments[sample]!) // in the sheet's order: an object puts names such as "2" first
      const { calls } = each(parts, targets => ({ calls: caller.call({ bams, genome, targets, ploidy: at.ploidy, maxDepth }) }))
      const { normalised } = norm({ calls: concat({ parts: calls }).whole, reference: genome })
      const { kept } = leaveAmbiguous({ calls: normalised, reference: genome })
      const { filtered } = filter({ calls: kept, quality: at.quality ?? caller.quality, depth: at.depth, failing: at.failing })
      const bySample = <T>(of: (bam: (typeof bams)[number]) => T) =>
        Object.fromEntries(Object.entries(alignments).map(([sample, bam]) => [sample, of(bam)]))
      // Counted also with --no-qc: what was lost is always told.
      const depths = bySample(
        alignments => (targets ? depthTargets({ alignments, targets: after(targets, parts) }) : depth({ alignments })).report,
      )
      const told = summariseReads({
        ...{ checks, imports, trimming, flags, duplicates, depths, barcodes },
        ...{ lanes: laneNames, trimmed: at.trim, removed: at.duplicates === 'remove', maxDepth },
      })
      const results = {
        alignments,
        variants: filtered,
        summary: { reads: told.text, table: told.table },
        reference: genomeReport,
        genomeNotice,
        trimming,
        trimmingPages,
      }
      const none: Readonly<Record<string, Ref>> = {}
      if (!at.qc) return { ...results, coverage: {}, flags: {}, variantStats: {}, multiqc: none }

      const coverage = bySample(alignments => stats({ alignments, reference: genome }).report)
      const variantReports = { joint: variantStats({ calls: filtered, reference: genome, name: allSamples }).report }
      // fastp's reports are shown once their counts were found to be those of the checks.
      const compared = Object.fromEntries(Object.entries(trimming).map(([name, report]) => [name, after(report, told.table)]))
      const { page, table } = report({ trimming: compared, alignments: coverage, flags, calls: { [allSamples]: variantReports.joint } })
      return {
        ...results,
        coverage,
        flags,
        variantStats: variantReports,
        multiqc: { multiqc_report: page, multiqc_general_stats: table },
      }
    },
  })
}
export const variantCalling = variantCallingWith({ aligners: { bwa, minimap2 }, callers: { bcftools, freebayes } })
