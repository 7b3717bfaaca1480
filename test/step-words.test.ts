import { lstatSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Composing, recordOf } from '../core/bucket/store-record.ts'
import type { Chain, Link } from '../core/graph/chains.ts'
import { keys as keysOf } from '../core/graph/key.ts'
import type { Given, StepNode, StepShape } from '../core/graph/node.ts'
import { source } from '../core/index.ts'
import type { JobWord, Staged } from '../core/inside/job.ts'
import { workOf } from '../core/pods/pod-job.ts'
import type { Attempt, Member } from '../core/run/attempt.ts'
import { StepOutputs } from '../core/run/step-outputs.ts'
import { type Inputs, leave, makeWorkFolder, type WorkFolder } from '../core/run/work-folder.ts'
import type { StepRecord } from '../core/store/record.ts'
import { Store } from '../core/store/store.ts'
import { pipedOutput } from '../core/targets/argo/follow/submission.ts'
import { containerRunner } from '../core/targets/container/runner.ts'
import { scratch } from '../core/testing.ts'
import { type Asset, asset } from '../core/vocabulary/asset.ts'
import { compression, cpu, memory, resume, run, type SlotList, type Word, word } from '../core/vocabulary/command.ts'
import { type InKinds, kind, many, named } from '../core/vocabulary/kind.ts'
import { mib } from '../core/vocabulary/quantity.ts'

// A step has the same words wherever it runs, and they are those that are told of it: on this machine, in a container, in a pod, and in the
// record of a pod's step. What the words of a pod are at last, after its script has resolved the lists, is in core/inside/argv.test.ts.

