import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { entry, memberOf, pod, sha256, type Tried } from '../../test/inside/trial.ts'
import { canonical, keys as keysOf } from '../graph/key.ts'
import type { Node } from '../graph/node.ts'
import { bodyOf, branchOf } from '../graph/walk.ts'
import { each, kind, many, mib, run, step } from '../index.ts'
import { byNature } from '../vocabulary/natural-order.ts'
import type { JobMember, PodJob, RecipePiece } from './job.ts'
import { readReport } from './report.ts'

const bash = (script: string, ...words: readonly string[]) => ['bash', '-c', script, 'bash', ...words]
const job = (members: readonly JobMember[], items?: PodJob['items']): PodJob => ({
  title: 'lists',
  chains: members.map(member => ({ members: [member], links: [] })),
  ...(items && { items }),
})
const writer = (script: string) => memberOf(1, bash(script), { outputs: [{ port: 'parts', list: ['.bam', '.bam.bai'] }] })
const faults = (told: Tried) => readReport(told.read('report/report')).faults.map(({ message }) => message)
const cat = (several: JobMember['inputs'][number], place = 2) =>
  memberOf(place, [], {
    inputs: [several],
    rungs: [{ argv: [[['cat', { list: 'in/bams', suffix: '.bam' }, '/dev/null']]] }],
    stdout: 'out/all.txt',
    outputs: [{ port: 'all', files: ['all.txt'] }],
  })
/** Names such as files have that people and programs make, and some that only an enemy makes. */
const names = [
  [
    'b2',
    'b10',
    'b1',
    'B1',
    'a',
    'chr1',
    'chr10',
    'chr2',
    'chrX',
    'x007',
    'x07',
    'x7',
    '10',
    '9',
    '-n',
    '--',
    'a b',
    "it's",
    '"q"',
    '$(id)',
    '`id`',
  ],
  [
    'new\nline',
    'tab\t',
    '\r\n',
    '\u0001ctl\u007f',
    'naïve',
    '日本',
    '😀',
    '{{x}}',
    '$$',
    '*',
    '?',
    '[a]',
    'a\\b',
    '.hidden',
    '123456789012345678901234567890',
    '%s',
    '\u0001\u0001',
    '~',
  ],
].flat()

test('a list is published by number, in the order of a local run, with the names the step gave', async () => {
  const member = memberOf(1, bash('for n; do printf %s "$n" >"out/parts/$n.bam"; echo i >"out/parts/$n.bam.bai"; done', ...names), {
    outputs: [{ port: 'parts', list: ['.bam', '.bam.bai'] }],
  })
  const told = await pod(job([member]))
  expect([told.status, told.stderr]).toEqual([0, ''])
  const sorted = names.map(name => `${name}.bam`).sort(byNature)
  expect(sorted.map((_, n) => told.read(`out/1/parts/${String(n + 1).padStart(4, '0')}.bam`))).toEqual(
    sorted.map(name => name.slice(0, -4)),
  )
  const { parts } = JSON.parse(told.read('out/1/record.json')).outputs
  expect(parts.map(({ name }: { name: string }) => name)).toEqual(sorted.flatMap(name => [`parts/${name}`, `parts/${name}.bai`]))
  expect(parts[2]).toEqual({
    name: `parts/${sorted[1]}`,
    size: Buffer.byteLength(sorted[1]!) - 4,
    sha256: sha256(sorted[1]!.slice(0, -4)),
    file: 'parts/0002.bam',
  })
  expect(readdirSync(path.join(told.root, 'out/1/parts')).length).toBe(2 * names.length)
})
test('a stray file, a missing companion, an empty item, a name that is no text', async () => {
  const fault = async (script: string) => {
    const told = await pod(job([writer(script)]))
    expect(told.status).toBe(1)
    return faults(told)[0]
  }
  expect(await fault('echo x >out/parts/a.txt')).toBe(
    'Step s1 wrote "a.txt" into its list "parts". Such a list holds files ending in .bam only. Name them so.',
  )
  expect(await fault('echo x >out/parts/a.bam')).toMatch(/its output "parts" is missing: there is no parts\/a\.bam\.bai/)
  expect(await fault(': >out/parts/a.bam; echo i >out/parts/a.bam.bai')).toMatch(/is empty: parts\/a\.bam/)
  expect(await fault('n=$(printf "\\xff"); echo x >"out/parts/$n.bam"; echo i >"out/parts/$n.bam.bai"')).toMatch(/whose name is no UTF-8/)
})
test('an empty list is a list', async () => {
  const told = await pod(
    job([
      writer('true'),
      cat({ from: 'several', to: 'in/bams', suffixes: ['.bam'], of: [{ kind: 'place list', place: 1, port: 'parts' }] }),
    ]),
  )
  expect(told.status).toBe(1) // cat of nothing makes an empty file, which is none
  expect(JSON.parse(told.read('out/1/record.json')).outputs).toEqual({ parts: [] })
})
test('whole lists, files of several steps, sources, branches fill one slot, in their order; what was left out is passed over', async () => {
  const list = entry('l', {
    parts: { 'parts/0001.bam': 'l1 ', 'parts/0001.bam.bai': 'i', 'parts/0002.bam': 'l2 ', 'parts/0002.bam.bai': 'i' },
  })
  const branch = (n: number) => {
    const own = entry('g', { to: { 'to.bam': `g${n} `, 'to.bam.bai': 'i' } })
    return Object.fromEntries(Object.entries(own).map(([name, text]) => [name.replace('from/g', `from/g/000${n}`), text]))
  }
  const files = {
    ...list,
    ...branch(2),
    ...entry('a', { one: { 'one.bam': 'a ', 'one.bam.bai': 'i' } }),
    ...entry('b', { one: {} }),
    [`from/s/${sha256('s ')}`]: 's ',
    [`from/s/${sha256('i')}`]: 'i',
  }
  const slot = {
    from: 'several',
    to: 'in/bams',
    suffixes: ['.bam', '.bam.bai'],
    of: [
      { kind: 'producer', mount: 'b', base: 'one', optional: true },
      { kind: 'list', mount: 'l', port: 'parts' },
      { kind: 'producer', mount: 'nobody', base: 'one', optional: true },
      { kind: 'producer', mount: 'a', base: 'one' },
      { kind: 'source', mount: 's', sha256: [sha256('s '), sha256('i')] },
      { kind: 'gather', mount: 'g', base: 'to', list: 'l', port: 'parts' },
      { kind: 'place', place: 1, base: 'own' },
    ],
  } as const
  const own = memberOf(1, bash('printf own >out/own.bam; echo i >out/own.bam.bai'), {
    outputs: [{ port: 'own', files: ['own.bam', 'own.bam.bai'] }],
  })
  const told = await pod(job([own, cat(slot)]), { files })
  expect([told.stderr, told.status]).toEqual(['', 0])
  expect(told.read('out/2/all.txt')).toBe('l1 l2 a s g2 own')
  expect(readdirSync(path.join(told.root, '2/in/bams')).length).toBe(12)
  const changed = await pod(job([own, cat(slot)]), { files: { ...files, 'from/g/0002/to.bam': 'g3 ' } })
  expect(faults(changed)[0]).toMatch(/^Input from\/g\/0002\/to\.bam is not what its record says/)
})
test('one item of a list, in a branch', async () => {
  const { 'from/l/parts/0002.bam': two, ...others } = entry('l', { parts: { 'parts/0001.bam': 'l1', 'parts/0002.bam': 'l2' } })
  const member = memberOf(1, bash('cat in/x.bam >out/all.txt'), {
    inputs: [{ from: 'item', to: 'in/x.bam', mount: 'l', port: 'parts', suffix: '.bam' }],
    outputs: [{ port: 'all', files: ['all.txt'] }],
  })
  const files = { ...others, 'from/l/item.bam': two! }
  const told = await pod(job([member]), { files, env: { TRIREME_ITEM_l: '0002' } })
  expect([told.stderr, told.read('out/1/all.txt')]).toEqual(['', 'l2'])
  expect((await pod(job([member]), { files, env: { TRIREME_ITEM_l: '0001' } })).status).toBe(75)
})

