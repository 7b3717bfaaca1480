import { readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { type AnyPipeline, comparisons } from '../cli/project/catalogue.ts'
import { prepareRun } from '../cli/run/prepare.ts'
import { scratch } from '../core/testing.ts'
import { toy } from '../datasets/toy/dataset.ts'
import type { AnyComparison } from './harness/comparison.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const all = await comparisons()

test('every module of the room is one comparison, of its own name', () => {
  const modules = readdirSync(here).flatMap(name => (/\.ts$/.test(name) && !/\.test\.ts$/.test(name) ? [path.basename(name, '.ts')] : []))
  expect(modules.length).toBeGreaterThan(20)
  expect(all.map(({ name, place }) => [name, place]).sort()).toEqual(modules.sort().map(name => [name, name]))
})

/** Where an arm takes files of its dataset by name, those of the smallest do. */
const files = Object.fromEntries(Object.entries(toy.files).flatMap(([name, file]) => ('path' in file ? [[name, file.path]] : [])))
/** Arms of pipelines, as they are and as they are with --quick, but for one comparison whose arguments are files that `setup` makes. */
const arms = all.flatMap(({ it }) =>
  Object.entries(it.name === 'variant-calling-weak-scaling' ? {} : it.arms).flatMap(([arm, own]) => {
    if ('command' in own) return []
    const given = (quick: boolean) => ({ it, arm, given: typeof own === 'function' ? own({ shared: '', files, quick }) : own })
    return typeof own === 'function' ? [given(false), given(true)] : [given(false)]
  }),
)
/** Steps of an arm's plan; nothing runs. */
async function stepsOf({ it: { pipeline, profile }, given }: (typeof arms)[number], store: string) {
  const raw = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, { value, words: name, folder: here }]))
  const options = { out: 'results', store, install: false, stream: true, ...(profile !== undefined && { profile }) }
  const asked = { pipeline: pipeline as AnyPipeline, flags: [], given: raw, options, operands: [] } // as the catalogue has them
  const { plan } = await prepareRun(asked, () => {}, { looking: true })
  return plan.nodes.flatMap(node => (node.kind === 'step' ? [node] : []))
}
const plans: { readonly it: AnyComparison; readonly arm: string; readonly steps: Awaited<ReturnType<typeof stepsOf>> }[] = []
beforeAll(async () => {
  const store = scratch()
  for (const each of arms) plans.push({ ...each, steps: await stepsOf(each, store) })
})
test('an arm asks for the GPUs that its steps need, and for no others', () => {
  expect(plans.length).toBeGreaterThan(35)
  const wrong = plans.flatMap(({ it, arm, steps }) => {
    const needed = Math.max(...steps.map(({ needs }) => needs.gpu?.count ?? 0))
    const asked = it.settings?.[arm]?.gpu ?? 0
    return asked === needed ? [] : [`${it.name}, ${arm}: its steps need ${needed}, it asks for ${asked}`]
  })
  expect(wrong).toEqual([])
})
test('every step of a measure, and every given one, runs in one of the arms', () => {
  const idle = [...new Set(plans.map(({ it }) => it))].flatMap(it => {
    const ran = new Set(plans.flatMap(each => (each.it === it ? each.steps.map(({ step }) => step.name) : [])))
    const named = [...Object.values(it.measures ?? {}).flat(), ...(it.given ?? [])]
    return named.filter(step => !ran.has(step)).map(step => `${it.name}: ${step}`)
  })
  expect(idle).toEqual([])
})
