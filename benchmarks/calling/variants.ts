import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { ArmFolders, Shared } from 'trireme-bio/benchmarks'
import type { Summary } from '../../steps/truth/summary.script.ts'

/** Digest of a VCF's records, without the header. */
export function recordsOf(vcf: string): string {
  const records = gunzipSync(readFileSync(vcf))
    .toString()
    .replace(/^#.*\n/gm, '')
  if (records === '') throw new Error(`${path.basename(vcf)} holds no variants`)
  return createHash('sha256').update(records).digest('hex')
}
/** Where a run of variant calling leaves its variants, and where a script of our own does. */
const places = ['variants/joint.filtered.vcf.gz', 'out/variants/joint.filtered.vcf.gz', 'filtered.vcf.gz']
export function filtered({ folder }: ArmFolders): string {
  const found = places.map(place => path.join(folder, place)).find(place => existsSync(place))
  if (found === undefined) throw new Error(`There are no filtered variants: none of ${places.join(', ')}`)
  return found
}
/** Which variants passed, whichever way they were called. */
export const sameRecords = { read: (at: ArmFolders) => ({ records: recordsOf(filtered(at)) }) }
/** F1 over all samples, by type, from the results of variant-accuracy. */
export const f1 = (type: 'snp' | 'indel') => ({
  about: `F1 of ${type === 'snp' ? 'SNPs' : 'indels'} against the known variants`,
  read: ({ folder }: ArmFolders) => {
    const { pooled }: Summary = JSON.parse(readFileSync(path.join(folder, 'accuracy/accuracy.json'), 'utf8')) // written by truth/summary
    return pooled.find(row => row.stratum === 'all' && row.type === type)?.f1 ?? 0
  },
})
/** Rows of their own in comparisons of variant calling. */
export const calling = {
  alignment: ['bwa-index', 'bwa-mem'],
  sorting: ['samtools-fixmate', 'samtools-sort', 'samtools-markdup'],
  calling: ['bcftools-mpileup-targets', 'bcftools-call'],
} as const
/** Genome and first pair of reads of a dataset, for scripts. */
export function firstPair({ files }: Shared): { readonly genome: string; readonly reads: readonly [string, string] } {
  const [first = '', second = ''] = ['_1.fastq.gz', '_2.fastq.gz'].map(end => named(files, name => name.endsWith(end)))
  return { genome: named(files, name => /^(genome\/)?genome\.fa$/.test(name)), reads: [first, second] }
}
/** Variant calling of that pair alone, as scripts do it. */
export const onePair = (more: { readonly parts: number }) => (at: Shared) => {
  const { genome, reads } = firstPair(at)
  const row = { patient: 'sim', sample: 'sim', lane: 'L1', fastq_1: reads[0], fastq_2: reads[1] }
  return { samplesheet: [row], reference: genome, ploidy: 2, qc: false, ...more } as const
}
function named(files: Shared['files'], wanted: (name: string) => boolean): string {
  const [, file] = Object.entries(files).find(([name]) => wanted(name)) ?? []
  if (file === undefined) throw new Error(`The dataset has no such file: ${Object.keys(files).join(', ')}`)
  return file
}
/** Versions of the tools that scripts of our own call, as pipelines do. */
export const programs = {
  bwa: ['bwa'],
  samtools: ['samtools', '--version'],
  bcftools: ['bcftools', '--version'],
  bash: ['bash', '--version'],
}
