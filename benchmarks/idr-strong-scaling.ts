import { comparison, type Shared } from 'trireme-bio/benchmarks'
import { idrSweep } from '../pipelines/idr-sweep.ts'
import { cores, settings } from './arms/by-cores.ts'
import { seeds } from './idr/arms.ts'
import { auc, weights } from './idr/results.ts'

const eight = ({ quick }: Shared) => seeds(quick ? 4 : 8)

export const idrStrongScaling = comparison({
  name: 'idr-strong-scaling',
  about: 'A sweep of eight configurations side by side, one thread each, on 1 to 8 cores',
  pipeline: idrSweep,
  profile: 'test',
  arms: { '1 core': eight, '2 cores': eight, '4 cores': eight, '8 cores': eight },
  settings,
  given: ['idr-table', 'idr-twin', 'image-split'],
  measures: { training: ['torch-train'], validation: ['torch-validate', 'metrics-classifier'] },
  quality: { 'worst image AUC': { ...auc('image'), floor: 0.55, ceiling: 0.96 } },
  outputs: weights,
  scaling: { law: 'strong', cores },
  runs: { least: 6, most: 12 },
  claims: [{ ratio: ['1 core', '2 cores'], of: 'wall', measure: 'training', least: 1.8 }],
})
