// What became of the reads of every sample, from the reports of the programs that handled them. Reads are counted once each: flagstat's primary
// alignments, not its lines of split ones. Duplicates that markdup removed are in its own report alone, and are added to what flagstat then counts.
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Fault, main } from '../script.ts'

export interface Settings {
  readonly lanes: readonly { readonly sample: string; readonly lane?: string | undefined; readonly name: string }[]
  readonly trimmed: boolean
  readonly removed: boolean
  readonly maxDepth: number
  readonly fewKept: number
  readonly manyAdapters: number
  readonly fewMapped: number
  readonly manyFailed: number
  readonly lowMappingQuality: number
  readonly manyDuplicates: number
  readonly shallow: number
}
const inputs = ['checks', 'imports', 'trimming', 'flags', 'duplicates', 'depths', 'barcodes'] as const
/** The text of each report, by input and name. */
export type Reports = Readonly<Record<(typeof inputs)[number], ReadonlyMap<string, string>>>

export interface Line {
  readonly sample: string
  readonly reads: number
  readonly kept: number
  readonly mapped: number
  /** Undefined where nobody looked for them. */
  readonly duplicates: number | undefined
  readonly depth: number | undefined
  /** Share of the bases that any read covers. */
  readonly covered: number | undefined
}
interface Counted {
  readonly reads: number
  /** Of all its bases; the same for the same reads, however packed and ordered. */
  readonly sum?: string
}
interface Check {
  readonly first: Counted
  readonly second?: Counted
}
interface Fastp {
  readonly summary: Readonly<Record<'before_filtering' | 'after_filtering', { readonly total_reads: number }>>
  readonly adapter_cutting?: { readonly adapter_trimmed_reads?: number }
}

/** Reads that passed the sequencer's own checks, and those that did not, of one line of flagstat. */
function counts(flagstat: string, what: string): { readonly passed: number; readonly failed: number } {
  const found = new RegExp(`^(\\d+) \\+ (\\d+) ${what}\\b(?! [md])`, 'm').exec(flagstat)
  if (!found) throw new Fault(`A report of samtools flagstat has no line "${what}". Make it with samtools 1.13 or newer.`)
  return { passed: Number(found[1]), failed: Number(found[2]) }
}
function counted(flagstat: string, what: string): number {
  const { passed, failed } = counts(flagstat, what)
  return passed + failed
}
/** Of samtools coverage, or of samtools bedcov -d 1. */
export function depthOf(report: string): { readonly depth: number; readonly covered: number } {
  const lines = report.split('\n').filter(line => line !== '')
  const coverage = lines[0]?.startsWith('#rname\tstartpos\t') === true
  let [bases, sum, covered] = [0, 0, 0]
  for (const line of coverage ? lines.slice(1) : lines) {
    const cells = line.split('\t')
    const [start, end] = [Number(cells[1]), Number(cells[2])]
    const length = coverage ? end - start + 1 : end - start
    bases += length
    sum += coverage ? Number(cells[6]) * length : Number(cells.at(-2))
    covered += coverage ? Number(cells[4]) : Number(cells.at(-1))
  }
  return { depth: bases === 0 ? 0 : sum / bases, covered: bases === 0 ? 0 : covered / bases }
}
/** Mean over the reads, of samtools coverage; undefined where there are none, and of bedcov, which does not tell it. */
function mappingQualityOf(report: string): number | undefined {
  const [head = '', ...lines] = report.split('\n').filter(line => line !== '')
  const [reads, quality] = ['numreads', 'meanmapq'].map(name => head.split('\t').indexOf(name)) as [number, number] // one a name
  if (quality < 0) return undefined
  let [sum, count] = [0, 0]
  for (const cells of lines.map(line => line.split('\t'))) {
    sum += Number(cells[reads]) * Number(cells[quality])
    count += Number(cells[reads])
  }
  return count === 0 ? undefined : sum / count
}

const percent = (share: number) => {
  const [shown, whole] = [(share * 100).toFixed(1), (share * 100).toFixed(0)]
  return share === 0 || share === 1 ? `${whole} %` : shown === '0.0' ? 'under 0.1 %' : shown === '100.0' ? 'over 99.9 %' : `${shown} %`
}
const grouped = (count: number) => `${count}`.replace(/\B(?=(\d{3})+$)/g, ',')
const shareOf = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)

/** Fewer reads may be alike by chance: those of a short amplicon, for instance. */
const fewestAlike = 100
/**
 * Files that are equal byte for byte are refused before anything runs. Alignments of two samples may be the same reads on purpose, such as one
 * library under two names: they are told. @throws Fault when two lanes of a sample, or FASTQ files of any two, hold the same reads
 */
