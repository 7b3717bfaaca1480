import { after, each, from, optional, pipeline, type Ref, rows, TriremeError } from 'trireme-bio'
import { anyBam, anyCram, anyFasta, bed, fastq, fastqPair, interleavedFastq, plainFastq, plainFastqPair } from 'trireme-bio/kinds'
import { platform, sampleName } from 'trireme-bio/values'
import { z } from 'zod'
import { concat } from '../steps/bcftools/concat.ts'
import { filter } from '../steps/bcftools/filter.ts'
import { norm } from '../steps/bcftools/norm.ts'
import { stats as variantStats } from '../steps/bcftools/stats.ts'
import { splitGenome, splitTargets } from '../steps/bed/split.ts'
import { compare } from '../steps/counts/compare.ts'
import { report as reportReads, reportSingle } from '../steps/fastp/report.ts'
import { trim } from '../steps/fastp/trim.ts'
import { trimSingle } from '../steps/fastp/trim-single.ts'
import { check, checkSingle } from '../steps/fastq/check.ts'
import { pack, packSingle } from '../steps/fastq/pack.ts'
import { separate } from '../steps/fastq/separate.ts'
import { leaveAmbiguous } from '../steps/genome/ambiguous.ts'
import { normalise } from '../steps/genome/normalise.ts'
import { report } from '../steps/multiqc/report.ts'
import { summary as summariseReads } from '../steps/reads/summary.ts'
import { barcodes as countBarcodes } from '../steps/samtools/barcodes.ts'
import { depth, depthTargets } from '../steps/samtools/depth.ts'
import { fixmate } from '../steps/samtools/fixmate.ts'
import { flagstat } from '../steps/samtools/flagstat.ts'
import { importBam, importCram } from '../steps/samtools/import.ts'
import { markdup } from '../steps/samtools/markdup.ts'
import { merge } from '../steps/samtools/merge.ts'
import { sort } from '../steps/samtools/sort.ts'
import { stats } from '../steps/samtools/stats.ts'
import { unmark } from '../steps/samtools/unmark.ts'
import { type Aligner, bcftools, bwa, type Caller, freebayes, minimap2 } from './roles.ts'

const names = { patient: sampleName, sample: sampleName }
const lane = { ...names, lane: sampleName }
/** Stands between names that are joined into one: no name may hold it, so "a.b", "c" and "a", "b.c" stay apart. */
const joint = ':'
const joined = (...names: readonly string[]) => names.join(joint)
/** The row of the calls on the page of reports, which no sample can have. */
const allSamples = joined('all', 'samples')
/** A row gives the reads of a lane, or alignments of a sample: the columns of nf-core/sarek. */
const samplesheet = rows(
  { ...lane, reads: from(fastqPair, 'fastq_1', 'fastq_2') },
  { ...lane, plain: from(plainFastqPair, 'fastq_1', 'fastq_2') },
  { ...lane, single: from(fastq, 'fastq_1') },
  { ...lane, plainSingle: from(plainFastq, 'fastq_1') },
  { ...lane, interleaved: from(interleavedFastq, 'fastq_1') },
  { ...names, lane: sampleName.optional(), alignments: from(anyBam, 'bam') },
  { ...names, lane: sampleName.optional(), archive: from(anyCram, 'cram') },
)

/**
 * Joint variant calling with the aligners and callers of your choice; the first of each is the default.
 *
 * @example variantCallingWith({ aligners: { mine: ({ reads, genome, readGroup }) => … }, callers: { bcftools } })
 */
