import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type CommandArm, comparison, type Shared } from 'trireme-bio/benchmarks'
import { checkMade, checkStore, fresh, trireme } from './arms/of-many-steps.ts'
import { ensurePackages, program } from './arms/python-packages.ts'

const steps = 1000
const snakefile = `
rule all:
    input: expand("made/{n}.txt", n=range(${steps}))
rule make_file:
    output: "made/{n}.txt"
    shell: "echo {wildcards.n} >{output}"
`
const greedy = ['--scheduler', 'greedy']
/** What it would keep in the user's own folders is kept in the run's. */
const snakemake = (folder: string, words: readonly string[]) => ({
  argv: [program('snakemake'), '--cores', '2', '--quiet', 'all', ...words],
  environment: { XDG_CACHE_HOME: path.join(folder, 'cache'), HOME: folder },
})
const bySnakemake = (words: readonly string[]): CommandArm => ({
  prepare: ({ folder }) => writeFileSync(path.join(folder, 'Snakefile'), snakefile),
  command: ({ folder }) => snakemake(folder, words),
  check: ({ folder }) => checkMade(folder, steps),
})
/** Work that is done already: by Trireme, and by Snakemake. */
const [store, done] = ['store', 'done'].map(
  name =>
    ({ shared }: Shared) =>
      path.join(shared, name),
) as [Place, Place] // of two names
type Place = (at: Shared) => string

export const besideSnakemake = comparison({
  name: 'snakemake',
  about: 'The same 1,000 steps by snakemake 9, new and all there already',
  arms: {
    trireme: fresh(() => steps),
    'snakemake, default scheduler': bySnakemake([]),
    'snakemake, greedy scheduler': bySnakemake(greedy),
    'trireme, all cached': { command: at => trireme(steps, store(at)), check: at => checkStore(store(at), steps) },
    'snakemake, nothing to do': {
      command: at => snakemake(done(at), ['--directory', done(at), '--snakefile', path.join(done(at), 'Snakefile')]),
      check: at => checkMade(done(at), steps),
    },
  },
  setup: at => {
    ensurePackages(['snakemake==9.27.0'], at.log)
    mkdirSync(done(at))
    writeFileSync(path.join(done(at), 'Snakefile'), snakefile)
    const first = [trireme(steps, store(at)), snakemake(done(at), greedy)]
    for (const { argv, environment } of first.map(each => ({ environment: {}, ...each }))) {
      const [name = '', ...words] = argv
      execFileSync(name, words, { cwd: done(at), env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'pipe'] })
    }
  },
  runs: { least: 6, most: 15 },
  programs: { snakemake: [program('snakemake'), '--version'] },
  claims: [
    { ratio: ['snakemake, default scheduler', 'trireme'], of: 'wall', least: 20 },
    { ratio: ['snakemake, greedy scheduler', 'trireme'], of: 'wall', least: 5 },
    { ratio: ['snakemake, nothing to do', 'trireme, all cached'], of: 'wall', least: 5 },
  ],
})