function refuseCopies({ lanes }: Settings, { checks, imports }: Reports, alike: (one: string, other: string) => void): void {
  const known = new Map<string, Settings['lanes'][number]>()
  for (const lane of lanes) {
    const [check, imported] = [checks.get(lane.name), imports.get(lane.name)]
    const files: readonly (Counted | undefined)[] =
      check !== undefined ? Object.values(JSON.parse(check) as Check) : imported !== undefined ? [importedIn(imported)] : []
    for (const file of files) {
      if (file?.sum === undefined || file.reads < fewestAlike) continue
      const mark = `${check !== undefined} ${file.reads} ${file.sum}`
      const other = known.get(mark)
      if (other && other !== lane && check === undefined && other.sample !== lane.sample) alike(rowOf(other), rowOf(lane))
      else if (other && other !== lane)
        throw new Fault(
          `${capital(rowOf(other))} and ${rowOf(lane)} hold the same reads, packed, named or ordered otherwise: they would count twice. Each row has reads of its own. Give the right file in one of them, or remove the row.`,
        )
      known.set(mark, lane)
    }
  }
}
function importedIn(report: string): Counted {
  const { primary, sum } = JSON.parse(report) as { readonly primary: number; readonly sum?: string } // written by steps/samtools/import.script.ts
  return { reads: primary, ...(sum !== undefined && { sum }) }
}
const rowOf = ({ sample, lane }: Settings['lanes'][number]) => (lane === undefined ? `sample ${sample}` : `lane ${lane} of ${sample}`)