const text = kind('text', { extension: '.txt' })
const indexed = kind('indexed', { extension: '.txt', companions: ['.idx'] })
const pair = kind('pair', { extension: '' }, { parts: { first: '_1.txt', second: '_2.txt' } })
let count = 0
const file = () => ({ url: `/nowhere/${++count}.txt`, sha256: count.toString(16).padStart(64, '0') })
const plain = () => source('plain', text, file())
const stepOf = (name: string, more: Partial<StepShape>, rest: Pick<StepNode, 'inputs' | 'script'>): StepNode => ({
  kind: 'step',
  step: {
    name,
    image: 'i',
    tools: [],
    inputs: {},
    outputs: { made: text },
    assets: {},
    streams: [],
    stopsEarly: [],
    retry: { times: 0, exits: [] },
    ...more,
  },
  params: {},
  needs: { cpu: 8, memory: [mib(64), mib(128)] },
  tag: undefined,
  ...rest,
})
/** What a step may have, with the words that it then has as the second attempt of it, granted 4 cores and 128 MiB. */
interface Feature {
  readonly words: readonly (Word | SlotList)[]
  readonly inputs?: InKinds
  readonly given?: Readonly<Record<string, Given>>
  readonly assets?: Readonly<Record<string, Asset>>
  readonly become: readonly string[]
}
const lines = stepOf('lines', { outputs: { all: many(text) } }, { inputs: {}, script: run('touch', { slot: 'all' }) })
const made = { slot: 'made' }
const features: Readonly<Record<string, Feature>> = {
  asset: {
    words: [{ slot: 'script' }],
    assets: { script: asset(import.meta.url, './step-words.test.ts') },
    become: ['in/.script.ts'],
  },
  parts: {
    words: [{ slot: 'pair', part: 'second' }, { slot: 'pair' }],
    inputs: { pair },
    given: { pair: source('pair', pair, { first: file(), second: file() }) },
    become: ['in/pair_2.txt', 'in/pair'],
  },
  companions: {
    words: [{ slot: 'indexed' }],
    inputs: { indexed },
    given: { indexed: source('indexed', indexed, { '': file(), '.idx': file() }) },
    become: ['in/indexed.txt'],
  },
  many: {
    words: [{ list: 'all' }, { list: 'some' }, { list: 'pairs' }],
    inputs: { all: many(text), some: many(indexed), pairs: many(pair) },
    given: {
      all: { kind: many(text), node: lines, port: 'all' },
      some: [1, 2].map(() => source('some', indexed, { '': file(), '.idx': file() })),
      pairs: [source('pairs', pair, { first: file(), second: file() })],
    },
    become: ['in/all/0001.txt', 'in/all/0002.txt', 'in/all/0003.txt', 'in/some/0001.txt', 'in/some/0002.txt', 'in/pairs/0001'],
  },
  named: {
    words: [
      { slot: 'by', key: 'a' },
      { slot: 'by', key: 'b' },
      { slot: 'pairsBy', key: '7', part: 'first' },
    ],
    inputs: { by: named(text), pairsBy: named(pair) },
    given: {
      by: { b: plain(), a: plain() },
      pairsBy: Object.fromEntries(['8', '7'].map(name => [name, source(name, pair, { first: file(), second: file() })])),
    },
    become: ['in/by/0002.txt', 'in/by/0001.txt', 'in/pairsBy/0001_1.txt'],
  },
  glued: { words: [word`--to=${made},${cpu}`], become: ['--to=MADE,4'] },
  granted: { words: ['-j', cpu, memory.mib(0.5), memory.mib(1, { per: 'cpu' })], become: ['-j', '4', '64', '32'] },
  level: { words: [word`-l${compression(made, 6)}`], become: ['-lLEVEL'] },
  resume: { words: [word`${resume}/point`], become: ['resume/point'] },
}
const names = Object.keys(features)
/** Those that are files come first: with them a folder is made for none and for all of the others, which are words alone. */
const [files, symbols] = [5, names.length - 5]
const granted = { cpu: 4, memory: mib(128) }
/** The step between its neighbours, in a chain as it would run. */
interface Setup {
  readonly chain: Chain
  readonly at: number
  readonly node: StepNode
}
function setup(on: readonly Feature[], reads: boolean, pipe: 'none' | 'into' | 'tee'): Setup {
  const before = stepOf('before', { streams: ['made'] }, { inputs: {}, script: run('echo').into(made) })
  const node = stepOf(
    'step',
    {
      inputs: Object.assign({ from: text }, ...on.map(({ inputs }) => inputs)),
      assets: Object.assign({}, ...on.map(({ assets }) => assets)),
      streams: ['from', 'made'],
    },
    {
      inputs: Object.assign({ from: reads ? { kind: text, node: before, port: 'made' } : plain() }, ...on.map(({ given }) => given)),
      script: run(
        'bash',
        { slot: 'from' },
        on.flatMap(({ words }) => words),
        made,
      ).into(made),
    },
  )
  const after = stepOf(
    'after',
    { inputs: { from: text }, streams: ['from'] },
    { inputs: { from: { kind: text, node, port: 'made' } }, script: run('cat', { slot: 'from' }).into(made) },
  )
  const link = (tee: boolean): Link => ({ port: 'made', slot: 'from', tee })
  const members = [...(reads ? [before] : []), node, ...(pipe === 'none' ? [] : [after])]
  const links = [...(reads ? [link(false)] : []), ...(pipe === 'none' ? [] : [link(pipe === 'tee')])]
  return { chain: { members, links }, at: reads ? 1 : 0, node }
}

