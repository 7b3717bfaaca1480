import { rmSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { kind, many, mib, type Ref, run, step } from '../../core/index.ts'
import { given, scratch } from '../../core/testing.ts'
import { clusterOf, environment, mark, ran, real } from './real-setting.ts'
import { contentOf } from './setting.ts'

const text = kind('text', { extension: '.txt' })
const script = 'echo "$1 $(($# - 1))"; shift; cat "$@"'
/** Each has needs of its own, and so a template. */
const joined = (number: number, texts: readonly Ref<typeof text>[]) =>
  step({
    name: `joined-${number}`,
    image: 'any',
    inputs: { texts: many(text) },
    outputs: { all: text },
    needs: { cpu: 0.2, memory: mib(64 + number) },
    command: ({ texts, all }) => run('bash', '-c', script, 'step', String(number), texts).into(all),
  })({ texts }).all
// Few pods that take many files each: templates, keys and digests are what fills a Workflow.
real('a plan too large for one Workflow is sent as several, one after another, and ends as one', { timeout: 900_000 }, async () => {
  const [files, pods] = [200, 16]
  const folder = scratch()
  const texts = Array.from({ length: files }, (_, n) => {
    const file = `${folder}/${n}.txt`
    writeFileSync(file, `${mark} ${n}\n`)
    return given('file', text, file)
  })
  const each = Array.from({ length: pods }, (_, number) => joined(number, texts))
  const id = `large-${mark}`
  const { state, failures, results, told } = await ran({ all: joined(pods, each) }, environment(), { run: id })
  rmSync(folder, { recursive: true })
  expect(failures).toEqual([])
  expect(state).toBe('succeeded')
  expect(told.filter(line => line.startsWith('succeeded'))).toHaveLength(pods + 1)
  const words = Array.from({ length: files }, (_, n) => `${mark} ${n}\n`).join('')
  const parts = Array.from({ length: pods }, (_, n) => `${n} ${files}\n${words}`).join('')
  expect(contentOf(results.all)).toBe(`${pods} ${pods}\n${parts}`)
  const cluster = await clusterOf(environment())
  const query = { labelSelector: `trireme/run=${id}` }
  const { items } = await cluster.get<{ readonly metadata?: object; readonly items?: readonly object[] }>(cluster.path('workflows'), {
    query,
  })
  expect(items?.length).toBeGreaterThan(1)
})