export const variantCallingWith = <const A extends string, const C extends string>(roles: {
  /** Gives it a name of its own, beside the package's. @default 'variant-calling', which hides the package's in a project */
  readonly name?: string
  readonly aligners: Readonly<Record<A, Aligner>>
  readonly callers: Readonly<Record<C, Caller>>
}) => {
  const [aligners, callers] = [Object.keys(roles.aligners) as A[], Object.keys(roles.callers) as C[]] // the keys of these very records
  const qualities = callers.map(caller => `${roles.callers[caller].quality} with ${caller}`).join(', ')
  const depths = callers.map(caller => `${roles.callers[caller].maxDepth || 'all'} with ${caller}`).join(', ')
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
    build: ({ samplesheet, reference, targets, ...at }) => {
      const { normalised: genome, report: genomeReport, told: genomeNotice } = normalise({ genome: reference })
      const align = roles.aligners[at.aligner as A] // one of the enum's words
      const caller = roles.callers[at.caller as C]
      const maxDepth = at.maxDepth ?? caller.maxDepth ?? 0
      checkMeant(at, at.caller, caller, maxDepth, samplesheet)
      const checks: Record<string, ReturnType<typeof check>['report']> = {}
      const trimming: Record<string, ReturnType<typeof trim>['report']> = {}
      const trimmingPages: Record<string, ReturnType<typeof trim>['page']> = {}

      const laneNames: { sample: string; lane: string | undefined; name: string }[] = []
      const counts = new Map<string, Counts>()
      const unnamed = new Map<string, number>()
      const laneOf = ({ sample, lane }: (typeof samplesheet)[number]) => {
        if (lane !== undefined) return lane
        const number = (unnamed.get(sample) ?? 0) + 1
        unnamed.set(sample, number)
        return `+${number}` // no lane can have such a name
      }
      const lanes = samplesheet.map((row, n) => {
        const lane = laneOf(row)
        const group = joined(row.patient, row.sample, lane)
        const counted: Counts = counts.get(row.sample) ?? { checked: {}, trimmed: {}, imported: {}, known: true }
        counts.set(row.sample, counted)
        if ('alignments' in row || 'archive' in row) {
          const at = { reference: genome, sample: row.sample, group }
          const { imported, report } =
            'alignments' in row ? importBam({ alignments: row.alignments, ...at }) : importCram({ alignments: row.archive, ...at })
          counted.imported[lane] = report
          laneNames.push({ sample: row.sample, lane: row.lane, name: joined(row.sample, lane) })
          return imported
        }
        const name = joined(row.sample, lane)
        laneNames.push({ sample: row.sample, lane: row.lane, name })
        const readGroup = { ID: group, SM: row.sample, LB: row.sample, PL: at.platform, PU: name }
        /** Keeps what was reported on the lane's reads. */
        const noted = (
          checked: ReturnType<typeof check>['report'] | undefined,
          trimmed: Pick<ReturnType<typeof trim>, 'report' | 'page'> | undefined,
          reported: Pick<ReturnType<typeof reportReads>, 'report' | 'page'> | undefined,
        ) => {
          if (checked) checks[name] = checked
          if (checked) counted.checked[lane] = checked
          if (trimmed) counted.trimmed[lane] = trimmed.report
          counted.known &&= (checked ?? trimmed) !== undefined
          const told = trimmed ?? reported
          if (told) trimming[name] = told.report
          if (told) trimmingPages[name] = told.page
        }
        if ('single' in row || 'plainSingle' in row) {
          if (!align.single)
            throw new TriremeError('SAMPLESHEET', `the aligner ${at.aligner} takes pairs alone. Give fastq_2, or take another aligner.`, {
              rows: [n],
            })
          const reads = 'single' in row ? row.single : packSingle({ reads: row.plainSingle }).packed
          const checked = at.check ? checkSingle({ reads, empty: at.empty }).report : undefined
          const sound = checked ? after(reads, checked) : reads
          const trimmed = at.trim ? trimSingle({ reads: sound }) : undefined
          noted(checked, trimmed, at.qc && !trimmed ? reportSingle({ reads: sound }) : undefined)
          const aligned = align.single({ reads: trimmed?.trimmed ?? sound, genome, readGroup })
          return sort({ unsorted: fixmate({ aligned }).fixed }).sorted
        }
        const reads =
          'reads' in row ? row.reads : 'plain' in row ? pack({ reads: row.plain }).packed : separate({ reads: row.interleaved }).separated
        const checked = at.check ? check({ reads, empty: at.empty }).report : undefined
        const sound = checked ? after(reads, checked) : reads
        const trimmed = at.trim ? trim({ reads: sound }) : undefined
        noted(checked, trimmed, at.qc && !trimmed ? reportReads({ reads: sound }) : undefined)
        const aligned = align({ reads: trimmed?.trimmed ?? sound, genome, readGroup })
        return sort({ unsorted: fixmate({ aligned }).fixed }).sorted
      })
      const samples = samplesOf(samplesheet)
      const duplicates: Record<string, ReturnType<typeof markdup>['report']> = {}
      const barcodes: Record<string, ReturnType<typeof countBarcodes>['report']> = {}
      const { umi } = at
      refuseCopies(samplesheet)
      const marked = Object.fromEntries(
        Object.entries(samples).map(([sample, own]) => {
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
      const bams = Object.values(alignments)
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
        ...{ checks, trimming, flags, duplicates, depths, barcodes },
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

/** Reports that count the reads of a sample by lane. */
interface Counts {
  readonly checked: Record<string, ReturnType<typeof check>['report']>
  readonly trimmed: Record<string, ReturnType<typeof trim>['report']>
  readonly imported: Record<string, ReturnType<typeof importBam>['report']>
  /** Whether each lane is in one of them. */
  known: boolean
}
/** Numbers of the rows of each sample, in the sheet's order. @throws TriremeError `SAMPLESHEET` when names contradict each other */
function samplesOf(
  sheet: readonly { readonly patient: string; readonly sample: string; readonly lane?: string | undefined }[],
): Record<string, number[]> {
  const samples: Record<string, number[]> = {}
  const lanes = new Map<string, number>()
  for (const [n, { patient, sample, lane }] of sheet.entries()) {
    const own = samples[sample] ?? []
    samples[sample] = own
    const other = own[0] === undefined ? undefined : sheet[own[0]]!.patient
    if (other !== undefined && other !== patient)
      throw new TriremeError(
        'SAMPLESHEET',
        `sample "${sample}" belongs to patient "${other}" in the first and to "${patient}" in the second. A sample's name stands in its read groups and must be unique. Rename one, such as "${patient}_${sample}".`,
        { rows: [own[0]!, n] },
      )
    own.push(n)
    if (lane === undefined) continue
    const name = JSON.stringify([sample, lane])
    if (lanes.has(name))
      throw new TriremeError(
        'SAMPLESHEET',
        `both are lane "${lane}" of sample "${sample}". Each lane of a sample has one row. Remove one, or correct the lane.`,
        { rows: [lanes.get(name)!, n] },
      )
    lanes.set(name, n)
  }
  return samples
}

/** @throws TriremeError `PARAMETER` when two parameters cannot both be meant */
function checkMeant(
  at: {
    readonly duplicates: string
    readonly umi: string
    readonly maxDepth?: number | undefined
    readonly depth: number
    readonly empty: string
    readonly check: boolean
    readonly trim: boolean
  },
  name: string,
  caller: Caller,
  maxDepth: number,
  sheet: readonly { readonly sample: string }[],
): void {
  const wrong = (message: string) => new TriremeError('PARAMETER', message)
  if (at.duplicates === 'off' && at.umi !== 'none')
    throw wrong(`duplicates is off and umi is ${at.umi}: a UMI tells duplicates apart, and none are looked for. Leave one of them out.`)
  const reads = sheet.flatMap((row, n) => ('alignments' in row || 'archive' in row ? [] : [n]))
  if (at.umi === 'RX' && reads.length > 0)
    throw new TriremeError(
      'SAMPLESHEET',
      'umi is RX, a tag of alignments, and a FASTQ file has no tags. Give alignments that have it, or reads with the UMI in their names and umi: name (fastp --umi puts it there).',
      { rows: reads },
    )
  if (at.empty === 'refuse' && !at.check && !at.trim && reads.length > 0)
    throw wrong('empty is refuse, and with check off nothing counts the reads of a lane. Leave one of them out.')
  if (at.maxDepth && caller.maxDepth === undefined)
    throw wrong(`maxDepth is ${at.maxDepth}, and ${name} looks at all reads. Leave maxDepth out, or take another caller.`)
  const samples = new Set(sheet.map(({ sample }) => sample)).size
  if (maxDepth > 0 && at.depth > maxDepth * samples)
    throw wrong(
      `depth is ${at.depth} and maxDepth ${maxDepth}: over ${samples} ${samples === 1 ? 'sample' : 'samples'} at most ${maxDepth * samples} reads are looked at in one place, so no variant could pass. Raise maxDepth (0 looks at all), or lower depth.`,
    )
}
/** Reads that are there twice count twice, or for two samples. @throws TriremeError `SAMPLESHEET` where files of two rows have the same content */
function refuseCopies(sheet: readonly Readonly<Record<string, string | Ref | undefined>>[]): void {
  const known = new Map<string, readonly [row: number, file: string]>()
  for (const [n, row] of sheet.entries())
    for (const cell of Object.values(row))
      for (const { url, sha256 } of typeof cell === 'object' && cell.node.kind === 'source' ? Object.values(cell.node.files) : []) {
        const file = url.slice(url.lastIndexOf('/') + 1)
        const [other, its] = known.get(sha256) ?? [n, file]
        if (other !== n)
          throw new TriremeError(
            'SAMPLESHEET',
            `both give the same content: ${its} of sample "${sheet[other]!.sample}" and ${file} of sample "${row.sample}" are equal byte for byte. Each row has reads of its own. Give the right file in one of them, or remove the row.`,
            { rows: [other, n] },
          )
        known.set(sha256, [n, file])
      }
}
