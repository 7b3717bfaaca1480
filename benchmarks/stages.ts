import { comparison } from 'trireme-bio/benchmarks'
import { variantCalling } from '../pipelines/variant-calling.ts'
import { byHand } from './calling/by-hand.ts'
import { onePair, programs, sameRecords } from './calling/variants.ts'

export const besideStages = comparison({
  name: 'stages',
  about: 'Reads to filtered variants on sim5m, beside a script that writes a file at every step, 2 cores',
  pipeline: variantCalling,
  profile: 'sim5m',
  arms: {
    trireme: onePair({ parts: 1 }),
    'trireme, 2 regions': onePair({ parts: 2 }),
    'staged script': byHand('staged.sh'),
  },
  settings: { trireme: { cpu: 2 }, 'trireme, 2 regions': { cpu: 2 } },
  baseline: 'staged script',
  outputs: sameRecords,
  runs: { least: 6, most: 20 },
  quick: { profile: 'test' },
  programs,
  claims: [
    { ratio: ['trireme', 'staged script'], of: 'wall', most: 0.65 },
    { ratio: ['trireme, 2 regions', 'staged script'], of: 'wall', most: 0.52 },
  ],
})
