import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  after,
  asset,
  each,
  gib,
  kind,
  many,
  mib,
  named,
  optional,
  pipe,
  type Ref,
  run,
  sequence,
  source,
  step,
  tool,
  word,
} from '../index.ts'
import { canonical, keys } from './key.ts'

const text = kind('text', { extension: '.txt' })
const file = (digit: string) => ({ url: `/data/${digit}`, sha256: digit.repeat(64) })
const cat = tool({ name: 'catt', homepage: '', licence: 'MIT', version: { argv: ['catt', '--version'], match: /(.*)/ }, accepts: '*' })
const needs = { cpu: 1, memory: mib(64) }
const copy = step({
  name: 'copy',
  image: 'a',
  tools: [cat],
  inputs: { from: text },
  params: { level: z.number().default(3), note: z.string().default('') },
  outputs: { to: text },
  needs,
  command: ({ from, to, level, cpu }) => run('catt', '-l', level, '-t', cpu, word`-o${to}`, from),
})
const a = source('a', text, file('a'))
const keyOf = (ref: Ref, version = '1') => keys(() => version).ofRef(ref)

test('canonical JSON sorts names and drops undefined', () => {
  expect(canonical({ b: [1, 'x'], a: undefined, c: { z: null, y: true } })).toBe('{"b":[1,"x"],"c":{"y":true,"z":null}}')
  expect(() => canonical({ rate: Number.NaN })).toThrow('NaN has no canonical form. Use a finite number.')
})
test('what is computed is in the key', () => {
  const key = keyOf(copy({ from: a }).to)
  expect(keyOf(copy({ from: source('a', text, file('b')) }).to)).not.toBe(key)
  expect(keyOf(copy({ from: a, level: 4 }).to)).not.toBe(key)
  expect(keyOf(copy({ from: a }).to, '2')).not.toBe(key)
  expect(keyOf(step({ ...copy.spec, outputs: { to: kind('text', { extension: '.text' }) } })({ from: a }).to)).not.toBe(key)
})
test('a name, an image, needs, a url, a parameter that reaches no word, and conditions are not in the key', () => {
  const key = keyOf(copy({ from: a }).to)
  expect(keyOf(step({ ...copy.spec, name: 'other', image: 'b', needs: { cpu: 8, memory: gib(9) } })({ from: a }).to)).toBe(key)
  expect(keyOf(copy({ from: source('z', text, { ...file('a'), url: '/elsewhere' }) }).to)).toBe(key)
  expect(keyOf(copy({ from: a, note: 'hello' }).to)).toBe(key)
  expect(keyOf(copy({ from: a, level: 3 }).to)).toBe(key)
  expect(keyOf(copy({ from: after(a, copy({ from: a, level: 9 }).to) }).to)).toBe(key)
})
test('the bytes of an asset are in the key, its name is not', () => {
  const withAsset = (name: string) =>
    step({
      name: 's',
      image: 'a',
      assets: { script: asset(import.meta.url, name) },
      inputs: {},
      outputs: { to: text },
      needs: needs,
      command: ({ script, to }) => run('bash', script).into(to),
    })({}).to
  expect(keyOf(withAsset('./key.ts'))).toBe(keyOf(withAsset('../graph/key.ts')))
  expect(keyOf(withAsset('./key.ts'))).not.toBe(keyOf(withAsset('./node.ts')))
  expect(() => keyOf(withAsset('./nowhere.py'))).toThrow(
    /There is no asset .*nowhere\.py\. A step's asset is a file beside the step\. Put the file there, or correct the name\./,
  )
})
test('two each over different lists have different keys, and so have their branches', () => {
  const list = step({
    name: 'list',
    image: 'a',
    inputs: {},
    params: { n: z.number() },
    outputs: { files: many(text) },
    needs: needs,
    command: ({ n, files }) => run('touch', word`${files}/${n}.txt`),
  })
  const over = (n: number) => each(list({ n }).files, from => ({ to: copy({ from }).to })).to
  expect(keyOf(over(1))).toBe(keyOf(over(1)))
  expect(keyOf(over(1))).not.toBe(keyOf(over(2)))
})
test('a key is the digest of the canonical recipe, whatever the step has', () => {
  const pair = kind('pair', { extension: '' }, { parts: { second: '_2.txt', first: '_1.txt' } })
  const all = step({
    name: 'all',
    image: 'a',
    tools: [cat],
    assets: { script: asset(import.meta.url, './key.ts') },
    inputs: { whole: text, many: many(text), by: named(text), pair },
    outputs: { zip: optional(text), list: many(text), index: kind('text', { extension: '.txt', companions: ['.idx'] }) },
    params: { n: z.number() },
    needs,
    command: at =>
      sequence(
        run('catt', at.script, at.by.x!, at.many, word`${at.pair.first},${at.n}`),
        pipe(['catt', at.whole], ['catt', at.pair.stem, '-l', at.compression(at.index, 6), at.list]).into(at.index),
      ),
  })
  const reads = source('r', pair, { first: { url: '1', sha256: '1'.repeat(64) }, second: { url: '2', sha256: '2'.repeat(64) } })
  const of = (n: number) => all({ whole: a, many: [a, copy({ from: a }).to], by: { x: a, 'b c': copy({ from: a }).to }, pair: reads, n })
  const nothing = step({ name: 'no', image: 'a', inputs: {}, outputs: { to: text }, needs, command: at => run('true').into(at.to) })({})
  const own = keys(() => '1.0')
  for (const { node } of [of(1).zip, of(2).index, each(of(1).list, from => ({ to: copy({ from }).to })).to, nothing.to, a])
    expect(own.of(node)).toBe(hash('sha256', canonical(own.recipe(node))))
})
test('a chain of 10,000 steps needs no deep stack', () => {
  let ref: Ref<typeof text> = a
  for (let n = 0; n < 10_000; n++) ref = copy({ from: ref }).to
  expect(keyOf(ref)).toMatch(/^[0-9a-f]{64}#to$/)
})
