import { asset, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fasta } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

export const random = step({
  name: 'genome-random',
  about: 'Make a genome of random bases, for benchmarks of any size',
  edam: ['operation_2426'],
  tools: [node],
  image: images.variants,
  inputs: {},
  params: {
    lengths: z
      .array(z.int().min(1).max(250_000_000))
      .min(1)
      .readonly()
      .describe('Bases of each contig: they are named random1, random2 and so on'),
    seed: z.int().min(0).max(1_000_000).default(1),
  },
  assets: { script: asset(import.meta.url, './random.script.mjs') },
  outputs: { genome: fasta },
  needs: { cpu: 1, memory: mib(1024) },
  command: ({ script, genome, lengths, seed }) => run('node', script, lengths.join(','), seed, genome),
})