/** Table and warnings, the graver first. @throws Fault when two lanes hold the same reads, or no read of a sample has the UMI that duplicates were told apart by, or fastp read others than there are */
export function summarise(settings: Settings, reports: Reports): { readonly lines: readonly Line[]; readonly warnings: readonly string[] } {
  /** What there is to warn of, by kind: the sentence of each sample, and what to do, said once. */
  const found = new Map<string, { readonly advice: string; readonly about: { readonly sentence: string; readonly brief: string }[] }>()
  const warn = (kind: string, advice: string, sentence: string, brief: string) => {
    const own = found.get(kind) ?? { advice, about: [] }
    found.set(kind, own)
    own.about.push({ sentence, brief })
  }
  refuseCopies(settings, reports, (one, other) =>
    warn(
      'copies',
      'Each sample has reads of its own: look whether the right file is in each row.',
      `${capital(one)} and ${other} hold the same reads.`,
      `${one} and ${other}`,
    ),
  )
  const samples = new Map<string, Settings['lanes'][number][]>()
  for (const lane of settings.lanes) samples.set(lane.sample, [...(samples.get(lane.sample) ?? []), lane])

  const lines = [...samples].map(([sample, lanes]): Line => {
    let [given, left, adapters, unknown] = [0, 0, 0, 0]
    for (const { lane, name } of lanes) {
      const [check, trimming] = [reports.checks.get(name), reports.trimming.get(name)]
      const checked = check === undefined ? undefined : (JSON.parse(check) as Check)
      const fastp = trimming === undefined ? undefined : (JSON.parse(trimming) as Fastp)
      const reads = checked ? checked.first.reads + (checked.second?.reads ?? 0) : fastp?.summary.before_filtering.total_reads
      if (reads === undefined) {
        unknown++
        continue
      }
      const read = fastp?.summary.before_filtering.total_reads ?? reads
      if (read !== reads)
        throw new Fault(
          `${capital(placeOf(sample, lane))} has ${grouped(reads)} reads, and fastp's report is of ${grouped(read)}: some versions of fastp stop at the first of several parts of a gzip file. Take another version of fastp, leave its reports out (--no-qc), or pack the files anew: gzip -dc x.fastq.gz | gzip > y.fastq.gz`,
        )
      const kept = settings.trimmed && fastp ? fastp.summary.after_filtering.total_reads : reads
      const place = placeOf(sample, lane)
      if (reads === 0 && lanes.length > 1) warn('empty lane', 'Look at its files.', `${capital(place)} has no reads.`, place)
      if (reads > 0 && kept === 0)
        warn('emptied lane', 'See its report of fastp, or leave --trim out.', `Trimming dropped all reads of ${place}.`, place)
      given += reads
      left += kept
      adapters += fastp?.adapter_cutting?.adapter_trimmed_reads ?? 0
    }
    const flagstat = reports.flags.get(sample)
    const duplicates = reports.duplicates.get(sample)
    const removed = settings.removed ? Number(/^DUPLICATE PRIMARY TOTAL: (\d+)/m.exec(duplicates ?? '')?.[1] ?? 0) : 0
    const aligned = flagstat === undefined ? left : counted(flagstat, 'primary') + removed
    const mapped = flagstat === undefined ? 0 : counted(flagstat, 'primary mapped') + removed
    const marked = flagstat === undefined ? 0 : counted(flagstat, 'primary duplicates') + removed
    const depth = reports.depths.get(sample)
    const line: Line = {
      sample,
      // Rows that gave alignments are counted there; what trimming took from the others comes on top.
      reads: unknown > 0 ? aligned + given - left : given,
      kept: aligned,
      mapped,
      duplicates: duplicates === undefined ? undefined : marked,
      ...(depth === undefined ? { depth: undefined, covered: undefined } : depthOf(depth)),
    }
    const unlabelled = Number(reports.barcodes.get(sample) ?? 0)
    if (unlabelled > 0 && unlabelled >= counted(flagstat ?? '', 'primary'))
      throw new Fault(
        `No read of sample ${sample} has a UMI where --umi says. It stands in the eighth part of the name between colons (--umi name), or in the tag RX (--umi RX). Correct --umi, or leave it out.`,
      )
    if (line.kept === 0) warn('none', 'Its genotypes are missing. Look at its files.', `Sample ${sample} has no reads.`, sample)
    else {
      if (unknown === 0 && left !== aligned)
        warn(
          'miscounted',
          'Do not trust its variants: look at the log of the aligner.',
          `${grouped(left)} reads of ${sample} went to the aligner, and its alignments hold ${grouped(aligned)}.`,
          `${sample}: ${grouped(left)} and ${grouped(aligned)}`,
        )
      const low = (kind: string, value: number, least: number, sentence: (shown: string) => string, advice: string) => {
        if (value < least) warn(kind, advice, sentence(percent(value)), `${sample}: ${percent(value)}`)
      }
      const high = (kind: string, value: number, most: number, sentence: (shown: string) => string, advice: string) => {
        if (value > most) warn(kind, advice, sentence(percent(value)), `${sample}: ${percent(value)}`)
      }
      low(
        'kept',
        shareOf(line.kept, line.reads),
        settings.fewKept,
        shown => `Trimming left ${shown} of the reads of ${sample}.`,
        'See the reports of fastp, or leave --trim out.',
      )
      if (!settings.trimmed)
        high(
          'adapters',
          shareOf(adapters, given),
          settings.manyAdapters,
          shown => `${shown} of the reads of ${sample} run into an adapter.`,
          'Try --trim.',
        )
      low(
        'mapped',
        shareOf(mapped, line.kept),
        settings.fewMapped,
        shown => `${shown} of the reads of ${sample} are mapped.`,
        'Is it the right reference, and the right species?',
      )
      high(
        'failed',
        shareOf(flagstat === undefined ? 0 : counts(flagstat, 'primary').failed, line.kept),
        settings.manyFailed,
        shown => `${shown} of the reads of ${sample} failed the checks of the sequencer (flag 0x200).`,
        'bcftools passes over them, freebayes does not. If they are meant, take the flag off: samtools view -h x.bam | awk \'!/^@/{$2-=512*(int($2/512)%2)}1\' OFS="\\t" | samtools view -b',
      )
      const mappingQuality = depth === undefined ? undefined : mappingQualityOf(depth)
      if (mappingQuality !== undefined && mappingQuality < settings.lowMappingQuality)
        warn(
          'mapping quality',
          'Callers believe few of them. Do they lie in places that the reference has twice, or does the aligner not tell it?',
          `The mean mapping quality of ${sample} is ${mappingQuality.toFixed(1)}.`,
          `${sample}: ${mappingQuality.toFixed(1)}`,
        )
      if (line.duplicates !== undefined)
        high(
          'duplicates',
          shareOf(line.duplicates, mapped),
          settings.manyDuplicates,
          shown => `${shown} of the reads of ${sample} are duplicates, and callers pass over them.`,
          'Amplicons? --profile amplicon. Molecules with UMIs? --umi name. Otherwise the library held few molecules.',
        )
      if (unlabelled > 0)
        warn(
          'unlabelled',
          'Such reads count as of one molecule where they lie alike.',
          `${grouped(unlabelled)} reads of ${sample} have no UMI where --umi says.`,
          `${sample}: ${grouped(unlabelled)}`,
        )
    }
    if (line.kept > 0 && line.depth !== undefined && line.depth < settings.shallow)
      warn(
        'shallow',
        'Variants are missed there, first those of one copy of two. Were only parts of the genome sequenced? Give them as --targets.',
        `The mean depth of ${sample} is ${line.depth.toFixed(1)}.`,
        `${sample}: ${line.depth.toFixed(1)}`,
      )
    const deep = shareOf(line.depth ?? 0, line.covered ?? 0)
    if (settings.maxDepth > 0 && deep > settings.maxDepth)
      warn(
        'deep',
        'Variants of the others are missed. --max-depth 0 looks at all.',
        `Of ${grouped(Math.round(deep))} reads in one place of ${sample} calling looked at ${grouped(settings.maxDepth)}.`,
        `${sample}: ${grouped(Math.round(deep))}`,
      )
    return line
  })
  const order =
    'none emptied-lane empty-lane miscounted kept mapped failed mapping-quality duplicates unlabelled deep shallow adapters'.split(' ')
  const rank = (kind: string) => order.indexOf(kind.replace(' ', '-'))
  const warnings = [...found]
    .sort(([one], [other]) => rank(one) - rank(other))
    .map(([, { advice, about }]) => {
      const [{ sentence } = { sentence: '' }, ...others] = about
      const more = others.length > shownOthers ? [`${grouped(others.length - shownOthers)} more`] : []
      const also =
        others.length === 0 ? '' : ` Likewise ${[...others.slice(0, shownOthers).map(({ brief }) => brief), ...more].join(', ')}.`
      return `Warning: ${sentence}${also} ${advice}`
    })
  return { lines, warnings }
}
/** Further samples that a warning names. */
const shownOthers = 4
/** Samples in the table for people. */
const shownLines = 20
const placeOf = (sample: string, lane: string | undefined) => (lane === undefined ? sample : `lane ${lane} of ${sample}`)
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const heads = ['sample', 'reads', 'kept', 'mapped', 'duplicates', 'mean depth', 'covered']
export function textOf(lines: readonly Line[], warnings: readonly string[]): string {
  const body = lines
    .slice(0, shownLines)
    .map(({ sample, reads, kept, mapped, duplicates, depth, covered }) => [
      sample,
      grouped(reads),
      percent(shareOf(kept, reads)),
      percent(shareOf(mapped, kept)),
      duplicates === undefined ? '-' : percent(shareOf(duplicates, mapped)),
      depth === undefined ? '-' : depth.toFixed(1),
      covered === undefined ? '-' : percent(covered),
    ])
  const widths = heads.map((head, column) => Math.max(head.length, ...body.map(cells => cells[column]!.length)))
  const table = [heads, ...body].map(cells =>
    cells.map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join('  '),
  )
  const more = lines.length > shownLines ? [`… ${grouped(lines.length - shownLines)} more samples are in the table beside this text.`] : []
  return [...table, ...more, ...(warnings.length > 0 ? ['', ...warnings] : []), ''].join('\n')
}
export const tsvOf = (lines: readonly Line[]): string =>
  [
    ['sample', 'reads', 'kept', 'mapped', 'duplicates', 'mean_depth', 'covered'],
    ...lines.map(({ sample, reads, kept, mapped, duplicates, depth, covered }) => [
      ...[sample, reads, kept, mapped, duplicates ?? 'NA'],
      ...[depth?.toFixed(2) ?? 'NA', covered?.toFixed(4) ?? 'NA'],
    ]),
  ]
    .map(cells => `${cells.join('\t')}\n`)
    .join('')

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await main(() => {
    const [text = '', table = '', settings = '', list = ''] = process.argv.slice(2)
    const words = readFileSync(list, 'utf8').split('\n').slice(0, -1)
    const [lanes, files] = [words.slice(0, words.indexOf('--')), words.slice(words.indexOf('--') + 1)]
    const reports = Object.fromEntries(inputs.map(input => [input, new Map<string, string>()])) as Record<
      (typeof inputs)[number],
      Map<string, string>
    > // one entry an input
    for (let n = 0; n < files.length; n += 3) {
      const [input = '', name = '', file = ''] = files.slice(n, n + 3)
      reports[input as (typeof inputs)[number]].set(name, readFileSync(file, 'utf8')) // the step gives no other
    }
    const { lines, warnings } = summarise({ ...JSON.parse(settings), lanes: lanes.map(lane => JSON.parse(lane)) }, reports)
    writeFileSync(text, textOf(lines, warnings))
    writeFileSync(table, tsvOf(lines))
  })
