import { asset, mib, named, run, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { checkpoint, history, markdown, metrics, modelSummary } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

/** The model in the first place of the leaderboard, with a card that says what it is good for. The inputs have the same names. */
export const best = step({
  name: 'sweep-best',
  about: 'Take the best trained classifier, and write its model card',
  edam: ['operation_2428'],
  tools: [node],
  image: images.training,
  inputs: { checkpoints: named(checkpoint), metrics: named(metrics), summaries: named(modelSummary), histories: named(history) },
  params: {
    data: z.string().default('').describe('What the images are, for the card; without it the card says that nobody told'),
    positive: z.string().default('the positive class').describe('What label 1 means, for its card'),
    note: z.string().default('').describe('What a reader must know of the data, such as that they are synthetic'),
  },
  assets: { script: asset(import.meta.url, './best.script.mjs') },
  outputs: { model: checkpoint, card: markdown, judged: metrics, summary: modelSummary },
  needs: { cpu: 1, memory: mib(512) },
  command: ({ script, checkpoints, metrics, summaries, histories, data, positive, note, model, card, judged, summary }) =>
    run(
      'node',
      script,
      ...[word`--data=${data}`, word`--positive=${positive}`, word`--note=${note}`],
      ...['--out-model', model, '--out-card', card, '--out-metrics', judged, '--out-summary', summary],
      ...Object.entries(metrics).flatMap(([name, file]) => ['--name', name, '--metrics', file, '--summary', summaries[name] ?? '']),
      ...Object.values(histories).flatMap(file => ['--history', file]),
      ...Object.values(checkpoints).flatMap(file => ['--checkpoint', file]),
    ),
})
