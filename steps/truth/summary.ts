import { asset, many, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { json, notice, text, tsv } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'

/** One table of several samples' reports of truth-compare: each sample's rows, then rows of the summed counts. */
export const summary = step({
  name: 'truth-summary',
  about: 'Pool the accuracy of several samples into one table',
  edam: ['operation_3438'],
  tools: [node],
  image: images.variants,
  inputs: { reports: many(json) },
  assets: { script: asset(import.meta.url, './summary.script.mjs') },
  outputs: { report: json, table: tsv, text, headline: notice },
  needs: { cpu: 1, memory: mib(512) },
  command: ({ script, reports, report, table, text, headline }) =>
    run('node', script, '--json', report, '--tsv', table, '--text', text, '--headline', headline, '--', reports),
})
