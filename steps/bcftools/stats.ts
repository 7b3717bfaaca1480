import { mib, pipe, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { indexedFasta, variantReport, vcf } from 'trireme-bio/kinds'
import { bcftools } from 'trireme-bio/tools'
import { reportName } from 'trireme-bio/values'

export const stats = step({
  name: 'bcftools-stats',
  about: 'Statistics of variants, over all and by sample',
  edam: ['operation_2238'],
  tools: [bcftools],
  image: images.variants,
  inputs: { calls: vcf({ reference: sameAs('reference') }), reference: indexedFasta({}) },
  params: { name: reportName.default('calls').describe('What the report calls the file, in MultiQC for one') },
  outputs: { report: variantReport },
  streams: ['calls', 'report'],
  needs: { cpu: 1, memory: mib(512) },
  // The header repeats the command line, and the line of the set its path.
  command: ({ calls, reference, report, name }) =>
    pipe(
      ['bcftools', 'stats', '-s', '-', '-F', reference, calls],
      ['sed', '-e', '/^# The command line was:/d', '-e', word`s/^ID\\t0\\t.*/ID\\t0\\t${name}/`],
    ).into(report),
})
