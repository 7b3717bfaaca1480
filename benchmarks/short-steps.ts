import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { comparison } from 'trireme-bio/benchmarks'
import { checkMade, fresh, type ManyStepsAt } from './arms/of-many-steps.ts'
import { compiled } from './harness/places.ts'

const steps = ({ quick }: ManyStepsAt) => (quick ? 100 : 1000)
const bare = (at: ManyStepsAt) => [...compiled('benchmarks/arms/spawn-loop.js'), String(steps(at))]
const loop = (argv: (at: ManyStepsAt) => readonly string[]) => ({
  command: (at: ManyStepsAt) => ({ argv: argv(at) }),
  check: (at: ManyStepsAt) => checkMade(at.folder, steps(at)),
})
const floor = 'spawn loop, CPU and memory measured'

export const shortSteps = comparison({
  name: 'short-steps',
  about: '1,000 steps that create a file, beside a bare spawn loop and make',
  arms: {
    trireme: fresh(steps),
    'spawn loop': loop(bare),
    [floor]: loop(at => [...bare(at), '/usr/bin/time', '-o', 'figures', '-f', '%U %S %M']),
    'make -j2': {
      ...loop(() => ['make', '-s', '-j2']),
      prepare: at => {
        mkdirSync(path.join(at.folder, 'made'))
        writeFileSync(
          path.join(at.folder, 'Makefile'),
          `all: $(shell seq -f 'made/%g.txt' 0 ${steps(at) - 1})\nmade/%.txt:\n\t@echo $* >$@\n`,
        )
      },
    },
  },
  baseline: floor,
  runs: { least: 15 },
  programs: { make: ['make', '--version'] },
  claims: [
    { ratio: ['trireme', floor], of: 'wall', most: 1.5 },
    { ratio: ['trireme', floor], of: 'cpu', most: 1.5 },
    { ratio: ['trireme', 'spawn loop'], of: 'wall', most: 2 },
    { ratio: ['trireme', 'spawn loop'], of: 'cpu', most: 2 },
    { ratio: ['trireme', 'make -j2'], of: 'wall', most: 3 },
    { ratio: ['trireme', 'make -j2'], of: 'cpu', most: 3 },
  ],
})
