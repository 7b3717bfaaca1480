import { comparison } from 'trireme-bio/benchmarks'
import { idrSweep } from '../pipelines/idr-sweep.ts'
import { cores, settings } from './arms/by-cores.ts'
import { seeds } from './idr/arms.ts'
import { auc } from './idr/results.ts'

export const idrWeakScaling = comparison({
  name: 'idr-weak-scaling',
  about: 'As many configurations side by side as there are cores, one thread each, on 1 to 8 cores',
  pipeline: idrSweep,
  profile: 'test',
  arms: { '1 core': seeds(1), '2 cores': seeds(2), '4 cores': seeds(4), '8 cores': seeds(8) },
  settings,
  given: ['idr-table', 'idr-twin', 'image-split'],
  measures: { training: ['torch-train'], validation: ['torch-validate', 'metrics-classifier'] },
  quality: { 'worst image AUC': { ...auc('image'), floor: 0.55, ceiling: 0.96 } },
  scaling: { law: 'weak', cores },
  runs: { least: 6, most: 12 },
})
