import { execFileSync } from 'node:child_process'
import { gib, kind, plan, run, step } from 'trireme-bio'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { findEnvironment } from '../../cli/project/environments.ts'
import type { Environment } from '../../core/environment/settings.ts'
import { compile } from '../../core/targets/argo/compile/compile.ts'
import { yamlOf } from '../../core/targets/argo/compile/yaml.ts'
import type { ArgoEnvironment } from '../../core/targets/argo/settings.ts'

// The models of the package: what they become is what a cluster takes.
const image = (name: string) => `registry.example.org/trireme/${name}@sha256:${'a'.repeat(64)}`
const learn = step({
  name: 'learn',
  image: 'training',
  inputs: {},
  params: { gpu: z.number() },
  outputs: { made: kind('text', { extension: '.txt' }) },
  needs: ({ gpu }) => ({ cpu: 1, memory: gib(1), ...(gpu > 0 && { gpu: { count: 1, memory: gib(gpu) } }) }),
  command: ({ made, gpu }) => run('echo', gpu, made),
})
const isArgo = (it: Environment): it is ArgoEnvironment => it.target === 'argo'
async function model(name: string): Promise<ArgoEnvironment> {
  const environment = await findEnvironment(name)
  if (!isArgo(environment)) throw new Error(`${name} is no model of a cluster.`)
  return environment
}
const compiled = async (name: string, gpus: Readonly<Record<string, number>>) => {
  const made = Object.fromEntries(Object.entries(gpus).map(([of, gpu]) => [of, learn({ gpu }).made]))
  return compile(plan('models', made), { environment: await model(name), versions: new Map(), image })
}
const yaml = async (...at: Parameters<typeof compiled>) => {
  const whole = await compiled(...at)
  return whole.workflows.map(workflow => yamlOf(workflow, whole)).join('---\n')
}
const types = (text: string) => [...text.matchAll(/node\.kubernetes\.io\/instance-type: (\S+)/g)].map(([, type]) => type)

test('a step takes the first pool whose GPUs have the memory that it needs', async () => {
  expect(types(await yaml('cloud', { none: 0 }))).toEqual([])
  expect(types(await yaml('cloud', { small: 8 }))).toEqual(['g4dn.xlarge'])
  expect(types(await yaml('cloud', { middle: 20 }))).toEqual(['g5.xlarge'])
  const large = await yaml('cloud', { large: 60 })
  expect(types(large)).toEqual(['p5.4xlarge'])
  expect(large).toMatch(/nvidia\.com\/gpu: "1"/)
  expect(large).toContain('key: nvidia.com/gpu')
  await expect(yaml('cloud', { huge: 200 })).rejects.toThrow('needs a GPU with 200 GiB of memory')
  await expect(yaml('onprem-argo', { small: 8 })).rejects.toThrow(
    'Step learn needs 1 GPU, and environment "onprem-argo" lets steps use 0. Raise limits.gpu',
  )
})
test('labels for the attribution of cost, pull secrets and the accounts are there', async () => {
  const text = await yaml('onprem-argo', { a: 0 })
  for (const each of ['cost-centre: genomics', 'name: registry', 'serviceAccountName: pipeline', 'pipeline-executor'])
    expect(text).toContain(each)
  expect(text).not.toMatch(/hostNetwork|secretKey: (?!secretKey|$)\S/m)
})

const context = process.env.TRIREME_TEST_CONTEXT
describe.skipIf(context === undefined)(
  `a real API server${context === undefined ? ' (skipped: TRIREME_TEST_CONTEXT names no context)' : ''}`,
  () => {
    test.each([
      ['onprem-argo', { a: 0 }],
      ['cloud', { none: 0, small: 8, middle: 20, large: 60 }],
    ])('admits what %s becomes, every field known', async (name, gpus) => {
      const input = (await yaml(name, gpus)).replace(/^ {2}namespace: .*\n/m, '')
      const words = ['--context', context ?? '', 'create', '--dry-run=server', '--validate=strict', '--filename', '-']
      expect(execFileSync('kubectl', words, { input, encoding: 'utf8' })).toMatch(/created \(server dry run\)/)
    })
  },
)
