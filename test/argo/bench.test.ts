import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Record2 } from '../../benchmarks/harness/record.ts'
import { scratch } from '../../core/testing.ts'
import { cli, projectWith } from '../project.ts'
import { runsAll } from './controller.ts'
import type { Json } from './fake-cluster.ts'
import { type Setting, setting } from './setting.ts'

// `trireme bench run` on a cluster in memory: the command line as users have it, of which only the cluster and the bucket are played.

const project = ({ environment }: Setting) => {
  const { name: _, bucket, context, kubeconfig, namespace } = environment
  const gpuPools = [
    { model: 'T4', memory: '16GB', spot: true },
    { model: 'A10G', memory: '24GB', price: 'aws-g5.xlarge' },
  ]
  const lab = { target: 'argo', context, kubeconfig, namespace, bucket, gpuPools, images: { registry: 'registry.example.org', tag: '1' } }
  return projectWith({
    'trireme.config.yaml': stringify({ environments: { lab } }),
    'pipelines/writing.ts': `import { gib, kind, mib, pipeline, run, step } from 'trireme-bio'
import { z } from 'zod'
const text = kind('text', { extension: '.txt' })
const params = { words: z.string() }
export const made = step({
  name: 'own-made', image: 'reads', inputs: {}, params, outputs: { made: text }, needs: { cpu: 1, memory: mib(64), gpu: { count: 1, memory: gib(20) } },
  command: ({ words, made }) => run('printf', words).into(made),
})
export const writing = pipeline({ name: 'writing', inputs: {}, params, steps: [made], build: ({ words }) => ({ made: made({ words }).made }) })`,
    'benchmarks/writing.ts': `import { comparison } from 'trireme-bio/benchmarks'
import { writing } from '../pipelines/writing.ts'
export const ways = comparison({
  name: 'writing', about: 'Two ways to write', pipeline: writing, environments: ['lab'], warmups: 0,
  arms: { one: { words: 'one' }, two: { words: 'two' } }, measures: { writing: ['own-made'] },
})`,
  })
}
/** While it runs this process plays the cluster. */
const bench = (folder: string, store: string, ...more: readonly string[]) =>
  new Promise<{ readonly status: number | null; readonly said: string }>(done => {
    const argv = [cli, 'bench', 'run', 'writing', '--runs', '1', '--store', store, '--scratch', path.join(store, 'records'), ...more]
    const child = spawn(process.execPath, argv, { cwd: folder, env: { ...process.env, TRIREME_STORE: '', TMPDIR: scratch() } })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (said += text))
    child.on('close', status => done({ status, said }))
  })
const recordIn = (store: string): Record2 => {
  const [machine = ''] = readdirSync(path.join(store, 'records'))
  const [file = ''] = readdirSync(path.join(store, 'records', machine))
  return JSON.parse(readFileSync(path.join(store, 'records', machine, file), 'utf8')) // as it was written
}

test('every run has a place of its own in the bucket and leaves nothing there; a cluster that goes away is told, and the same command goes on', {
  timeout: 120_000,
}, async () => {
  const at = await setting()
  const [folder, store] = [project(at), scratch()]
  const places: string[] = []
  const onWorkflow = (name: string, workflow: Json) => {
    const [, place = ''] = /"(below\/bench\/[^"/]+\/[^"/]+)\//.exec(JSON.stringify(workflow)) ?? []
    places.push(place)
    runsAll(at.cluster, at.bucket, `${place}/`, () => 'x')
    at.cluster.onWorkflow(name, workflow)
    at.cluster.onWorkflow = onWorkflow
    if (places.length === 2) at.cluster.refuse = () => ({ status: 401, message: 'Unauthorized' })
  }
  at.cluster.onWorkflow = onWorkflow
  const first = await bench(folder, store)
  expect(first.status).toBe(1)
  expect(first.said).toMatch(
    /^The arm "(one|two)" in lab ended with status 8:\nThe cluster of context "test" does not accept your credentials \(401\)/m,
  )
  expect(first.said).toContain('\nWhat was measured before is kept: when this is mended, the same command goes on from there.\n')
  expect([...at.bucket.objects.keys()]).toEqual([])
  at.cluster.refuse = () => undefined
  const second = await bench(folder, store)
  expect(second.said).toContain('Going on where it was interrupted: 1 run')
  expect(second.said).toContain(
    'Steps in lab asked for GPUs of the pool A10G, and nothing told which device they had, or whether there was one.',
  )
  expect(second.said).toMatch(/^\| writing \| one \| lab +\| 1 +\| 1\.5 .*\| 1\.5, none seen \| 0\.01677 USD \|/m)
  expect(second.status).toBe(0)
  expect(new Set(places).size).toBe(3)
  expect([...at.bucket.objects.keys()]).toEqual([])
  const { environments, runs } = recordIn(store)
  expect(environments.lab?.pools).toMatchObject([
    { model: 'T4', spot: true },
    { model: 'A10G', price: { name: 'aws-g5.xlarge', gpus: 1 } },
  ])
  const steps = runs.map(run => run.events.map(({ event, gpu, pool, seconds }) => `${event} ${gpu ?? pool ?? seconds}`))
  expect(steps).toEqual(Array(2).fill(['planned 1', 'started 1', 'succeeded 1.5']))
})
test('what is given and stays in a bucket is told before anything is measured', { timeout: 60_000 }, async () => {
  const at = await setting()
  const [folder, store] = [project(at), scratch()]
  const edit = (file: string, from: string, to: string) =>
    writeFileSync(path.join(folder, file), readFileSync(path.join(folder, file), 'utf8').replace(from, to))
  edit('benchmarks/writing.ts', "measures: { writing: ['own-made'] }", "given: ['own-made']")
  edit('pipelines/writing.ts', '({ made: made({ words }).made })', '({ copy: copied({ from: made({ words }).made }).made })')
  edit(
    'pipelines/writing.ts',
    'export const writing',
    `const copied = step({
  name: 'own-copied', image: 'reads', inputs: { from: text }, outputs: { made: text }, needs: { cpu: 1, memory: mib(64) },
  command: ({ from, made }) => run('cat', from).into(made),
})
export const writing`,
  )
  const onWorkflow = (name: string, workflow: Json) => {
    const [, place = ''] = /"(below\/bench\/[^"/]+\/[^"/]+)\//.exec(JSON.stringify(workflow)) ?? []
    runsAll(at.cluster, at.bucket, `${place}/`, () => 'x')
    at.cluster.onWorkflow(name, workflow)
    at.cluster.onWorkflow = onWorkflow
  }
  at.cluster.onWorkflow = onWorkflow
  const { status, said } = await bench(folder, store)
  expect([status, said]).toEqual([
    2,
    expect.stringContaining(
      'The comparison has "own-made" given, and the run in lab left no result of it on this machine: results of a cluster stay in its bucket, and what goes through a pipe is not kept. Compare in environments of this machine, or leave "own-made" out of "given".',
    ),
  ])
})
