import { mib, run, sameAs, sequence, step, type Word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { indexedVcf, vcf } from 'trireme-bio/kinds'
import { bcftools } from 'trireme-bio/tools'
import { z } from 'zod'

export const isec = step({
  name: 'bcftools-isec',
  about: 'Split two sets of variants into those of one only, of the other only, and of both',
  edam: ['operation_2424'],
  tools: [bcftools],
  image: images.variants,
  inputs: { first: indexedVcf({}), second: indexedVcf({ reference: sameAs('first') }) },
  params: {
    collapse: z
      .enum(['none', 'snps', 'indels', 'both', 'all', 'some'])
      .default('none')
      .describe('Which records count as the same; none, the default of bcftools (-c), asks for equal alleles'),
  },
  outputs: {
    onlyFirst: vcf({ reference: sameAs('first') }),
    onlySecond: vcf({ reference: sameAs('first') }),
    sharedFirst: vcf({ reference: sameAs('first') }),
    sharedSecond: vcf({ reference: sameAs('first') }),
  },
  needs: { cpu: 1, memory: mib(512) },
  // isec compares text: bring both sides into one form first (bcftools/norm.ts). ~10 is "in the first, not in the second"; -w names the
  // side whose records are written.
  command: ({ first, second, onlyFirst, onlySecond, sharedFirst, sharedSecond, collapse }) => {
    const records = (which: string, side: number, to: Word) =>
      run('bcftools', 'isec', '--no-version', '-c', collapse, '-n', which, '-w', side, '-O', 'z', '-o', to, first, second)
    return sequence(
      ...[records('~10', 1, onlyFirst), records('~01', 2, onlySecond)],
      ...[records('~11', 1, sharedFirst), records('~11', 2, sharedSecond)],
    )
  },
})
