import { fileURLToPath } from 'node:url'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const pair = (lane: string) => ({ first: here(`./reads/${lane}_1.fastq.gz`), second: here(`./reads/${lane}_2.fastq.gz`) })
const reads = {
  sample1_L1: pair('sample1_L1'),
  sample1_L2: pair('sample1_L2'),
  sample2_L1: pair('sample2_L1'),
  sample2_L2: pair('sample2_L2'),
}

/** Full paths of the toy dataset's files, as they lie in the package; provenance and pins are in dataset.ts. */
export const toy = {
  /** Contigs `toy|1|` (2,400 bases) and `toy*2:01` (1,600), named as unkindly as `gi|9626243|ref|NC_001416.1|` and `HLA-A*01:01:01:01`. */
  genome: here('./genome.fa'),
  /** About 200 pairs of 100 bases each. */
  reads,
  /** Rows of a samplesheet: two samples of two lanes. */
  lanes: Object.entries(reads).map(([name, reads]) => {
    const [sample = '', lane = ''] = name.split('_')
    return { patient: sample, sample, lane, reads }
  }),
  /** By sample: 24 SNPs and 8 indels, haploid. */
  truth: { sample1: here('./truth/sample1.vcf.gz'), sample2: here('./truth/sample2.vcf.gz') },
} as const
