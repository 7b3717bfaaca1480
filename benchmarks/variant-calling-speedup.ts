import { comparison } from 'trireme-bio/benchmarks'
import { variantAccuracy } from '../pipelines/variant-accuracy.ts'
import { calling, f1, sameRecords } from './calling/variants.ts'

const plain = { qc: false, parts: 1 } as const
const cpu = 2

export const variantCallingSpeedup = comparison({
  name: 'variant-calling-speedup',
  about: 'Variant calling on sim5m by cores, pipes or files, regions, aligner and caller',
  pipeline: variantAccuracy,
  profile: 'sim5m',
  arms: {
    'two cores': plain,
    'one core': plain,
    staged: plain,
    'four regions': { ...plain, parts: 4 },
    minimap2: { ...plain, aligner: 'minimap2' },
    freebayes: { ...plain, caller: 'freebayes' },
  },
  settings: {
    'two cores': { cpu },
    'one core': { cpu: 1 },
    staged: { cpu, stream: false },
    'four regions': { cpu },
    minimap2: { cpu },
    freebayes: { cpu },
  },
  measures: {
    ...calling,
    alignment: [...calling.alignment, 'minimap2-align'],
    calling: [...calling.calling, 'freebayes-call-targets'],
  },
  // No ceiling: nothing here is trained, so nothing can have seen the truth.
  quality: { 'SNP F1': { ...f1('snp'), floor: 0.985 }, 'indel F1': { ...f1('indel'), floor: 0.94 } },
  outputs: { ...sameRecords, equal: [['two cores', 'one core', 'staged', 'four regions']] },
  quick: { profile: 'test' },
})
