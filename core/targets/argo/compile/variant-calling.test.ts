import { expect, test } from 'vitest'
import { contents } from '../../../../containers/images.ts'
import { variantCalling } from '../../../../pipelines/variant-calling.ts'
import { fasta, fastqPair } from '../../../../steps/kinds.ts'
import { source } from '../../../define/pipeline.ts'
import { plan } from '../../../graph/plan.ts'
import { settings as schema } from '../settings.ts'
import { compile } from './compile.ts'
import { workflow } from './manifest-schema.ts'
import { manifestsOf } from './manifests.ts'

// The profile `lambda`: two samples, two lanes each. The golden is written by `npx vitest run core/targets/argo -u`.
const digest = (n: number) => (n + 0xabc00000).toString(16).repeat(8)
const lanes = ['phage1', 'phage2'].flatMap((sample, s) =>
  ['L1', 'L2'].map((lane, l) => {
    const file = (n: number) => ({ url: `reads_${n}.fastq.gz`, sha256: digest(10 * s + 2 * l + n) })
    return { patient: sample, sample, lane, reads: source(`${sample}_${lane}`, fastqPair, { first: file(1), second: file(2) }) }
  }),
)
const genome = source('NC_001416', fasta, { url: 'NC_001416.fa', sha256: digest(100) })
const whole = plan('variant-calling', variantCalling({ samplesheet: lanes, reference: genome, ploidy: 1 }))
const environment = {
  name: 'cluster',
  ...schema.parse({ target: 'argo', context: 'c', namespace: 'n', bucket: { endpoint: 's3.example.org', name: 'bucket' } }),
}
const versions = new Map(Object.values(contents).flatMap(each => Object.entries(each)))
const options = { environment, versions, image: (name: string) => `registry.example.org/trireme/${name}@sha256:${digest(0)}` }
const made = compile(whole, options)

test('pods are at most a third of the steps', () => {
  const steps = made.tasks.reduce((sum, { entries }) => sum + entries.length, 0)
  expect([steps, made.tasks.length]).toEqual([44, 12])
  expect(made.tasks.length * 3).toBeLessThanOrEqual(steps)
  expect(made.tasks.map(({ entries }) => entries.map(({ label }) => label).join(' '))).toContain(
    'fastq-check:phage1_L1 bwa-mem:phage1.L1 samtools-fixmate:phage1.L1 samtools-sort:phage1.L1 fastp-report:phage1_L1',
  )
})
test('what ran side by side still does: no call of a step shares a pod with another call of it, or waits for it', () => {
  const tasks = made.workflows.flatMap(({ spec }) => spec.templates.flatMap(each => ('dag' in each ? each.dag.tasks : [])))
  const before = new Map(tasks.map(({ name, dependencies = [] }) => [name, dependencies]))
  const ancestors = (name: string): readonly string[] => (before.get(name) ?? []).flatMap(each => [each, ...ancestors(each)])
  const names = new Map(made.tasks.map(({ name, entries }) => [name, entries.map(({ node }) => node.step.name)]))
  for (const [task, own] of names) {
    expect(new Set(own).size).toBe(own.length)
    for (const other of ancestors(task)) expect((names.get(other) ?? []).filter(name => own.includes(name))).toEqual([])
  }
  expect([...names.values()].filter(own => own.includes('bwa-mem'))).toHaveLength(4)
})
test('the golden', async () => {
  for (const each of made.workflows) workflow.parse(each)
  const seen = new Map<string, string>()
  const number = (found: string) => {
    if (!seen.has(found)) seen.set(found, `<${seen.size + 1}>`)
    return seen.get(found)!
  }
  const [yaml = ''] = [...manifestsOf(made, 'workflow').values()]
  const steady = yaml
    .replace(/"?\b[0-9a-f]{64}\b"?/g, found => number(found.replaceAll('"', '')))
    .replace(/-[0-9a-f]{8,12}\b/g, found => `-${number(found)}`)
  await expect(steady).toMatchFileSnapshot('golden/variant-calling.yaml')
})
