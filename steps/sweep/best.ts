import { asset, mib, named, run, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { checkpoint, history, markdown, metrics, modelSummary, notice, splitReport } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

/** The model in the first place of the leaderboard, with a card that says what it is good for. The inputs have the same names. */
export const best = step({
  name: 'sweep-best',
  about: 'Take the best trained classifier, and write its model card',
  edam: ['operation_2428'],
  tools: [node],
  image: images.training,
  inputs: {
    checkpoints: named(checkpoint),
    metrics: named(metrics),
    summaries: named(modelSummary),
    histories: named(history),
    split: splitReport,
  },
  params: {
    about: z.string().default('').describe('What the images are, for the card; without it the card says that nobody told'),
    licence: z.string().default('').describe('Under which licence the images are, for the card'),
    limits: z.string().default('').describe('Where the model must not be used, for the card'),
    positive: z.string().default('').describe('Of two classes what the positive one means, for the card'),
    groups: z.string().default('group').describe('What a group is, such as patient'),
    note: z.string().default('').describe('What a reader must know of the data, such as that they are synthetic'),
  },
  assets: { script: asset(import.meta.url, './best.script.mjs') },
  outputs: { model: checkpoint, card: markdown, judged: metrics, summary: modelSummary, headline: notice },
  needs: { cpu: 1, memory: mib(512) },
  command: ({ script, checkpoints, metrics, summaries, histories, split, model, card, judged, summary, headline, ...told }) =>
    run(
      'node',
      script,
      ...[word`--about=${told.about}`, word`--licence=${told.licence}`, word`--limits=${told.limits}`, word`--positive=${told.positive}`],
      ...[word`--groups=${told.groups}`, word`--note=${told.note}`, '--split', split],
      ...['--out-model', model, '--out-card', card, '--out-metrics', judged, '--out-summary', summary, '--out-headline', headline],
      ...Object.entries(metrics).flatMap(([name, file]) => ['--name', name, '--metrics', file, '--summary', summaries[name] ?? '']),
      ...Object.values(histories).flatMap(file => ['--history', file]),
      ...Object.values(checkpoints).flatMap(file => ['--checkpoint', file]),
    ),
})
