import { comparison } from 'trireme-bio/benchmarks'
import { idrClassification } from '../pipelines/idr-classification.ts'
import { auc, trainingRate, validationRate } from './shared/classifiers.ts'

/** Two epochs of 16 patches an image: enough to learn from, and not enough to tell all patients apart, so that too good a figure is seen. */
const work = { epochs: 2, patches: 16, seed: 1 } as const
const cpu = { ...work, device: 'cpu' } as const
const cuda = { ...work, device: 'cuda' } as const

export const idrSpeedup = comparison({
  name: 'idr-speedup',
  about: 'Training and validation of image classifiers on the SYNTHETIC twin of idr0042, by model, precision and device',
  pipeline: idrClassification,
  profile: 'test',
  arms: {
    'nirschl, fp32, CPU': { ...cpu, model: 'nirschl' },
    'nirschl, AMP, CPU': { ...cpu, model: 'nirschl', amp: 'bfloat16' },
    'nirschl, fp32, CUDA': { ...cuda, model: 'nirschl' },
    'nirschl, AMP, CUDA': { ...cuda, model: 'nirschl', amp: 'float16' },
    'resnet18, fp32, CPU': { ...cpu, model: 'resnet18' },
    'resnet18, AMP, CPU': { ...cpu, model: 'resnet18', amp: 'bfloat16' },
    'resnet18, fp32, CUDA': { ...cuda, model: 'resnet18' },
    'resnet18, AMP, CUDA': { ...cuda, model: 'resnet18', amp: 'float16' },
  },
  settings: {
    'nirschl, fp32, CUDA': { gpu: 1 },
    'nirschl, AMP, CUDA': { gpu: 1 },
    'resnet18, fp32, CUDA': { gpu: 1 },
    'resnet18, AMP, CUDA': { gpu: 1 },
  },
  given: ['idr-table', 'idr-twin'],
  measures: { training: ['torch-train'], validation: ['torch-validate', 'metrics-patients'] },
  quality: {
    'patient AUC': { ...auc('patient'), floor: 0.65, ceiling: 0.97 },
    'image AUC': { ...auc('image'), floor: 0.65, ceiling: 0.96 },
    'training rate': trainingRate,
    'validation rate': validationRate,
  },
  runs: { least: 6, most: 20 },
  quick: { without: ['resnet18, fp32, CPU', 'resnet18, AMP, CPU'] },
})
