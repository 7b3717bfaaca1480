import { from, type Ref, rows, TriremeError } from 'trireme-bio'
import { anyBam, anyCram, fastq, fastqPair, interleavedFastq, plainFastq, plainFastqPair } from 'trireme-bio/kinds'
import { sampleName } from 'trireme-bio/values'
import type { Caller } from './roles.ts'

// The sheet of the variant-calling pipeline, and what may not stand in it.

const names = { patient: sampleName, sample: sampleName }
const lane = { ...names, lane: sampleName }
/** Stands between names that are joined into one: no name may hold it, so "a.b", "c" and "a", "b.c" stay apart. */
export const joint = ':'
export const joined = (...names: readonly string[]) => names.join(joint)
/** The row of the calls on the page of reports, which no sample can have. */
export const allSamples = joined('all', 'samples')
/** A row gives the reads of a lane, or alignments of a sample: the columns of nf-core/sarek. */
export const samplesheet = rows(
  { ...lane, reads: from(fastqPair, 'fastq_1', 'fastq_2') },
  { ...lane, plain: from(plainFastqPair, 'fastq_1', 'fastq_2') },
  { ...lane, single: from(fastq, 'fastq_1') },
  { ...lane, plainSingle: from(plainFastq, 'fastq_1') },
  { ...lane, interleaved: from(interleavedFastq, 'fastq_1') },
  { ...names, lane: sampleName.optional(), alignments: from(anyBam, 'bam') },
  { ...names, lane: sampleName.optional(), archive: from(anyCram, 'cram') },
)

/** Numbers of the rows of each sample, in the sheet's order. @throws TriremeError `SAMPLESHEET` when names contradict each other */
export function samplesOf(
  sheet: readonly { readonly patient: string; readonly sample: string; readonly lane?: string | undefined }[],
): ReadonlyMap<string, readonly number[]> {
  const samples = new Map<string, number[]>()
  const lanes = new Map<string, number>()
  for (const [n, { patient, sample, lane }] of sheet.entries()) {
    const own = samples.get(sample) ?? []
    samples.set(sample, own)
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
export function checkMeant(
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
export function refuseCopies(sheet: readonly Readonly<Record<string, string | Ref | undefined>>[]): void {
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
