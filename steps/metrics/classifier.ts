import { asset, mib, run, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { metrics, predictions, svg } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

/**
 * Quality of a classifier of two or more classes by image, and by group: a group's probabilities are the means over its images. Images of one group
 * are alike, so that their intervals are those of so many groups. Rows that are not `scored` are listed, and count nowhere.
 */
export const classifier = step({
  name: 'metrics-classifier',
  about: 'ROC, AUC, balanced accuracy, F1, confusion and calibration by image and by group, with intervals',
  edam: ['operation_2428'],
  tools: [node],
  image: images.training,
  inputs: { predictions },
  params: {
    threshold: z
      .union([z.number().min(0).max(1), z.literal('validation')])
      .default(0.5)
      .describe('Of two classes: above it a thing is positive; validation: the best on the validation part. More classes have none'),
    groups: z.string().default('group').describe('What a group is, such as patient'),
    name: z.string().optional().describe('Name of the configuration, for people'),
  },
  assets: { script: asset(import.meta.url, './classifier.script.mjs') },
  outputs: { metrics, curves: svg },
  needs: { cpu: 1, memory: mib(512) },
  tag: ({ name = '' }) => name,
  command: ({ script, predictions, threshold, groups, metrics, curves }) =>
    run('node', script, '--threshold', threshold, word`--groups=${groups}`, '--metrics', metrics, '--curves', curves, predictions),
})
