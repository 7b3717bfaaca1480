import { comparison } from 'trireme-bio/benchmarks'
import { figure } from './arms/figures.ts'
import { compiled } from './harness/places.ts'

const arm = 'one of two learning rates changed'
const steps = (about: string, name: string) => ({ about, read: (at: Parameters<typeof figure>[0]) => figure(at, name) })

export const idrChanged = comparison({
  name: 'idr-changed',
  about: 'A sweep of four configurations with one value changed: only the changed ones run',
  arms: {
    [arm]: {
      command: () => ({ argv: compiled('benchmarks/arms/changed-sweep.js') }),
      check: at => {
        const trained = figure(at, 'first')
        if (trained !== 4) throw new Error(`The first sweep trained ${trained} networks; right are 4.`)
      },
    },
  },
  quality: {
    again: steps('Steps that run when nothing changed', 'again'),
    trained: steps('Trainings that run of 4, when one of two learning rates changed', 'trained'),
    drawn: steps('Drawings and tables that run then', 'drawn'),
  },
  warmups: 0,
  runs: { least: 1, most: 1 },
  claims: [
    { quality: 'again', arm, take: 'most', most: 0 },
    { quality: 'trained', arm, take: 'most', least: 2, most: 2 },
    { quality: 'drawn', arm, take: 'most', most: 0 },
  ],
})
