import { asset, gib, pipe, run, sameAs, sequence, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fasta, indexedFasta, indexedVcf } from 'trireme-bio/kinds'
import { bcftools, node } from 'trireme-bio/tools'
import { sampleName } from 'trireme-bio/values'
import { z } from 'zod'

const share = z.number().min(0).max(1)
const count = z.int().min(0)

/**
 * Haplotypes of one sample with known variants, and the truth as VCF: one ALT a record, atomic, left-aligned (bcftools norm checks REF on the way out).
 * With ploidy 2 the FASTA holds each contig twice, as NAME_haplotype1 and NAME_haplotype2, so that reads drawn from it come from both.
 */
export const mutate = step({
  name: 'haplotype-mutate',
  about: 'Make haplotypes with known variants, and the truth VCF, for tests and benchmarks',
  edam: ['operation_2426'],
  tools: [node, bcftools],
  image: images.variants,
  inputs: { genome: indexedFasta({}) },
  params: {
    sample: sampleName.describe('Column of the truth VCF'),
    snps: count.describe('SNPs in all'),
    indels: count.describe('Insertions and deletions in all, about as many of either'),
    maxIndel: z.int().min(1).max(1000).default(20).describe('Indels are 1 to this many bases long, each length as likely'),
    minDistance: count
      .default(25)
      .describe('Fewest bases between variants, counted from the ends of an indel’s repeat; the pairs of `adjacent` apart'),
    edge: count.default(300).describe('No variants in the first and last bases of a contig, where reads are thin'),
    adjacent: share.default(0.1).describe('Share of the SNPs that come in pairs, one or two bases apart'),
    homopolymer: share
      .default(0.2)
      .describe('Share of the indels that lengthen or shorten a homopolymer of four bases or more, by one or two'),
    borders: z
      .array(z.int().positive())
      .readonly()
      .default([])
      .describe('Last bases of regions, counted from 1. In turn a SNP on it, a SNP behind it, a deletion across and an insertion between'),
    ploidy: z.literal([1, 2]).default(1).describe('Haplotypes to make of each contig'),
    homozygous: share.default(0.4).describe('Share of a diploid’s variants that both haplotypes have'),
    shared: share.default(0).describe('Share of the variants drawn with sharedSeed: samples with the same one have them in common'),
    sharedSeed: count.default(0).describe('Seed of the variants that samples have in common'),
    seed: count.describe('Same seed, same haplotypes'),
  },
  assets: { script: asset(import.meta.url, './mutate.script.mjs') },
  outputs: { haplotypes: fasta, truth: indexedVcf({ reference: sameAs('genome') }) },
  needs: { cpu: 1, memory: gib(1) },
  tag: ({ sample }) => sample,
  command: ({ script, genome, haplotypes, truth, sample, ...wish }) =>
    sequence(
      pipe(
        [
          'node',
          script,
          ['--reference', genome, '--haplotypes', haplotypes, '--sample', sample],
          ['--snps', wish.snps, '--indels', wish.indels, '--max-indel', wish.maxIndel],
          ['--min-distance', wish.minDistance, '--edge', wish.edge],
          ['--adjacent', wish.adjacent, '--homopolymer', wish.homopolymer, '--borders', wish.borders.join(',')],
          ['--ploidy', wish.ploidy, '--homozygous', wish.homozygous, '--shared', wish.shared, '--shared-seed', wish.sharedSeed],
          ['--seed', wish.seed],
        ],
        ['bcftools', 'norm', '--no-version', '-f', genome, '-c', 'e', '-m', '-both', '-a', '-O', 'z', '-o', truth],
      ),
      run('bcftools', 'index', '-t', truth),
    ),
})
