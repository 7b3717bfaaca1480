import { after, type Ref, TriremeError } from 'trireme-bio'
import type { anyBam, anyCram, fastq, fastqPair, interleavedFastq, plainFastq, plainFastqPair } from 'trireme-bio/kinds'
import type { ReadGroup } from 'trireme-bio/values'
import { report as reportReads, reportSingle } from '../steps/fastp/report.ts'
import { trim } from '../steps/fastp/trim.ts'
import { trimSingle } from '../steps/fastp/trim-single.ts'
import { check, checkSingle } from '../steps/fastq/check.ts'
import { pack, packSingle } from '../steps/fastq/pack.ts'
import { separate } from '../steps/fastq/separate.ts'
import { fixmate } from '../steps/samtools/fixmate.ts'
import { importBam, importCram } from '../steps/samtools/import.ts'
import { sort } from '../steps/samtools/sort.ts'
import { joined } from './calling-sheet.ts'
import type { Aligner, Genome } from './roles.ts'

// The first part of the variant-calling pipeline: from every row of the sheet to its sorted alignments, and what was reported on its reads.

type Row = { readonly patient: string; readonly sample: string; readonly lane?: string | undefined } & (
  | { readonly reads: Ref<typeof fastqPair> }
  | { readonly plain: Ref<typeof plainFastqPair> }
  | { readonly single: Ref<typeof fastq> }
  | { readonly plainSingle: Ref<typeof plainFastq> }
  | { readonly interleaved: Ref<typeof interleavedFastq> }
  | { readonly alignments: Ref<typeof anyBam> }
  | { readonly archive: Ref<typeof anyCram> }
)
interface Settings {
  readonly aligner: string
  readonly platform: ReadGroup['PL']
  readonly check: boolean
  readonly trim: boolean
  readonly empty: 'keep' | 'refuse'
  readonly qc: boolean
}
/** Reports that count the reads of a sample by lane. */
interface Counts {
  readonly checked: Record<string, ReturnType<typeof check>['report']>
  readonly trimmed: Record<string, ReturnType<typeof trim>['report']>
  readonly imported: Record<string, ReturnType<typeof importBam>['report']>
  /** Whether each lane is in one of them. */
  known: boolean
}

export const laneSteps = [
  ...[check, checkSingle, pack, packSingle, separate, trim, trimSingle, reportReads, reportSingle],
  ...[fixmate, sort, importBam, importCram],
] as const
/** Sorted alignments of every row, in the sheet's order, and the reports on their reads. */
export function lanesOf(samplesheet: readonly Row[], genome: Genome, align: Aligner, at: Settings) {
  const checks: Record<string, ReturnType<typeof check>['report']> = {}
  const imports: Record<string, ReturnType<typeof importBam>['report']> = {}
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
      imports[joined(row.sample, lane)] = report
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
  return { lanes, laneNames, counts, checks, imports, trimming, trimmingPages }
}
