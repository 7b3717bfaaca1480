import { comparison } from 'trireme-bio/benchmarks'
import { idrClassification } from '../pipelines/idr-classification.ts'
import { auc, trainingRate, validationRate } from './shared/classifiers.ts'

/** Of each network as much as it takes to tell most patients apart. */
const nirschl = { model: 'nirschl', epochs: 4, patches: 31, seed: 1 } as const
const resnet18 = { model: 'resnet18', epochs: 2, patches: 16, seed: 1 } as const
const [cpu, cuda] = [{ device: 'cpu' }, { device: 'cuda' }] as const
const gpu = { gpu: 1 } as const

export const idrSpeedup = comparison({
  name: 'idr-speedup',
  about: 'Training and validation of image classifiers on the SYNTHETIC twin of idr0042, by model, precision and device',
  pipeline: idrClassification,
  profile: 'test',
  arms: {
    'nirschl, fp32, CPU': { ...nirschl, ...cpu },
    'nirschl, AMP, CPU': { ...nirschl, ...cpu, amp: 'bfloat16' },
    'nirschl, fp32, CUDA': { ...nirschl, ...cuda },
    'nirschl, AMP, CUDA': { ...nirschl, ...cuda, amp: 'float16' },
    'resnet18, fp32, CPU': { ...resnet18, ...cpu },
    'resnet18, AMP, CPU': { ...resnet18, ...cpu, amp: 'bfloat16' },
    'resnet18, fp32, CUDA': { ...resnet18, ...cuda },
    'resnet18, AMP, CUDA': { ...resnet18, ...cuda, amp: 'float16' },
  },
  settings: { 'nirschl, fp32, CUDA': gpu, 'nirschl, AMP, CUDA': gpu, 'resnet18, fp32, CUDA': gpu, 'resnet18, AMP, CUDA': gpu },
  given: ['idr-table', 'idr-twin'],
  measures: { training: ['torch-train'], validation: ['torch-validate', 'metrics-patients'] },
  // Ceilings are the upper ends of the 95 % intervals (whole patients drawn again, metrics.json) of the fp32 arms on the CPU.
  quality: {
    'patient AUC': { ...auc('patient'), floor: 0.75 },
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
