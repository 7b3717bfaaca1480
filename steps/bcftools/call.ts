import { mib, pipe, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bcf, vcf } from 'trireme-bio/kinds'
import { bcftools } from 'trireme-bio/tools'
import { z } from 'zod'

export const call = step({
  name: 'bcftools-call',
  about: 'Call variants from genotype likelihoods, all samples together',
  edam: ['operation_3227'],
  tools: [bcftools],
  image: images.variants,
  inputs: { pileup: bcf({}) },
  params: {
    ploidy: z
      .literal([1, 2])
      .default(2)
      .describe(
        'Copies of every contig: 1 for phages and bacteria, 2 for humans, whose X, Y and mitochondria are then called as two copies, too',
      ),
    prior: z.number().gt(0).lt(1).default(0.0011).describe('Expected substitution rate; 0.0011 is the default of bcftools (-P)'),
  },
  outputs: { calls: vcf({ reference: sameAs('pileup') }) },
  streams: ['pileup', 'calls'],
  needs: { cpu: 1, memory: mib(512) },
  // ##reference holds the path at which this machine had the genome.
  command: ({ pileup, calls, ploidy, prior, compression }) =>
    pipe(
      ['bcftools', 'call', '--no-version', '-m', '-v', '-a', 'FORMAT/GQ', '-P', prior, '--ploidy', ploidy, pileup],
      ['sed', '1,/^#CHROM/{/^##reference=/d;}'],
      ['bcftools', 'view', '--no-version', '-O', word`z${compression(calls, 6)}`, '-o', calls, '-'],
    ),
})
