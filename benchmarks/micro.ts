import { type ArmFolders, comparison } from 'trireme-bio/benchmarks'
import { figure, figures } from './arms/figures.ts'
import { compiled } from './harness/places.ts'

const rate = (about: string, name: string) => ({ about, unit: 'a second', read: (at: ArmFolders) => figure(at, name) })

export const micro = comparison({
  name: 'micro',
  about: 'Hot paths of the runner in its own process, 1,000 steps each: where a rise of the figures of short-steps may come from',
  arms: {
    'hot paths': {
      command: ({ quick }) => ({ argv: [...compiled('benchmarks/arms/hot-paths.js'), quick ? '200' : '1000'] }),
      check: at => {
        for (const [name, value] of Object.entries(figures(at))) if (!(Number(value) > 0)) throw new Error(`${name}: ${value} a second`)
      },
    },
  },
  quality: {
    plan: rate('Plan: call the steps, check, order', 'plan'),
    keys: rate('Keys: recipes and digests', 'keys'),
    schedule: rate('Schedule: queue, take, give back', 'schedule'),
    'journal, added': rate('Journal: add in groups of 50', 'added'),
    'journal, read': rate('Journal: read', 'read'),
  },
  runs: { least: 6, most: 6 },
})
