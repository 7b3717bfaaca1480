import { comparison, type Shared } from 'trireme-bio/benchmarks'
import { variantAccuracy } from '../pipelines/variant-accuracy.ts'
import { cores, settings } from './arms/by-cores.ts'
import { makeSamples, samples } from './calling/samples.ts'
import { calling, f1 } from './calling/variants.ts'

const of = (count: number) => (at: Shared) => ({ ...samples(at, count), qc: false, parts: count })

export const variantCallingWeakScaling = comparison({
  name: 'variant-calling-weak-scaling',
  about: 'As many simulated samples, and regions, as there are cores, on 1 to 8 cores',
  pipeline: variantAccuracy,
  profile: 'sim5m',
  arms: { '1 core': of(1), '2 cores': of(2), '4 cores': of(4), '8 cores': of(8) },
  settings,
  measures: calling,
  quality: { 'SNP F1': { ...f1('snp'), floor: 0.9 }, 'indel F1': { ...f1('indel'), floor: 0.9 } },
  setup: at => makeSamples(at, 8),
  scaling: { law: 'weak', cores },
  runs: { least: 6, most: 12 },
  quick: { profile: 'test' },
})