const bam = kind('bam', { extension: '.bam' })
const needs = { cpu: 1, memory: mib(64) }
const split = step({
  name: 'split',
  image: 'i',
  inputs: {},
  outputs: { parts: many(bam) },
  needs,
  command: ({ parts }) => run('ls', parts),
})
const call = step({
  name: 'call',
  image: 'i',
  inputs: { bam },
  outputs: { to: bam },
  needs,
  command: ({ bam, to }) => run('cat', '--odd', 'ünï "q" \\ \n {{x}}', bam, to),
})
const both = step({
  name: 'both',
  image: 'i',
  inputs: { bam, calls: many(bam) },
  outputs: { to: bam },
  needs,
  command: ({ bam, calls, to }) => run('cat', bam, calls, to),
})
const cut = (piece: RecipePiece, key: string, recipe: number): readonly RecipePiece[] =>
  typeof piece === 'string'
    ? piece.split(key).flatMap((part, n): RecipePiece[] => (n > 0 ? [{ hole: 'key', recipe }, part] : [part]))
    : [piece]
test('keys of what will run for each item are those of a local run, byte for byte', async () => {
  const list = split({}).parts
  const node = each(list, part => {
    const called = call({ bam: part }).to
    return { out: both({ bam: called, calls: [part, called] }).to }
  }).out.node
  if (node.kind !== 'each') throw new Error('no each')
  const keys = keysOf(() => '1.0')
  const own = keys.of(list.node)
  // The text of a recipe, with a hole wherever the key of a node inside stands.
  const inside: readonly Node[] = [node.item, ...bodyOf(node)]
  const holed = (text: string): readonly RecipePiece[] =>
    inside.reduce<readonly RecipePiece[]>((pieces, node, recipe) => pieces.flatMap(piece => cut(piece, keys.of(node), recipe)), [text])
  const first: readonly RecipePiece[] = ['{"item":"', { hole: 'given', name: '1' }, '#parts","name":', { hole: 'name' }, '}']
  const items = {
    name: 'x',
    place: 1,
    port: 'parts',
    recipes: [first, ...bodyOf(node).map(each => holed(canonical(keys.recipe(each))))],
    tell: [
      { name: 'k0', recipe: 1 },
      { name: 'k1', recipe: 2 },
    ],
  }
  const member = memberOf(1, bash('for n; do echo x >"out/parts/$n.bam"; done', ...names), { outputs: [{ port: 'parts', list: ['.bam'] }] })
  const told = await pod(job([member], [items]), { env: { TRIREME_KEY_1: own } })
  expect([told.stderr, told.status]).toEqual(['', 0])
  const sorted = names.map(name => `${name}.bam`).sort(byNature)
  const expected = sorted.map((name, n) => {
    const [k0, k1] = branchOf(node, name).nodes.map(node => keys.of(node))
    return { i: String(n + 1).padStart(4, '0'), k0, k1 }
  })
  expect(JSON.parse(told.read('report/items-x'))).toEqual(expected)
  const none = await pod(job([{ ...member, rungs: [{ argv: [[['true']]] }] }], [items]), { env: { TRIREME_KEY_1: own } })
  expect(none.read('report/items-x')).toBe('[]\n')
  expect(faults(await pod(job([member], [items])))[0]).toBe('The task was not given the key TRIREME_KEY_1. Compile the workflow anew.')
})
