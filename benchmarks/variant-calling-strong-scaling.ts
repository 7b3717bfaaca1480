import { comparison } from 'trireme-bio/benchmarks'
import { variantAccuracy } from '../pipelines/variant-accuracy.ts'
import { cores, settings } from './arms/by-cores.ts'
import { calling, f1, sameRecords } from './calling/variants.ts'

const scattered = { qc: false, parts: 8 } as const

export const variantCallingStrongScaling = comparison({
  name: 'variant-calling-strong-scaling',
  about: 'One sample of sim5m, called in eight regions, on 1 to 8 cores',
  pipeline: variantAccuracy,
  profile: 'sim5m',
  arms: { '1 core': scattered, '2 cores': scattered, '4 cores': scattered, '8 cores': scattered },
  settings,
  measures: calling,
  quality: { 'SNP F1': { ...f1('snp'), floor: 0.985 }, 'indel F1': { ...f1('indel'), floor: 0.94 } },
  outputs: sameRecords,
  scaling: { law: 'strong', cores },
  runs: { least: 6, most: 12 },
  quick: { profile: 'test' },
})
