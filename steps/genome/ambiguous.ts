import { mib, pipe, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { normalisedFasta, vcf } from 'trireme-bio/kinds'
import { ambiguous } from 'trireme-bio/steps/bases'
import { bcftools } from 'trireme-bio/tools'

const sets = Object.entries(ambiguous)
  .map(([code, bases]) => `${code}${bases}`)
  .join(' ')

/**
 * Where the genome as it was given says "A or G", the normalised one says A, and a sample with G has no variant: such records are left out.
 * Takes split, atomic records (steps/bcftools/norm).
 */
export const leaveAmbiguous = step({
  name: 'genome-leave-ambiguous',
  about: 'Leave out alleles that a code of the reference allows, such as G where it says R',
  edam: ['operation_3675'],
  tools: [bcftools],
  image: images.variants,
  inputs: { calls: vcf({ reference: sameAs('reference') }), reference: normalisedFasta({}) },
  outputs: { kept: vcf({ reference: sameAs('reference') }) },
  streams: ['calls', 'kept'],
  needs: { cpu: 1, memory: mib(512) },
  command: ({ calls, reference, kept, compression }) =>
    pipe(
      ['bcftools', 'view', '--no-version', calls],
      ['awk', '-F', '\\t', '-v', word`sets=${sets}`, program, word`${reference}.codes.tsv`, '-'],
      ['bcftools', 'view', '--no-version', '-O', word`z${compression(kept, 6)}`, '-o', kept, '-'],
    ),
})
const program = `
  BEGIN { n = split(sets, each, " "); for (i = 1; i <= n; i++) allowed[substr(each[i], 1, 1)] = substr(each[i], 2) }
  NR == FNR { if ($3 in allowed) code[$1, $2] = $3; next }
  length($4) == 1 && length($5) == 1 && ($1, $2) in code && index(allowed[code[$1, $2]], $5) { next }
  { print }`
