import { mib, pipe, sameAs, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { indexedFasta, vcf } from 'trireme-bio/kinds'
import { bcftools } from 'trireme-bio/tools'

export const norm = step({
  name: 'bcftools-norm',
  about: 'Bring variants into one form: one alternative a record, atomic, left-aligned',
  edam: ['operation_3096'],
  tools: [bcftools],
  image: images.variants,
  inputs: { calls: vcf({ reference: sameAs('reference') }), reference: indexedFasta({}) },
  outputs: { normalised: vcf({ reference: sameAs('reference') }) },
  streams: ['calls', 'normalised'],
  needs: { cpu: 1, memory: mib(512) },
  // Split first: bcftools 1.16 given both in one pass sets the genotypes of the other samples at a site with several alternatives to missing.
  // Then -a atomises, -f left-aligns and stops where REF is not the genome's base, and -d keeps one of two equal records: a haplotype that
  // spans the border of two regions is reported in both.
  command: ({ calls, reference, normalised }) =>
    pipe(
      ['bcftools', 'norm', '--no-version', '-m', '-both', '-O', 'u', calls],
      ['bcftools', 'norm', '--no-version', '-a', '-d', 'exact', '-f', reference, '-O', 'z', '-o', normalised, '-'],
    ),
})
