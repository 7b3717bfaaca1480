import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Benchmark } from './harness/benchmark.ts'
import { timedIn } from './harness/benchmark.ts'
import { type Arm, ratioRow, within } from './harness/compare.ts'
import { type Command, measure } from './harness/measure.ts'
import { compiled } from './harness/places.ts'
import { median } from './harness/statistics.ts'
import { ensureSnakemake, snakemake, snakemakeCommand } from './snakemake.ts'

// 1,000 independent steps, each `sh -c` creating a file, two at a time: the cost of the engine itself, where the tools cost nothing.
const steps = 1000

/** Proves that every file is there and holds its number. */
function checkFiles(files: readonly string[], count: number): void {
  const numbers = new Set(files.map(file => Number(readFileSync(file, 'utf8'))))
  if (numbers.size !== count || !numbers.has(0) || !numbers.has(count - 1)) throw new Error(`${numbers.size} of ${count} files were made`)
}
const inMade = (folder: string) => readdirSync(path.join(folder, 'made')).map(name => path.join(folder, 'made', name))
const inStore = (store: string) =>
  readdirSync(path.join(store, 'entries')).flatMap(half =>
    readdirSync(path.join(store, 'entries', half)).map(key => path.join(store, 'entries', half, key, 'made.txt')),
  )
const trireme = (count: number, store: string): Omit<Command, 'folder'> => ({
  argv: [...compiled('benchmarks/arms/many-steps.js'), String(count), store],
})
const fresh: Arm = {
  command: folder => trireme(steps, path.join(folder, 'store')),
  check: folder => checkFiles(inStore(path.join(folder, 'store')), steps),
}
const bare = [...compiled('benchmarks/arms/spawn-loop.js'), String(steps)]
const arms = {
  trireme: fresh,
  'spawn loop': { command: () => ({ argv: bare }), check: folder => checkFiles(inMade(folder), steps) },
  'spawn loop, CPU and memory measured': {
    command: () => ({ argv: [...bare, '/usr/bin/time', '-o', 'figures', '-f', '%U %S %M'] }),
    check: folder => checkFiles(inMade(folder), steps),
  },
  'make -j2': {
    prepare: folder => {
      mkdirSync(path.join(folder, 'made'))
      writeFileSync(path.join(folder, 'Makefile'), `all: $(shell seq -f 'made/%g.txt' 0 ${steps - 1})\nmade/%.txt:\n\t@echo $* >$@\n`)
    },
    command: () => ({ argv: ['make', '-s', '-j2'] }),
    check: folder => checkFiles(inMade(folder), steps),
  },
} satisfies Record<string, Arm>

export const shortSteps: Benchmark = {
  name: 'short-steps',
  about: '1,000 steps that create a file, beside a bare spawn loop and make',
  programs: { make: ['make', '--version'] },
  measure: async session => {
    const timed = await timedIn(session, arms, { rounds: 15 })
    const against = (floor: keyof typeof arms, most: number) =>
      (['wall', 'cpu'] as const).map(of => ratioRow(timed, of, ['trireme', floor], { most }))
    return { timed, rows: [...against('spawn loop, CPU and memory measured', 1.5), ...against('spawn loop', 2), ...against('make -j2', 3)] }
  },
}

const snakefile = `
rule all:
    input: expand("made/{n}.txt", n=range(${steps}))
rule make_file:
    output: "made/{n}.txt"
    shell: "echo {wildcards.n} >{output}"
`
const bySnakemake = (words: readonly string[]): Arm => ({
  prepare: folder => writeFileSync(path.join(folder, 'Snakefile'), snakefile),
  command: folder => snakemake(folder, ['--cores', '2', '--quiet', 'all', ...words]),
  check: folder => checkFiles(inMade(folder), steps),
})
export const besideSnakemake: Benchmark = {
  name: 'snakemake',
  about: 'The same steps by snakemake 9, new and all there already',
  programs: { snakemake: snakemakeCommand },
  measure: async session => {
    ensureSnakemake(session.log)
    const timed = await timedIn(
      session,
      {
        trireme: fresh,
        'snakemake, default scheduler': bySnakemake([]),
        'snakemake, greedy scheduler': bySnakemake(['--scheduler', 'greedy']),
      },
      { rounds: 5 },
    )
    const [store, done] = [path.join(session.scratch, 'store'), path.join(session.scratch, 'done')]
    mkdirSync(done)
    writeFileSync(path.join(done, 'Snakefile'), snakefile)
    await measure({ ...trireme(steps, store), folder: session.scratch })
    await measure({ ...snakemake(done, ['--cores', '2', '--quiet', 'all', '--scheduler', 'greedy']), folder: done })
    const cached = await timedIn(
      session,
      {
        'trireme, all cached': { command: () => trireme(steps, store), check: () => checkFiles(inStore(store), steps) },
        'snakemake, nothing to do': {
          command: () =>
            snakemake(done, ['--cores', '2', '--quiet', 'all', '--directory', done, '--snakefile', path.join(done, 'Snakefile')]),
          check: () => checkFiles(inMade(done), steps),
        },
      },
      { rounds: 15 },
    )
    return {
      timed: { ...timed, ...cached },
      rows: [
        ratioRow(timed, 'wall', ['snakemake, default scheduler', 'trireme'], { least: 20 }),
        ratioRow(timed, 'wall', ['snakemake, greedy scheduler', 'trireme'], { least: 5 }),
        ratioRow(cached, 'wall', ['snakemake, nothing to do', 'trireme, all cached'], { least: 5 }),
      ],
    }
  },
}

export const tenThousand: Benchmark = {
  name: 'ten-thousand',
  about: '10,000 steps: memory of the runner, and all cached beside 1,000',
  programs: {},
  measure: async session => {
    const [small, large] = [path.join(session.scratch, 'small'), path.join(session.scratch, 'large')]
    await measure({ ...trireme(steps, small), folder: session.scratch })
    const first = await measure({ ...trireme(10 * steps, large), folder: session.scratch })
    checkFiles(inStore(large), 10 * steps)
    const timed = await timedIn(
      session,
      {
        '1,000 cached': { command: () => trireme(steps, small), check: () => checkFiles(inStore(small), steps) },
        '10,000 cached': { command: () => trireme(10 * steps, large), check: () => {} },
      },
      { rounds: 15 },
    )
    const memory = (what: string, bytes: number, most: number) => {
      const value = bytes / 2 ** 20
      return { what, unit: 'MiB' as const, value, target: { most }, met: within(value, { most }) }
    }
    return {
      timed: { '10,000 new': [first], ...timed },
      rows: [
        ratioRow(timed, 'wall', ['10,000 cached', '1,000 cached'], { most: 11 }),
        memory('memory of the runner, 10,000 new steps', first.memory, 200),
        memory('memory of the runner, 10,000 cached steps', median(timed['10,000 cached'].map(run => run.memory)), 200),
      ],
    }
  },
}