const keys = keysOf(() => 'unknown')
const places = new StepOutputs(keys)
places.entries.set(keys.of(lines), {
  folder: '/store/lines',
  record: { outputs: { all: ['1', '2', '10'].map(name => ({ name: `all/${name}.txt`, size: 1, sha256: '' })) } } as unknown as StepRecord, // no more of it is read
})
const folder = scratch()
const store = await Store.open(`${folder}/store`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const filled = ({ inputs }: StepNode, link: Link | undefined): Inputs =>
  Object.fromEntries(Object.entries(inputs).flatMap(([slot, given]) => (slot === link?.slot ? [] : [[slot, places.fill(given)!]])))
function here({ chain, at, node }: Setup): WorkFolder {
  const [before, after] = [chain.links[at - 1], chain.links[at]]
  const joints = { ...(before && { from: { slot: before.slot, pipe: '/a/pipe' } }), ...(after && { to: after }) }
  return makeWorkFolder(`${folder}/here`, node, filled(node, before), granted, { joints, kept: `${folder}/kept` })
}
const runner = containerRunner({
  engine: 'podman',
  caller: { uid: 0, gid: 0 },
  network: 'bridge',
  image: name => name,
  run: 'run',
})
function inContainers({ chain }: Setup): readonly WorkFolder[] {
  const members = chain.members.map((node, n): Member => {
    const inputs = filled(node, chain.links[n - 1])
    return { node, label: node.step.name, inputs, ...granted, folder: `${folder}/container${n}`, kept: '', versions: {}, content: '' }
  })
  const attempt: Attempt = {
    members,
    links: chain.links,
    number: 2,
    climbed: { memory: 1, time: 0 },
    run: 'run',
    signal: AbortSignal.timeout(1e6),
    progress: () => {},
  }
  return runner.prepare(attempt, store, keys)
}
function inPod({ chain, at }: Setup) {
  const numberOf = () => 1
  const work = workOf([chain], { keys, cpu: 4, numberOf, gatherKey: () => '' })
  const { rungs, stdout, inputs } = work.chains[0]!.members[at]!
  const lengths: Readonly<Record<string, number>> = { 'in/all': 3, 'in/some': 2, 'in/pairs': 1 }
  const expand = (word: JobWord): readonly string[] =>
    typeof word === 'string'
      ? [word]
      : Array.from({ length: lengths[word.list]! }, (_, n) => `${word.list}/${String(n + 1).padStart(4, '0')}${word.suffix}`)
  const staged = (input: Staged): readonly string[] =>
    input.from === 'several' ? input.suffixes.flatMap(suffix => expand({ list: input.to, suffix })) : [input.to]
  const argv = (rungs[1] ?? rungs[0]).argv.map(stages => stages.map(words => words.flatMap(expand)))
  return { argv, stdout, staged: inputs.flatMap(staged), members: work.members }
}
function recorded({ at, node }: Setup, members: ReturnType<typeof inPod>['members']): StepRecord['argv'] {
  const entries = members.map(({ node, place, chain, kept }) => ({ key: keys.of(node), parameter: '', place, chain, kept }))
  const pipe = pipedOutput(entries[at]!, entries, node.step)
  const composing: Composing = { keys, places, versions: new Map(), run: 'run', label: 'step', cpu: 4, ...(pipe && { pipe }) }
  const host = { name: 'node', platform: 'linux-x64', cpu: 'any', cores: 1 }
  const found = { format: 1 as const, key: keys.of(node), step: 'step', outputs: {}, attempt: 2, climbed: 1, started: '', seconds: 1, host }
  return recordOf(node, found, composing).argv
}
/** Names below `in/` that words mean, each a file; the common beginning of several has none. */
const inputsIn = (argv: StepRecord['argv']) => argv.flat(2).filter(word => word.startsWith('in/') && path.extname(word) !== '')
const isThere = (file: string) => lstatSync(file, { throwIfNoEntry: false }) !== undefined

describe.each(['none', 'into', 'tee'] as const)('writing into a pipe: %s', pipe => {
  test.each([false, true])('reading from one: %s', async reads => {
    for (let bits = 0; bits < 2 ** names.length; bits++) {
      const on = names.flatMap((name, n) => ((bits >> n) & 1 ? [features[name]!] : []))
      const one = setup(on, reads, pipe)
      const pod = inPod(one)
      const [file, level] = pipe === 'none' ? ['out/made.txt', '6'] : ['link/made.txt', pipe === 'tee' ? '6' : '0']
      const become = on.flatMap(({ become }) => become).map(word => word.replace('MADE', file).replace('LEVEL', level))
      const expected = { argv: [[['bash', 'in/from.txt', ...become, file]]], stdout: file }
      const own = inputsIn(expected.argv)
      expect({ argv: pod.argv, stdout: pod.stdout }).toEqual(expected)
      expect(own.filter(name => !pod.staged.includes(name) && !(reads && name === 'in/from.txt'))).toEqual([])
      expect(recorded(one, pod.members)).toEqual(expected.argv)
      if (![0, 2 ** symbols - 1].includes(bits >> files)) continue
      const local = here(one)
      const containers = inContainers(one)
      const container = containers[one.at]!
      const asset = one.node.step.assets.script?.path
      const seen = (word: string) => (word === asset ? 'in/.script.ts' : word)
      expect({ argv: local.argv.map(stages => stages.map(words => words.map(seen))), stdout: local.stdout }).toEqual(expected)
      expect(inputsIn(local.argv).filter(name => !isThere(`${local.folder}/${name}`))).toEqual([])
      expect({ argv: container.argv, stdout: container.stdout }).toEqual(expected)
      expect(own.filter(name => !isThere(`${container.folder}/${name}`))).toEqual([])
      for (const used of [local, ...containers]) await leave(used, true)
    }
  })
})
