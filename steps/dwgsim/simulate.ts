import { gib, run, sequence, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fasta, fastqPair } from 'trireme-bio/kinds'
import { dwgsim } from 'trireme-bio/tools'
import { sampleName } from 'trireme-bio/values'
import { z } from 'zod'

/**
 * Illumina-like read pairs drawn from haplotypes as they are: dwgsim's own mutations are off (-r 0), and so are its random reads (-y 0; by default
 * 5 % of the reads are noise that no caller can use). Same seed, same reads: dwgsim writes gzip without a time, and its generator is its own.
 */
export const simulate = step({
  name: 'dwgsim-simulate',
  about: 'Simulate Illumina read pairs from haplotypes',
  edam: ['operation_2426'],
  tools: [dwgsim],
  image: images.reads,
  inputs: { haplotypes: fasta },
  params: {
    prefix: sampleName.describe('Begins every read’s name, so that lanes never share one'),
    amount: z
      .union([z.strictObject({ coverage: z.number().positive() }), z.strictObject({ pairs: z.int().positive() })])
      .describe('Mean coverage of the haplotypes’ bases, or the number of pairs'),
    length: z.int().min(20).max(500).default(150).describe('Bases of each read'),
    errorRate: z.number().min(0).max(0.2).default(0.002).describe('Errors a base, the same along both reads; base qualities say so too'),
    insert: z.int().min(40).default(350).describe('Mean outer distance of the ends of a pair'),
    insertDeviation: z.number().min(0).default(35).describe('Standard deviation of that distance, in bases'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .describe('Same seed, same reads'),
  },
  outputs: { reads: fastqPair },
  needs: { cpu: 1, memory: gib(1) },
  tag: ({ prefix }) => prefix,
  command: ({ haplotypes, reads, prefix, amount, length, errorRate, insert, insertDeviation, seed }) =>
    sequence(
      run(
        'dwgsim',
        ['-z', seed, '-P', prefix, ...('pairs' in amount ? ['-N', amount.pairs] : ['-C', amount.coverage])],
        ['-1', length, '-2', length, '-e', errorRate, '-E', errorRate, '-d', insert, '-s', insertDeviation],
        ['-r', 0, '-y', 0, '-S', 2, '-c', 0, '-o', 1, haplotypes, 'simulated'],
      ),
      run('mv', 'simulated.bwa.read1.fastq.gz', reads.first),
      run('mv', 'simulated.bwa.read2.fastq.gz', reads.second),
    ),
})
