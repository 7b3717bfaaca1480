// Hot paths of the runner, for 1,000 steps in 500 pairs each: node hot-paths.js MILLISECONDS; operations a second go to figures.json
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { Bench } from 'tinybench'
import { kind, mib, plan, run, step, tool } from 'trireme-bio'
import { z } from 'zod'
import { keys } from '../../core/graph/key.ts'
import { ResourcePool } from '../../core/run/allocator.ts'
import { Journal } from '../../core/store/journal.ts'

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

const [, , time = '1000'] = process.argv
const whole = build()
for (const folder of ['write', 'read']) mkdirSync(folder)
new Journal('read').add(Array.from({ length: 1000 }, (_, n) => noted(n)))
const bench = new Bench({ time: Number(time), warmupTime: 100 })
bench
  .add('plan', build)
  .add('keys', () => {
    const all = keys(() => '1')
    for (const node of whole.nodes) all.of(node)
  })
  .add('schedule', () => {
    const pool = new ResourcePool<number>({ cpu: 2, memory: 4, gpu: 0 })
    for (let n = 0; n < 1000; n++) pool.add(n, n % 7, { cpu: 1, memory: 1, gpu: 0 })
    for (let taken = pool.take(); taken; taken = pool.take()) pool.give(taken.share)
  })
  .add(
    'added',
    () => {
      const journal = new Journal('write')
      for (let n = 0; n < 1000; n += 50) journal.add(Array.from({ length: 50 }, (_, m) => noted(n + m)))
    },
    { beforeEach: () => rmSync('write/journal.jsonl', { force: true }) },
  )
  .add('read', () => void new Journal('read'))
await bench.run()
const rates = bench.tasks.map(({ name, result }) => {
  if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`)
  return [name, result.throughput.mean]
})
writeFileSync('figures.json', JSON.stringify(Object.fromEntries(rates)))
