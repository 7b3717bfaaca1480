import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { setting } from '../../test/argo/setting.ts'
import type { Event } from '../events.ts'
import { keys as keysOf } from '../graph/key.ts'
import { kind, mib, pipe, plan, run, step } from '../index.ts'
import { Store } from '../store/store.ts'
import { scratch } from '../testing.ts'
import { compile } from './argo/compile/compile.ts'
import { submissionIn } from './argo/follow/submission.ts'
import { argo } from './argo/target.ts'
import { settings as containerSettings } from './container/settings.ts'
import { container } from './container/target.ts'
import { settings as localSettings } from './local/settings.ts'
import { local } from './local/target.ts'
import type { Destination, Target } from './target.ts'
import { text as textOf } from './text.ts'

// Which steps are joined by pipes is the target's word: what is printed, what runs and what is compiled are the same chains.

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const first = step({
  name: 'first',
  image: 'reads',
  inputs: {},
  outputs: { to: text },
  streams: ['to'],
  needs,
  command: ({ to }) => pipe(['printf', 'a'], ['cat']).into(to),
})
const next = (name: string, image: string) =>
  step({
    name,
    image,
    inputs: { from: text },
    outputs: { to: text },
    streams: ['from', 'to'],
    needs,
    command: ({ from, to }) => run('cat', from).into(to),
  })
const [second, third] = [next('second', 'variants'), next('third', 'variants')]
const whole = plan('chains', { made: third({ from: second({ from: first({}).to }).to }).to })
const images = {
  'images of two references': (name: string) => `registry.example.org/${name}`,
  'names that stand for one image': () => 'registry.example.org/all',
}
const expected = (image: (name: string) => string) => (image('reads') === image('variants') ? together : apart)
const together = 'first | second | third'
const apart = 'first, second | third'

function planned(target: Target, at: Destination): string {
  const [, joined = ''] = /joined by pipes\n((?: .+\n)*)/.exec(textOf(whole, { joins: target.joins(at) })) ?? []
  const chains = joined.trim().split('\n')
  const alone = ['first', 'second', 'third'].filter(name => !chains.some(chain => chain.includes(name)))
  return [...alone, ...chains].join(', ')
}
/** Chains of what runs on this machine begin, as their events tell. */
async function begun(target: Target, at: Destination): Promise<string> {
  const events: Event[] = []
  const store = await Store.open(scratch())
  const options = { ...at, store, versions: new Map(), on: (event: Event) => events.push(event) }
  const faults: unknown[] = []
  const go = (run: string) => target.run(whole, { ...options, run }).catch(fault => faults.push(fault))
  await go('one')
  // The engine below starts nothing, so a run ends at its first chain. What is there is not run again: then the next one begins.
  await local.run(plan('first', { to: first({}).to }), { ...options, run: 'two', environment: here, on: () => {} })
  await go('three')
  for (const fault of faults) expect(String(fault)).toContain('could not run a container')
  const groups = new Map<string, Set<string>>()
  for (const event of events)
    if (event.event === 'started') {
      const last = event.group ?? event.step
      groups.set(last, (groups.get(last) ?? new Set()).add(event.step))
    }
  return [...groups.values()].map(group => [...group].join(' | ')).join(', ')
}
/** Chains of tasks, by their steps. */
const chainsIn = (tasks: readonly { readonly entries: readonly { readonly key: string; readonly chain: number }[] }[]): string =>
  tasks
    .flatMap(({ entries }) => [...new Set(entries.map(({ chain }) => chain))].map(n => entries.filter(({ chain }) => chain === n)))
    .map(entries => entries.map(({ key }) => names.get(key)).join(' | '))
    .join(', ')
const keys = keysOf(() => 'unknown')
const names = new Map(whole.nodes.flatMap(node => (node.kind === 'step' ? [[keys.of(node), node.step.name] as const] : [])))
const here = { name: 'here', ...localSettings.parse({ target: 'local' }) }
const boxes = { name: 'boxes', ...containerSettings.parse({ target: 'container', engine: 'podman' }) }

test.each(Object.values(images))('on this machine all that streams is joined, whatever the images', async image => {
  const at = { environment: here, image }
  expect(planned(local, at)).toBe(together)
  expect(await begun(local, at)).toBe(together)
})
test.each(Object.entries(images))('in containers: %s', async (_, image) => {
  const search = process.env.PATH
  const folder = scratch()
  writeFileSync(path.join(folder, 'podman'), '#!/bin/sh\n[ "$1" != run ]\n')
  chmodSync(path.join(folder, 'podman'), 0o755)
  process.env.PATH = `${folder}:${search}`
  try {
    const at = { environment: boxes, image }
    expect(planned(container, at)).toBe(expected(image))
    expect(await begun(container, at)).toBe(expected(image))
  } finally {
    process.env.PATH = search
  }
})
test.each(Object.entries(images))('in pods: %s', async (_, image) => {
  const { cluster, environment, store } = await setting()
  const at = { environment, image }
  expect(planned(argo, at)).toBe(expected(image))
  expect(chainsIn(compile(whole, { ...at, versions: new Map() }).tasks)).toBe(expected(image))
  cluster.refuse = method => (method === 'POST' ? { status: 403, message: 'no' } : undefined) // what was to be sent is written down before
  await expect(argo.run(whole, { ...at, store, versions: new Map(), run: 'test' })).rejects.toThrow()
  expect(chainsIn(submissionIn(store, 'test').tasks)).toBe(expected(image))
})
test('what an environment lets steps use together counts in what is printed, as in what runs', () => {
  expect(textOf(whole, { memory: mib(128) })).toContain('\n  first | second\n')
})
