import { asset, mib, named, run, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { csv, history, html, metrics, modelSummary, svg } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

/** One page and one table over all configurations of a sweep, the best first. The three inputs have the same names. */
export const collect = step({
  name: 'sweep-collect',
  about: 'Leaderboard of trained classifiers, with their learning curves and ROC curves',
  edam: ['operation_2428', 'operation_0337'],
  tools: [node],
  image: images.training,
  inputs: { metrics: named(metrics), summaries: named(modelSummary), histories: named(history) },
  params: {
    groups: z.string().default('group').describe('What a group is, such as patient'),
    title: z.string().default('Image classification').describe('Head of the page'),
    note: z.string().default('').describe('What a reader must know of the data, such as that they are synthetic'),
  },
  assets: { script: asset(import.meta.url, './collect.script.mjs') },
  outputs: { table: csv, page: html, curves: svg, rocs: svg },
  needs: { cpu: 1, memory: mib(512) },
  command: ({ script, metrics, summaries, histories, title, groups, note, table, page, curves, rocs }) =>
    run(
      'node',
      script,
      ...[
        word`--title=${title}`,
        word`--note=${note}`,
        word`--groups=${groups}`,
        '--table',
        table,
        '--page',
        page,
        '--curves',
        curves,
        '--rocs',
        rocs,
      ],
      ...Object.entries(metrics).flatMap(([name, file]) => ['--name', name, '--metrics', file, '--summary', summaries[name] ?? '']),
      ...Object.values(histories).flatMap(file => ['--history', file]),
    ),
})
