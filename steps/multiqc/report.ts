import { asset, gib, named, responseFile, run, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { alignmentReport, fastpReport, flagstatReport, html, tsv, variantReport } from 'trireme-bio/kinds'
import { multiqc } from 'trireme-bio/tools'

export const report = step({
  name: 'multiqc-report',
  about: 'One page over all samples: quality, alignment, variants',
  edam: ['operation_0337'],
  tools: [multiqc],
  image: images.reports,
  /** Reports by the name they get on the page: a sample, or a lane of one. Any may be {}. */
  inputs: { trimming: named(fastpReport), alignments: named(alignmentReport), flags: named(flagstatReport), calls: named(variantReport) },
  assets: { script: asset(import.meta.url, './report.sh') },
  outputs: { page: html, table: tsv },
  needs: { cpu: 1, memory: gib(1) },
  command: ({ script, page, table, trimming, alignments, flags, calls }) =>
    run(
      'bash',
      script,
      page,
      table,
      responseFile([
        ...Object.entries(trimming).flatMap(([name, file]) => [word`${name}.trireme.fastp.json`, file]),
        ...Object.entries(alignments).flatMap(([name, file]) => [word`${name}.trireme.stats.txt`, file]),
        ...Object.entries(flags).flatMap(([name, file]) => [word`${name}.trireme.flagstat.txt`, file]),
        ...Object.entries(calls).flatMap(([name, file]) => [word`${name}.trireme.variants.txt`, file]),
      ]),
    ),
})
