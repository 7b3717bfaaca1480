import { many, mib, pipe, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { vcf } from 'trireme-bio/kinds'
import { bcftools } from 'trireme-bio/tools'

export const concat = step({
  name: 'bcftools-concat',
  about: 'Put the calls of neighbouring regions together, in order',
  edam: ['operation_3436'],
  tools: [bcftools],
  image: images.variants,
  inputs: { parts: many(vcf({})) },
  outputs: { whole: vcf({ reference: sameAs('parts') }) },
  streams: ['whole'],
  needs: { cpu: 1, memory: mib(1024) },
  // Sorted, because a haplotype caller may begin a record before its region, behind the last one of the region before.
  command: ({ parts, whole, compression }) =>
    pipe(
      ['bcftools', 'concat', '--no-version', '-O', 'u', parts],
      ['bcftools', 'sort', '-O', word`z${compression(whole, 6)}`, '-T', 'tmp/sort', '-o', whole, '-'],
    ),
})
