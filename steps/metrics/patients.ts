import { asset, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { metrics, predictions, svg } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

/**
 * Quality of a classifier by patient and by image: a patient's probability is the mean over its images. Patients are independent, so theirs
 * are the intervals of DeLong (AUC) and Wilson (sensitivity, specificity, accuracy); images of one patient are not, so their intervals come from
 * drawing whole patients. Rows that are not `scored` are listed, and count nowhere.
 */
export const patients = step({
  name: 'metrics-patients',
  about: 'ROC, AUC, sensitivity, specificity and calibration by patient and by image, with intervals',
  edam: ['operation_2428'],
  tools: [node],
  image: images.training,
  inputs: { predictions },
  params: {
    threshold: z
      .union([z.number().min(0).max(1), z.literal('holdout')])
      .default(0.5)
      .describe('Above it a patient is positive; holdout: the best on the held-out training patients'),
    name: z.string().optional().describe('Name of the configuration, for people'),
  },
  assets: { script: asset(import.meta.url, './patients.script.mjs') },
  outputs: { metrics, curves: svg },
  needs: { cpu: 1, memory: mib(512) },
  tag: ({ name = '' }) => name,
  command: ({ script, predictions, threshold, metrics, curves }) =>
    run('node', script, '--threshold', threshold, '--metrics', metrics, '--curves', curves, predictions),
})
