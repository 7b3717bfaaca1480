import { expect, test } from 'vitest'
import { comparison } from '../benchmarks/harness/define.ts'
import { pipelines, profilesOf } from '../cli/project/catalogue.ts'
import { prepareRun } from '../cli/run/prepare.ts'
import { scratch } from '../core/testing.ts'
import { bcftools, freebayes, minimap2 } from '../pipelines/roles.ts'
import { variantCallingWith } from '../pipelines/variant-calling.ts'
import { callTargets } from '../steps/freebayes/call.ts'

// A comparison measures steps that its pipeline names: what runs, and is not named, nobody could ask for.

test('every step that a pipeline of the package runs with its profiles is one that a comparison may measure', async () => {
  const options = { out: 'results', store: scratch(), install: false, stream: true }
  const lacking: string[] = []
  let looked = 0
  for (const { it: pipeline } of await pipelines()) {
    const declared = new Set(pipeline.spec.steps?.map(({ spec }) => spec.name))
    for (const [profile, { dataset }] of Object.entries(await profilesOf(pipeline.spec.name))) {
      if (!dataset) continue
      const asked = { pipeline, flags: [], given: {}, options: { ...options, profile }, operands: [] }
      const { plan } = await prepareRun(asked, () => {}, { looking: true })
      const ran = new Set(plan.nodes.flatMap(node => (node.kind === 'step' ? [node.step.name] : [])))
      expect(ran.size).toBeGreaterThan(2)
      for (const step of ran) if (!declared.has(step)) lacking.push(`${pipeline.spec.name} --profile ${profile}: ${step}`)
      looked++
    }
  }
  expect(looked).toBeGreaterThan(9)
  expect(lacking).toEqual([])
})
test('so are steps of roles of your own, and no others: the compiler says so', () => {
  const strict = { quality: 20, call: freebayes.call, steps: [callTargets] }
  const own = variantCallingWith({ name: 'own', aligners: { minimap2 }, callers: { strict } })
  const without = variantCallingWith({ name: 'without', aligners: { minimap2 }, callers: { bcftools } })
  const wrong = 'which is none of the steps that the pipeline'
  const shared = { name: 'own', about: 'a', arms: { one: { ploidy: 1 } } } as const
  expect(comparison({ ...shared, pipeline: own, measures: { calling: ['freebayes-call-targets', 'bcftools-norm'] } })).toBeTruthy()
  // @ts-expect-error The callers of this one are others.
  expect(() => comparison({ ...shared, pipeline: without, measures: { calling: ['freebayes-call-targets'] } })).toThrow(wrong)
  // @ts-expect-error It has no such aligner.
  expect(() => comparison({ ...shared, pipeline: own, measures: { alignment: ['bwa-mem'] } })).toThrow(wrong)
  expect(own.spec.steps?.map(({ spec }) => spec.name)).toContain('minimap2-align')
})
