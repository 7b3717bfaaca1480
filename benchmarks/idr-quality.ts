import { comparison } from 'trireme-bio/benchmarks'
import { idrSweep } from '../pipelines/idr-sweep.ts'
import { small } from './idr/prepared.ts'
import { auc, goodEpoch, scored, secondsToGood, slowest, trainingRate, validationRate } from './idr/results.ts'

const goodEnough = 0.975
const all = 'five seeds'

/** The study's split, whole: 104 patients to train with, 103 scored. What is measured says how the pipeline works, and nothing about real tissue. */
export const idrQuality = comparison({
  name: 'idr-quality',
  about: 'Quality and time to quality on the SYNTHETIC twin of idr0042: five seeds, one thread, one after the other',
  pipeline: idrSweep,
  profile: 'twin',
  arms: {
    [all]: ({ quick }) => ({
      ...(quick && small),
      holdout: 0.25,
      sweep: { grid: { seed: quick ? [0, 1] : [0, 1, 2, 3, 4] } },
    }),
  },
  settings: { [all]: { cpu: 1 } },
  given: ['idr-table', 'idr-twin', 'image-split'],
  measures: { training: ['torch-train'], validation: ['torch-validate', 'metrics-classifier'] },
  quality: {
    patients: scored('group'),
    images: scored('image'),
    'patient AUC': auc('group'),
    'image AUC': auc('image'),
    epoch: goodEpoch(goodEnough),
    'time to quality': secondsToGood(goodEnough),
    training: slowest('torch-train', 'CPU of a whole training step, slowest seed'),
    'training rate': trainingRate,
    'validation rate': validationRate,
  },
  warmups: 0,
  runs: { least: 1, most: 1 },
  claims: [
    { quality: 'patients', arm: all, take: 'least', least: 103, most: 103 },
    { quality: 'images', arm: all, take: 'least', least: 1133, most: 1133 },
    { quality: 'patient AUC', arm: all, take: 'least', least: 0.97 },
    { quality: 'image AUC', arm: all, take: 'least', least: 0.9 },
    { quality: 'epoch', arm: all, take: 'most', most: 8 },
    { quality: 'training', arm: all, take: 'most', most: 60 },
  ],
})
