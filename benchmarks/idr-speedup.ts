import { comparison } from 'trireme-bio/benchmarks'
import { idrClassification } from '../pipelines/idr-classification.ts'
import { byDevice, gpuArms } from './idr/arms.ts'
import { auc, trainingRate, validationRate } from './idr/results.ts'

/** Of each network as much as it takes to tell most patients apart. */
const arms = byDevice({ epochs: 4, patches: 31, seed: 1 }, { epochs: 2, patches: 16, seed: 1 })

export const idrSpeedup = comparison({
  name: 'idr-speedup',
  about: 'Training and validation of image classifiers on the SYNTHETIC twin of idr0042, by model, precision and device',
  pipeline: idrClassification,
  profile: 'test',
  arms,
  settings: gpuArms,
  given: ['idr-table', 'idr-twin', 'image-split'],
  measures: { training: ['torch-train'], validation: ['torch-validate', 'metrics-classifier'] },
  // Ceilings are the upper ends of the 95 % intervals (whole patients drawn again, metrics.json) of the fp32 arms on the CPU.
  quality: {
    'patient AUC': { ...auc('group'), floor: 0.75 },
    'image AUC, nirschl': {
      ...auc('image'),
      ceiling: 0.997,
      arms: ['nirschl, fp32, CPU', 'nirschl, AMP, CPU', 'nirschl, fp32, CUDA', 'nirschl, AMP, CUDA'],
    },
    'image AUC, resnet18': {
      ...auc('image'),
      ceiling: 0.962,
      arms: ['resnet18, fp32, CPU', 'resnet18, AMP, CPU', 'resnet18, fp32, CUDA', 'resnet18, AMP, CUDA'],
    },
    'training rate': trainingRate,
    'validation rate': validationRate,
  },
  runs: { least: 6, most: 20 },
  quick: { without: ['resnet18, fp32, CPU', 'resnet18, AMP, CPU'] },
})
