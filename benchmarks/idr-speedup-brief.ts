import { comparison } from 'trireme-bio/benchmarks'
import { idrClassification } from '../pipelines/idr-classification.ts'
import { byDevice, gpuArms } from './idr/arms.ts'
import { auc, trainingRate, validationRate } from './idr/results.ts'

/**
 * What fits: five rounds of eight arms in eight minutes are 12 s a run, of which two starts of Python with torch take half. Small batches make many
 * steps of few patches; two threads are what any machine has.
 */
const work = { epochs: 2, patches: 4, batch: 8, threads: 2, seed: 1 }

export const idrSpeedupBrief = comparison({
  name: 'idr-speedup-brief',
  about: 'The arms of idr-speedup with so little work that five rounds take eight minutes on a machine with a GPU',
  pipeline: idrClassification,
  profile: 'test',
  arms: byDevice(work, work),
  settings: gpuArms,
  given: ['idr-table', 'idr-twin', 'image-split'],
  measures: { training: ['torch-train'], validation: ['torch-validate', 'metrics-classifier'] },
  quality: {
    'patient AUC': auc('group'),
    'image AUC': { ...auc('image'), ceiling: 0.9 },
    // In so little work resnet18 learns next to nothing (image AUC of 0.50 to 0.60): its rows are of speed alone.
    'image AUC, nirschl': {
      ...auc('image'),
      floor: 0.6,
      arms: ['nirschl, fp32, CPU', 'nirschl, AMP, CPU', 'nirschl, fp32, CUDA', 'nirschl, AMP, CUDA'],
    },
    'training rate': trainingRate,
    'validation rate': validationRate,
  },
  /** What is given is made by a run of the first arm: that warms what all arms read. */
  warmups: 0,
  runs: { least: 5, most: 20 },
  quick: { without: ['resnet18, fp32, CPU', 'resnet18, AMP, CPU'] },
})
