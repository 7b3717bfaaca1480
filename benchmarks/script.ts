import { comparison } from 'trireme-bio/benchmarks'
import { variantCalling } from '../pipelines/variant-calling.ts'
import { byHand } from './calling/by-hand.ts'
import { onePair, programs, sameRecords } from './calling/variants.ts'

export const besideScript = comparison({
  name: 'script',
  about: 'Reads to filtered variants on sim5m, beside the same pipes in a script by hand, 2 cores',
  pipeline: variantCalling,
  profile: 'sim5m',
  arms: { trireme: onePair({ parts: 1 }), 'script by hand': byHand('streamed.sh') },
  settings: { trireme: { cpu: 2 } },
  baseline: 'script by hand',
  outputs: sameRecords,
  runs: { least: 20 },
  quick: { profile: 'test' },
  programs,
  claims: [
    { ratio: ['trireme', 'script by hand'], of: 'cpu', most: 1.02 },
    { ratio: ['trireme', 'script by hand'], of: 'wall', most: 1.05 },
  ],
})
