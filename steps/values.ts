import { z } from 'zod'
import { contigName } from './contigs.ts'

/** A stretch of one contig: first and last base, counted from 1, both included. */
export interface Interval {
  readonly contig: string
  readonly start: number
  readonly end: number
}
/** Contig names may hold colons (GRCh38 has `HLA-A*01:01:01:01`), so the last one splits. */
function parsed(text: string): Interval | undefined {
  const [, name = '', start = '', end = ''] = /^(.*):([0-9]{1,10})-([0-9]{1,10})$/.exec(text) ?? []
  const interval = { contig: name, start: Number(start), end: Number(end) }
  return contigName.test(name) && interval.start >= 1 && interval.start <= interval.end ? interval : undefined
}

/**
 * A region as samtools and bcftools write it, `contig:start-end`: counted from 1, both ends included.
 * Stays text, so that a parsed one can be given on; `intervalOf` and `zeroBased` print it in other tools' forms.
 */
export const region = z
  .string()
  .refine(text => parsed(text) !== undefined, 'expected contig:start-end with 1 ≤ start ≤ end, such as chr20:1-5000000')
  .brand<'Region'>()
export type Region = z.output<typeof region>

/** The parts of a region, for tools that take a table: contig, first and last base, from 1. */
export function intervalOf(region: Region): Interval {
  return parsed(region)! // the brand says that it was parsed once
}
/** The region as freebayes writes it: start counted from 0, end not included. */
export function zeroBased(region: Region): string {
  const { contig, start, end } = intervalOf(region)
  return `${contig}:${start - 1}-${end}`
}

/**
 * Name of a sample, patient or lane. It becomes part of file names, of read groups and of VCF columns,
 * so it is held to what all of these carry unchanged.
 */
export const sampleName = z
  .string()
  .regex(
    /^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$/,
    'expected 1 to 100 letters, digits, dots, hyphens or underscores, the first a letter or digit, such as NA12878_lane1',
  )

/** Values of PL in the SAM specification (section 1.3). */
export const platforms = [
  'CAPILLARY',
  'DNBSEQ',
  'ELEMENT',
  'HELICOS',
  'ILLUMINA',
  'IONTORRENT',
  'LS454',
  'ONT',
  'PACBIO',
  'SINGULAR',
  'SOLID',
  'ULTIMA',
] as const
export const platform = z.enum(platforms)

/** Aligners read `\t` and `\n` in the text of a read group as tab and newline, so a backslash is refused along with the real ones. */
const tagValue = z
  .string()
  .regex(/^[!-[\]-~]([ -[\]-~]*[!-[\]-~])?$/, 'expected printable ASCII without tab, newline, backslash or spaces at its ends')

/** A read group, by the tags of the SAM specification (section 1.3). */
export const readGroup = z.strictObject({
  ID: tagValue.describe('Unique name of the read group, such as patient.sample.lane'),
  SM: sampleName.describe('Sample: the column of the VCF'),
  LB: tagValue.optional().describe('Library: duplicates are looked for within one'),
  PL: platform.optional().describe('Sequencing platform'),
  PU: tagValue.optional().describe('Platform unit, such as flowcell.lane'),
})
export type ReadGroup = z.output<typeof readGroup>

/** A mark for labels: the ID's words, a sample named as its patient said once. */
export const readGroupTag = ({ ID }: ReadGroup): string =>
  ID.split('.')
    .filter((word, n, words) => word !== words[n - 1])
    .join('.')

/** The read group as one argument of `-R`: bwa and minimap2 turn the two characters `\t` into a tab. */
export const readGroupLine = (group: ReadGroup): string =>
  ['@RG', ...Object.entries(group).flatMap(([tag, value]) => (value === undefined ? [] : [`${tag}:${value}`]))].join('\\t')
