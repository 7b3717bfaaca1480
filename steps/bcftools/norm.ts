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
  // -m and -a in one pass: taken one after the other, a 1/2 whose two alternatives share a SNP gives that SNP twice, as 0/1 each, and it is
  // no longer told from 1/1 (15 of 480 SNPs of a simulated diploid called by freebayes). The pass writes "*" for "another allele lies here",
  // which is no variant of its own; nor is one where the genome has N, as freebayes alone calls it. -f left-aligns and stops where REF is not the genome's base. -d, which bcftools refuses beside -m, keeps
  // one of two equal records: a haplotype that spans the border of two regions is reported in both.
  command: ({ calls, reference, normalised }) =>
    pipe(
      ['bcftools', 'norm', '--no-version', '-m', '-both', '-a', '-f', reference, '-O', 'u', calls],
      ['bcftools', 'view', '--no-version', '-e', 'ALT="*" || REF="N"', '-O', 'u', '-'],
      ['bcftools', 'norm', '--no-version', '-d', 'exact', '-O', 'z', '-o', normalised, '-'],
    ),
})
