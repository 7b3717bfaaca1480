import { pipeline } from 'trireme-bio'
import { anyFasta } from 'trireme-bio/kinds'
import { sampleName } from 'trireme-bio/values'
import { z } from 'zod'
import { simulate } from '../steps/dwgsim/simulate.ts'
import { normalise } from '../steps/genome/normalise.ts'
import { mutate } from '../steps/haplotype/mutate.ts'

const count = z.int().min(0)
const share = z.number().min(0).max(1)

/**
 * From a genome to reads whose variants are known: for each sample haplotypes with variants of their own and some that all samples share,
 * the truth as VCF, and reads from as many lanes as asked for. The makings of the datasets `toy` and `lambda`.
 */
export const simulateReads = pipeline({
  name: 'simulate-reads',
  about: 'Simulate samples with known variants: haplotypes, truth VCFs, and reads by lane',
  inputs: { genome: anyFasta },
  params: {
    samples: z.array(sampleName).readonly().default(['sample1', 'sample2']),
    lanes: z.int().min(1).max(8).default(2).describe('Lanes a sample; each has its part of the coverage'),
    coverage: z.number().positive().default(25).describe('Mean depth over the genome, of all lanes and haplotypes together'),
    length: z.int().min(20).max(500).default(100).describe('Bases of each read'),
    insert: z.int().min(40).default(350).describe('Mean outer distance of the ends of a pair'),
    errorRate: z.number().min(0).max(0.2).default(0.005).describe('Sequencing errors a base'),
    snps: count.default(240).describe('SNPs a sample'),
    indels: count.default(80).describe('Indels a sample'),
    maxIndel: z.int().min(1).max(1000).default(20),
    minDistance: count.default(25).describe('Fewest bases between variants'),
    edge: count.default(300).describe('No variants in the first and last bases of a contig'),
    adjacent: share.default(0.1).describe('Share of SNPs in pairs, one or two bases apart'),
    homopolymer: share.default(0.2).describe('Share of indels in homopolymers'),
    borders: z.array(z.int().positive()).readonly().default([]).describe('Positions that get a variant each: last bases of regions'),
    ploidy: z.literal([1, 2]).default(1),
    shared: share.default(0.5).describe('Share of the variants that all samples have'),
    seed: z.int().min(0).max(1_000_000).default(1),
  },
  layout: { haplotypes: sample => `haplotypes/${sample}`, truth: sample => `truth/${sample}`, reads: lane => `reads/${lane}` },
  highlights: { reads: 'Reads', truth: 'Known variants' },
  steps: [normalise, mutate, simulate],
  build: ({ genome, samples, lanes, coverage, length, insert, errorRate, seed, snps, indels, maxIndel, minDistance, edge, ...places }) => {
    const { normalised } = normalise({ genome })
    // Seeds far apart: dwgsim's generator is the C library's drand48, whose first draws are alike for seeds that are neighbours.
    const seeded = (sample: number, lane: number) => seed + 7919 * (sample + 1) + 104_729 * lane
    const made = samples.map((sample, n) => {
      const variants = { snps, indels, maxIndel, minDistance, edge, ...places }
      const { haplotypes, truth } = mutate({ genome: normalised, sample, ...variants, sharedSeed: seed, seed: seeded(n, 0) })
      const reads = Array.from({ length: lanes }, (_, lane) => {
        const prefix = `${sample}_L${lane + 1}`
        const amount = { coverage: coverage / lanes / places.ploidy }
        return [prefix, simulate({ haplotypes, prefix, amount, length, insert, errorRate, seed: seeded(n, lane + 1) }).reads] as const
      })
      return { sample, haplotypes, truth, reads }
    })
    return {
      haplotypes: Object.fromEntries(made.map(({ sample, haplotypes }) => [sample, haplotypes])),
      truth: Object.fromEntries(made.map(({ sample, truth }) => [sample, truth])),
      reads: Object.fromEntries(made.flatMap(({ reads }) => reads)),
    }
  },
})
