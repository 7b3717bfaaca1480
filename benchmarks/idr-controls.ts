import { existsSync } from 'node:fs'
import path from 'node:path'
import { type ArmFolders, comparison, type Shared } from 'trireme-bio/benchmarks'
import { idrClassification } from '../pipelines/idr-classification.ts'
import { figure } from './arms/figures.ts'
import { compiled } from './harness/places.ts'
import { small } from './idr/prepared.ts'
import { auc } from './idr/results.ts'

const colours = 'no colour augmentation'
const shuffled = 'labels shuffled over patients, mean of five seeds'
const without =
  (augment: 'none' | 'd4') =>
  ({ quick }: Shared) => ({ ...(quick && small), augment })
const ofPatients = auc('group')

/** If these trainings worked, the drawn images would show their class by something other than histology. */
export const idrControls = comparison({
  name: 'idr-controls',
  about: 'Negative controls on the SYNTHETIC twin: no colour augmentation, labels shuffled over patients',
  pipeline: idrClassification,
  profile: 'twin',
  arms: {
    [colours]: without('none'),
    [`${colours}, turned and mirrored`]: without('d4'),
    [shuffled]: {
      command: ({ quick }) => ({ argv: [...compiled('benchmarks/arms/shuffled-labels.js'), ...(quick ? ['2', 'small'] : ['5'])] }),
      check: at => void figure(at, 'mean'),
    },
  },
  given: ['idr-table', 'idr-twin', 'image-split'],
  quality: {
    'patient AUC': {
      ...ofPatients,
      read: (at: ArmFolders) => (existsSync(path.join(at.folder, 'figures.json')) ? figure(at, 'mean') : ofPatients.read(at)),
    },
  },
  warmups: 0,
  runs: { least: 1, most: 1 },
  claims: [
    { quality: 'patient AUC', arm: colours, take: 'most', most: 0.9 },
    { quality: 'patient AUC', arm: `${colours}, turned and mirrored`, take: 'most', most: 0.9 },
    { quality: 'patient AUC', arm: shuffled, take: 'mean', least: 0.4, most: 0.6 },
  ],
})
