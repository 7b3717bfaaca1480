import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Plan } from '../../core/graph/plan.ts'
import { compile } from '../../core/targets/argo/compile/compile.ts'
import { type Form, manifestsOf } from '../../core/targets/argo/compile/manifests.ts'
import { settings } from '../../core/targets/argo/settings.ts'
import { scratch } from '../../core/testing.ts'
import { cases } from '../conformance/cases/index.ts'
import { projectWith, trireme } from '../project.ts'

// What is compiled, as Argo's own command line judges it: strictly, and without a cluster.

const lacks = spawnSync('argo', ['version', '--short'], { stdio: 'ignore' }).status !== 0
function lint(folder: string) {
  const { status, stdout, stderr } = spawnSync('argo', ['lint', '--offline', '--strict', '--no-color', folder], { encoding: 'utf8' })
  return { status, stdout, stderr }
}
const clean = { status: 0, stdout: expect.stringContaining('no linting errors found'), stderr: '' }
const environment = {
  name: 'lab',
  ...settings.parse({
    ...{ target: 'argo', context: 'lab', namespace: 'science', gpuPools: [{ model: 'any', memory: '80GiB' }] },
    limits: { cpu: 8, memory: '64GiB', gpu: 1 },
    bucket: { endpoint: 's3.example.org', name: 'results', credentials: { secret: { name: 's3', accessKey: 'a', secretKey: 's' } } },
  }),
}
/** Its manifests in a folder of their own, as `trireme compile` writes them. @returns false where that refuses it: manifests would hold a part */
function writeManifests(folder: string, plan: Plan, form: Form): boolean {
  const image = (name: string) => `registry.example.org/${name}@sha256:${'a'.repeat(64)}`
  const compiled = compile(plan, { environment, versions: new Map(), image })
  if (compiled.later.length > 0) return false
  mkdirSync(folder)
  for (const [name, text] of manifestsOf(compiled, form)) writeFileSync(path.join(folder, name), text)
  return true
}
describe.skipIf(lacks)(`argo lint${lacks ? ' (skipped: no argo here)' : ''}`, () => {
  test.each(['workflow', 'template'] as const)('what the plans of the conformance suite become, as %s', form => {
    const [folder, files] = [scratch(), scratch()]
    const plans = new Map(cases.flatMap(({ plans }) => plans({ folder: files, confine: '' }).map(plan => [plan.name, plan])))
    const written = [...plans.values()].map(plan => writeManifests(path.join(folder, plan.name), plan, form))
    console.info(`${written.filter(Boolean).length} plans, ${written.filter(each => !each).length} refused`)
    expect(written.filter(Boolean).length).toBeGreaterThan(30)
    expect(lint(folder)).toEqual(clean)
  })
  test('it would find a fault: a task of a template that is not there', () => {
    const folder = scratch()
    const [plan] = cases.find(({ name }) => name === 'chain')!.plans({ folder: scratch(), confine: '' })
    writeManifests(`${folder}/chain`, plan!, 'workflow')
    const [file = ''] = readdirSync(`${folder}/chain`).filter(name => name.endsWith('.yaml'))
    const text = readFileSync(`${folder}/chain/${file}`, 'utf8')
    writeFileSync(`${folder}/chain/${file}`, text.replace(/template: [^,}\s]+/, 'template: no-such'))
    expect(lint(folder)).toMatchObject({ status: 1, stdout: expect.stringContaining('no-such') })
  })
  test.each([
    ['variant-calling', 'test'],
    ['variant-calling', 'lambda'],
    ['idr-classification', 'test'],
  ])('%s --profile %s, as the command line writes it in either form', { timeout: 120_000 }, (pipeline, profile) => {
    const folder = projectWith()
    for (const form of ['workflow', 'template']) {
      const made = trireme(folder, 'compile', pipeline, '--profile', profile, '--on', 'onprem-argo', '--as', form, '-o', form)
      expect(made).toMatchObject({ status: 0 })
      expect(lint(path.join(folder, form))).toEqual(clean)
    }
  })
})
