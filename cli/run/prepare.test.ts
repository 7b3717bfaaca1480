import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gib, kind, pipeline, run, step } from 'trireme-bio'
import { imageArchive } from 'trireme-bio/kinds'
import { sheet } from 'trireme-bio/steps/image/sheet'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { localEnvironment } from '../../core/targets/environment.ts'
import type { Raw } from '../arguments/raw.ts'
import type { AnyPipeline } from '../project/catalogue.ts'
import { limitsOf } from './execute.ts'
import { prepareRun } from './prepare.ts'

const machine = { device: z.string().default('cpu'), threads: z.int().default(1) }
const learn = step({
  name: 'learn',
  image: 'training',
  inputs: {},
  params: machine,
  outputs: { made: kind('text', { extension: '.txt' }) },
  needs: ({ device, threads }) => ({ cpu: threads, memory: gib(1), ...(device !== 'cpu' && { gpu: { count: 1 } }) }),
  command: ({ made, device, threads }) => run('echo', device, threads, made),
})
const learning = pipeline({ name: 'learning', inputs: {}, params: machine, build: at => ({ made: learn(at).made }) })
const plain = pipeline({ name: 'plain', inputs: {}, params: {}, build: () => ({ made: learn({}).made }) })

const before = process.cwd()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-prepare-'))
  process.chdir(folder)
  writeFileSync(
    'trireme.config.yaml',
    'environments: { gpus: { target: local, device: cuda, threads: 4, limits: { cpu: 8, memory: 16GiB, gpu: 2 } } }',
  )
})
afterEach(() => process.chdir(before))
const prepared = (of: typeof learning | typeof plain, given: Raw = {}, on: { readonly on?: string } = { on: 'gpus' }) =>
  prepareRun(
    {
      pipeline: of,
      flags: [],
      given,
      options: { out: 'results', store: path.join(folder, 'store'), install: false, stream: true, ...on },
      operands: [],
    },
    () => {},
    { looking: true },
  )
const flag = (value: unknown) => ({ value, words: 'a flag', folder })
const stepOf = async (made: ReturnType<typeof prepared>) => (await made).plan.nodes.find(node => node.kind === 'step')

test('an environment says where networks run, where the pipeline has such parameters', async () => {
  expect(await stepOf(prepared(learning))).toMatchObject({ needs: { cpu: 4, gpu: { count: 1 } } })
  expect((await prepared(learning)).values).toMatchObject({ device: 'cuda', threads: 4 })
  expect((await prepared(learning)).environment?.name).toBe('gpus')
  expect((await prepared(plain)).values).toEqual({})
})
test('a flag comes before it', async () => {
  expect((await prepared(learning, { device: flag('cpu') })).values).toMatchObject({ device: 'cpu', threads: 4 })
  expect((await prepared(learning, { threads: flag(1) })).values).toMatchObject({ device: 'cuda', threads: 1 })
})
test('without one the pipeline says it itself', async () => {
  const made = await prepared(learning, {}, {})
  expect(made.environment).toMatchObject({ target: 'local', limits: {} })
  expect(made.values).toMatchObject({ device: 'cpu', threads: 1 })
})
test('a folder of images is bound as an archive of the store, which is told once; the same images elsewhere have the same key', async () => {
  const looked = pipeline({
    name: 'looked',
    inputs: { images: imageArchive },
    build: ({ images }) => ({ table: sheet({ sheet: [], archive: images }).table }),
  })
  for (const at of ['one', 'two'])
    for (const name of ['cat', 'dog']) {
      mkdirSync(path.join(at, name), { recursive: true })
      writeFileSync(path.join(at, name, '1.png'), name)
    }
  const lines: string[] = []
  const sourceOf = async (at: string) => {
    const options = { out: 'results', store: path.join(folder, 'store'), install: false, stream: true }
    const asked = { pipeline: looked as unknown as AnyPipeline, flags: [], given: { images: flag(at) }, options, operands: [] }
    const { plan, values } = await prepareRun(asked, line => lines.push(line))
    const node = plan.nodes.find(each => each.kind === 'source')!
    return { values, sha256: Object.values(node.files)[0]!.sha256, place: path.relative(folder, Object.values(node.files)[0]!.url) }
  }
  const [one, again, two] = [await sourceOf('one'), await sourceOf('one'), await sourceOf('two')]
  expect(one.place).toMatch(/^store\/gathered\/one-.*\.tar$/)
  expect(one.values).toEqual({ images: path.join(folder, 'one') })
  expect([again, two.sha256]).toEqual([one, one.sha256])
  expect(lines.map(line => /^Packing the 2 images of \S*(one|two) /.exec(line)?.[1])).toEqual(['one', 'two'])
})
test('its limits hold where no flag says other', async () => {
  const { environment } = await prepared(learning)
  const options = { out: 'results', store: 'store', install: false, stream: true }
  expect(limitsOf(options, environment)).toEqual({ cpu: 8, memory: 16 * 2 ** 30, gpu: 2 })
  expect(limitsOf({ ...options, cpu: 2, gpu: 0 }, environment)).toEqual({ cpu: 2, memory: 16 * 2 ** 30, gpu: 0 })
  expect(limitsOf(options, await localEnvironment())).toEqual({ cpu: undefined, memory: undefined, gpu: undefined })
})
