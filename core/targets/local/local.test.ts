import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Placed } from '../../graph/place.ts'
import { each, kind, many, mib, minutes, optional, pipe, run, seconds, sequence, step, word } from '../../index.ts'
import { made, ran } from '../../testing.ts'

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64), time: minutes(1) }
const say = step({
  name: 'say',
  image: 'any',
  inputs: {},
  params: {},
  outputs: { said: text },
  needs,
  command: ({ said }) => run('printf', 'hello').into(said),
})
const upper = step({
  name: 'upper',
  image: 'any',
  inputs: { text },
  outputs: { shouted: text },
  needs,
  command: ({ text, shouted }) => pipe(['cat', text], ['tr', 'a-z', 'A-Z']).into(shouted),
})
const join = step({
  name: 'join',
  image: 'any',
  inputs: { texts: many(text) },
  outputs: { joined: text },
  needs,
  command: ({ texts, joined }) => run('cat', texts).into(joined),
})
const split = step({
  name: 'split',
  image: 'any',
  inputs: { text },
  outputs: { letters: many(text) },
  needs,
  command: ({ text, letters }) => run('split', '-b', 1, '--additional-suffix=.txt', text, word`${letters}/`),
})
const read = (placed: Placed | undefined) => readFileSync(placed!.path, 'utf8')

test('a chain, a list, a run-time list', async () => {
  const { said } = say({})
  const { shouted } = upper({ text: said })
  const { letters } = split({ text: shouted })
  const lower = each(letters, text => ({ again: upper({ text }).shouted }))
  const { joined } = join({ texts: lower.again })
  const result = await made({ shouted, joined, both: join({ texts: [said, shouted] }).joined })
  expect(read(result.shouted)).toBe('HELLO')
  expect(read(result.joined)).toBe('HELLO')
  expect(read(result.both)).toBe('helloHELLO')
})
test('a second run finds everything cached', async () => {
  const results = () => ({ shouted: upper({ text: say({}).said }).shouted })
  const first = await ran(results())
  const second = await ran(results(), { store: first.store })
  expect(second.events.map(event => event.event)).toEqual(['run-started', 'planned', 'planned', 'cached', 'cached', 'run-ended'])
})
const procfs = existsSync('/proc/self/task')
test.runIf(procfs)(
  `nothing that started steps outlives the run: what it used is told to whoever measures us${procfs ? '' : ' (skipped: not on Linux)'}`,
  async () => {
    await ran({ said: say({}).said })
    const own = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
    const programs = own.flatMap(pid => (existsSync(`/proc/${pid}/cmdline`) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : []))
    expect(programs.filter(words => words.includes('perl'))).toEqual([])
  },
)
test('failure, skip, and the message', async () => {
  const fail = step({
    name: 'fail',
    image: 'any',
    inputs: { text },
    outputs: { out: text },
    needs,
    command: ({ text, out }) => pipe(['cat', text], ['sh', '-c', 'echo no such luck >&2; exit 3']).into(out),
  })
  const done = await ran({ out: upper({ text: fail({ text: say({}).said }).out }).shouted, fine: upper({ text: say({}).said }).shouted })
  expect(done.state).toBe('failed')
  expect(done.failures[0]).toContain('Step fail ended with status 3')
  expect(done.failures[0]).toContain('no such luck')
  expect(done.events.filter(event => event.event === 'skipped').length).toBe(1)
  expect(read(done.results.fine)).toBe('HELLO')
})
test('an optional output left out skips what needs it; a many slot takes what is there', async () => {
  const maybe = step({ name: 'maybe', image: 'any', inputs: {}, outputs: { perhaps: optional(text) }, needs, command: () => run('true') })
  const done = await ran({
    out: upper({ text: maybe({}).perhaps }).shouted,
    joined: join({ texts: [maybe({}).perhaps, say({}).said] }).joined,
  })
  expect(done.failures).toEqual([])
  expect(done.results.out).toBeUndefined()
  expect(read(done.results.joined)).toBe('hello')
})
test('time limit', async () => {
  const slow = step({
    name: 'slow',
    image: 'any',
    inputs: {},
    outputs: { out: text },
    needs: { ...needs, time: seconds(1) },
    command: ({ out }) => sequence(run('sleep', 30), run('touch', out)),
  })
  const done = await ran(slow({}))
  expect(done.failures[0]).toContain('ran longer than its limit of 1.0 s')
})
