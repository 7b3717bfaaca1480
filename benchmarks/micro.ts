import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { Bench } from 'tinybench'
import { kind, mib, plan, run, step, tool } from 'trireme-bio'
import { z } from 'zod'
import { keys } from '../core/graph/key.ts'
import { ResourcePool } from '../core/run/allocator.ts'
import { Journal } from '../core/store/journal.ts'
import type { Benchmark } from './harness/benchmark.ts'

// Hot paths of the runner, for 1,000 steps in 500 pairs each: where a rise of the figures in short-steps.ts may come from.
const text = kind('text', { extension: '.txt' }, {})
const shell = tool({
  name: 'sh',
  homepage: 'https://pubs.opengroup.org/onlinepubs/9799919799/utilities/sh.html',
  licence: 'none',
  version: { argv: ['sh'], match: /(.*)/ },
  accepts: '*',
  debian: 'dash',
  conda: 'conda-forge::dash=0.5.*',
})
const shared = { edam: ['operation_2409'], tools: [shell], image: 'base', needs: { cpu: 1, memory: mib(1) } } as const
const first = step({
  ...shared,
  name: 'first',
  about: 'Create a file',
  inputs: {},
  params: { number: z.int() },
  outputs: { made: text },
  command: ({ made, number }) => run('sh', '-c', 'echo "$1" >"$2"', 'sh', number, made),
})
const second = step({
  ...shared,
  name: 'second',
  about: 'Copy a file',
  inputs: { from: text },
  outputs: { made: text },
  command: ({ from, made }) => run('cp', from, made),
})
const pairs = Array.from({ length: 500 }, (_, n) => n)
const build = () => plan('pairs', { made: pairs.map(number => second({ from: first({ number }).made }).made) })
const key = (n: number) => n.toString(16).padStart(64, '0')
const noted = (n: number) => ({ key: key(n), same: key(n), record: key(n) })

export const hotPaths: Benchmark = {
  name: 'micro',
  about: 'Hot paths of the runner, 1,000 steps each: plan, keys, schedule, journal',
  programs: {},
  measure: async ({ scratch, quick }) => {
    const bench = new Bench({ time: quick ? 200 : 1000, warmupTime: 100 })
    const whole = build()
    const folders = { write: path.join(scratch, 'write'), read: path.join(scratch, 'read') }
    for (const folder of Object.values(folders)) mkdirSync(folder)
    new Journal(folders.read).add(Array.from({ length: 1000 }, (_, n) => noted(n)))
    bench
      .add('plan: call the steps, check, order', build)
      .add('key: recipes and digests', () => {
        const all = keys(() => '1')
        for (const node of whole.nodes) all.of(node)
      })
      .add('schedule: queue, take, give back', () => {
        const pool = new ResourcePool<number>({ cpu: 2, memory: 4, gpu: 0 })
        for (let n = 0; n < 1000; n++) pool.add(n, n % 7, { cpu: 1, memory: 1, gpu: 0 })
        for (let taken = pool.take(); taken; taken = pool.take()) pool.give(taken.share)
      })
      .add(
        'journal: add in groups of 50',
        () => {
          const journal = new Journal(folders.write)
          for (let n = 0; n < 1000; n += 50) journal.add(Array.from({ length: 50 }, (_, m) => noted(n + m)))
        },
        { beforeEach: () => rmSync(path.join(folders.write, 'journal.jsonl'), { force: true }) },
      )
      .add('journal: read', () => void new Journal(folders.read))
    await bench.run()
    const rows = bench.tasks.map(({ name, result }) => {
      if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`)
      return { what: name, unit: 'operations a second' as const, value: result.throughput.mean, target: {}, met: true }
    })
    return { timed: {}, rows }
  },
}
