import { comparison } from 'trireme-bio/benchmarks'
import { idrClassification } from '../pipelines/idr-classification.ts'

export const idrSpeedup = comparison({
  name: 'idr-speedup',
  about: 'Training and validation of image classifiers on the SYNTHETIC twin of idr0042, by model, precision and device',
  pipeline: idrClassification,
  profile: 'test',
  arms: { 'nirschl, CPU': { model: 'nirschl', device: 'cpu' }, 'resnet18, CPU': { model: 'resnet18', device: 'cpu' } },
  measures: { training: ['torch-train'], validation: ['torch-validate', 'metrics-patients'] },
})
