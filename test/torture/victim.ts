import { appendFileSync } from 'node:fs'
import { kind, many, mib, plan, type Ref, run, step } from '../../core/index.ts'
import { runLocally, Store } from '../../core/targets/local/index.ts'
import { type DagName, dags, type Work } from './dag.ts'

// node victim.mjs STORE RUN DAG EVENTS: one runner, as small as a program that uses the library can be. Bundled, so that it starts fast and
// makes the same system calls every time.

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const steps = {
  alone: ({ name, script }: Work) =>
    step({
      name,
      image: 'i',
      inputs: {},
      outputs: { out: text },
      streams: ['out'],
      needs,
      command: ({ out }) => run('sh', '-c', script).into(out),
    })({}).out,
  after: ({ name, script }: Work, from: Ref<typeof text>) =>
    step({
      name,
      image: 'i',
      inputs: { from: text },
      outputs: { out: text },
      streams: ['from'],
      needs,
      command: ({ from, out }) => run('sh', '-c', script, 'sh', from).into(out),
    })({ from }).out,
  gather: ({ name, script }: Work, from: readonly Ref<typeof text>[]) =>
    step({
      name,
      image: 'i',
      inputs: { from: many(text) },
      outputs: { out: text },
      needs,
      command: ({ from, out }) => run('sh', '-c', script, 'sh', from).into(out),
    })({ from }).out,
}
const [root = '', run_ = '', dag = '', events = ''] = process.argv.slice(2)
const made = new Map<string, Ref<typeof text>>()
for (const work of dags[dag as DagName]) {
  const from = work.from.map(name => made.get(name)!)
  const [only, ...others] = from
  made.set(work.name, !only ? steps.alone(work) : others.length > 0 ? steps.gather(work, from) : steps.after(work, only))
}
try {
  const told = await runLocally(plan('tortured', Object.fromEntries(made)), {
    store: await Store.open(root),
    versions: new Map(),
    run: run_,
    cpu: 2,
    on: event => appendFileSync(events, `${JSON.stringify(event)}\n`),
  })
  for (const failure of told.failures) console.error(failure)
  process.exitCode = told.state === 'succeeded' ? 0 : 1
} catch (error) {
  const own = error instanceof Error && error.name === 'TriremeError'
  console.error(own ? error.message : error)
  process.exitCode = own ? 7 : 70
}
