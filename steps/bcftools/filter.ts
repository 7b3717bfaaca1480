import { mib, run, sameAs, sequence, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { indexedVcf, vcf } from 'trireme-bio/kinds'
import { bcftools } from 'trireme-bio/tools'
import { z } from 'zod'

export const filter = step({
  name: 'bcftools-filter',
  about: 'Keep or mark variants by quality and depth, and index them',
  edam: ['operation_3675'],
  tools: [bcftools],
  image: images.variants,
  inputs: { calls: vcf({}) },
  params: {
    quality: z.number().min(0).default(20).describe('Variants pass with QUAL above this. The right value depends on the caller'),
    depth: z.number().int().min(0).default(0).describe('Variants pass with at least this depth over all samples (INFO/DP)'),
    failing: z
      .enum(['removed', 'marked'])
      .default('removed')
      .describe('What happens to variants that do not pass; marked ones get FILTER LowQual'),
  },
  outputs: { filtered: indexedVcf({ reference: sameAs('calls') }) },
  streams: ['calls'],
  needs: { cpu: 1, memory: mib(512) },
  command: ({ calls, filtered, quality, depth, failing }) =>
    sequence(
      run(
        ...(['bcftools', 'filter', '--no-version', '-i', depth > 0 ? `QUAL>${quality} && INFO/DP>=${depth}` : `QUAL>${quality}`] as const),
        ...(failing === 'marked' ? ['-s', 'LowQual'] : []),
        ...['-O', 'z', '-o', filtered, calls],
      ),
      run('bcftools', 'index', '--tbi', filtered),
    ),
})
