import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { pod, sha256 } from '../../test/inside/trial.ts'
import { chainsOf } from '../graph/chains.ts'
import { keys as keysOf } from '../graph/key.ts'
import { asset, kind, many, mib, named, plan, run, sequence, step, word } from '../index.ts'
import { type PodWork, workOf } from '../pods/pod-job.ts'
import { given, ran, scratch } from '../testing.ts'

const text = kind('text', { extension: '.txt' })
const indexed = kind('text', { extension: '.txt', companions: ['.idx'] })
const pair = kind('pair', { extension: '' }, { parts: { first: '_1.txt', second: '_2.txt' } })
const needs = { cpu: 1, memory: mib(64) }
const folder = scratch()
const written = (name: string) => {
  writeFileSync(path.join(folder, name), name)
  return path.join(folder, name)
}
/** Says every word it is given, and whether what looks like an input is there; then copies the first file to the last. What it says last, another asset knows. */
writeFileSync(path.join(folder, 'last.sh'), 'last() { echo "all there: $1" >&2; }\n')
writeFileSync(
  path.join(folder, 'show.sh'),
  '. "$(dirname "$(realpath "$0")")/last.sh"; there=yes; for word; do [[ $word != in/*.* || -e $word ]] || there=no; echo "$word"; done >&2; last "$there"; cat "$1" >"$word"\n',
)
const lines = step({
  name: 'lines',
  image: 'i',
  inputs: {},
  outputs: { all: many(text) },
  needs,
  command: ({ all }) => run('bash', '-c', 'for n in 10 2 1; do echo "$n" >"$1/$n.txt"; done', 'bash', all),
})
const before = step({
  name: 'before',
  image: 'i',
  inputs: {},
  outputs: { made: text },
  streams: ['made'],
  needs,
  command: ({ made }) => run('echo', 'words').into(made),
})
const show = step({
  name: 'show',
  image: 'i',
  inputs: { from: text, indexed, pair, all: many(text), pairs: many(pair), by: named(indexed) },
  assets: { script: asset(pathToFileURL(`${folder}/`).href, './show.sh'), last: asset(pathToFileURL(`${folder}/`).href, './last.sh') },
  outputs: { made: text },
  streams: ['from', 'made'],
  needs: { cpu: 8, memory: [mib(64), mib(128)] },
  command: at =>
    sequence(
      run('bash', at.script, '/dev/null', at.indexed, at.pair.first, at.pair.stem, at.all, at.pairs, at.by.b!, '/dev/null'),
      run(
        'bash',
        at.script,
        at.from,
        '-j',
        at.cpu,
        at.memory.mib(0.5),
        word`-l${at.compression(at.made, 6)}`,
        word`${at.resume}/x`,
        at.made,
      ),
    ),
})
const after = step({
  name: 'after',
  image: 'i',
  inputs: { from: text },
  outputs: { to: text },
  streams: ['from'],
  needs,
  command: ({ from, to }) => run('cat', from).into(to),
})
const two = () => given('pair', pair, { first: written('1.txt'), second: written('2.txt') })
const one = () => given('indexed', indexed, { '': written('x.txt'), '.idx': written('x.idx') })
const made = show({
  from: before({}).made,
  indexed: one(),
  pair: two(),
  all: lines({}).all,
  pairs: [two(), two()],
  by: { a: one(), b: one() },
}).made
/** What a pod would find below `from/`: files by digest. */
function artifacts({ inputs, assets }: PodWork) {
  const known = new Map([...new Set(['1.txt', '2.txt', 'x.txt', 'x.idx'])].map(name => [sha256(name), name]))
  const sources = [...inputs.mounts].flatMap(([mount, input]) =>
    input.from === 'source' ? input.sha256.map(digest => [`from/${mount}/${digest}`, known.get(digest)!] as const) : [],
  )
  const own = [...assets].map(([mount, { path, sha256 }]) => [`from/${mount}/${sha256}`, readFileSync(path, 'utf8')] as const)
  return Object.fromEntries([...sources, ...own])
}
test('a step with all there is gets the same words in a pod as on this machine, but for the place of its asset', async () => {
  const local = await ran({ to: after({ from: made }).to }, { cpu: 4 })
  expect(local.failures).toEqual([])
  const here = readFileSync(path.join(path.dirname(local.results.to!.path), 'stderr.1.log'), 'utf8')
  const keys = keysOf(() => 'unknown')
  const { nodes } = plan('p', { to: after({ from: made }).to })
  const steps = nodes.filter(node => node.kind === 'step')
  const chains = chainsOf(steps, keys, { kept: () => false, memory: mib(1000), memoryOf: () => 1 }).toSorted(
    (a, b) => a.links.length - b.links.length,
  )
  const work = workOf(chains, { keys, cpu: 4, numberOf: () => 1, gatherKey: () => '' })
  const told = await pod({ title: 'argv', chains: work.chains }, { files: artifacts(work) })
  expect([told.status, told.stderr]).toEqual([0, ''])
  const { place } = work.members.find(({ node }) => node.step.name === 'show')!
  expect(told.read(`report/${place}.log`)).toBe(here)
  expect(here).toBe(
    [
      '/dev/null in/indexed.txt in/pair_1.txt in/pair in/all/0001.txt in/all/0002.txt in/all/0003.txt in/pairs/0001 in/pairs/0002',
      'in/by/0002.txt /dev/null',
      'all there: yes',
      'in/from.txt -j 4 32 -l0 resume/x link/made.txt',
      'all there: yes',
      '',
    ]
      .flatMap(line => (line.startsWith('all') ? [line] : line.split(' ')))
      .join('\n'),
  )
  expect(told.read(`out/${work.members.at(-1)!.place}/to.txt`)).toBe('words\n')
})
