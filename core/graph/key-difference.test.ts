import { expect, test } from 'vitest'
import { differences, nearestRecipe } from './key-difference.ts'

const recipe = {
  version: 1,
  pipes: [
    [
      ['bwa', 'mem', '-t', { granted: 'cpu', unit: 1, share: 1 }, '-T', 30, { slot: 'index' }, { slot: 'reads', part: 'first' }],
      ['samtools', 'view', '-o', { slot: 'aligned' }],
    ],
  ],
  tools: { bwa: '0.7.17', samtools: '1.16' },
  assets: { script: 'aa' },
  inputs: { index: 'k1#index', reads: 'k2#reads', bams: ['k3#bam', 'k4#bam'], reports: [['a', 'k5#json']] },
  outputs: { aligned: { format: 'bam', extension: '.bam' } },
}
const made = { recipe, params: { minScore: 30 } }
const changed = (fields: Partial<Record<keyof typeof recipe, unknown>>, params: Record<string, unknown> = made.params) => ({
  recipe: { ...recipe, ...fields },
  params,
})
const words = (...all: readonly unknown[]) => [
  [
    ['bwa', 'mem', '-t', { granted: 'cpu', unit: 1, share: 1 }, ...all, { slot: 'index' }, { slot: 'reads', part: 'first' }],
    recipe.pipes[0]![1],
  ],
]

test('equal recipes do not differ, however they were written down', () => {
  expect(differences(JSON.parse(JSON.stringify(made)), made)).toEqual([])
})
test('a parameter that reached no word is no difference', () => {
  expect(differences(changed({}, { minScore: 40 }), made)).toEqual([])
})
test.each([
  [
    'parameter and its word',
    changed({ pipes: words('-T', 40) }, { minScore: 40 }),
    [
      { what: 'parameter', name: 'minScore', before: 30, now: 40 },
      { what: 'word', program: 'bwa', before: '-T 30', now: '-T 40' },
    ],
  ],
  ['word added', changed({ pipes: words('-T', 30, '-Y') }), [{ what: 'word', program: 'bwa', before: '', now: '-Y' }]],
  [
    'stage gone',
    changed({ pipes: [[recipe.pipes[0]![0]]] }),
    [{ what: 'word', program: 'samtools', before: 'samtools view -o <aligned>', now: '' }],
  ],
  ['tool', changed({ tools: { bwa: '0.7.18', samtools: '1.16' } }), [{ what: 'tool', name: 'bwa', before: '0.7.17', now: '0.7.18' }]],
  ['script', changed({ assets: { script: 'bb' } }), [{ what: 'asset', name: 'script', before: 'aa', now: 'bb' }]],
  [
    'one file',
    changed({ inputs: { ...recipe.inputs, reads: 'k9#reads' } }),
    [{ what: 'input', slot: 'reads', before: 'k2#reads', now: 'k9#reads' }],
  ],
  [
    'list',
    changed({ inputs: { ...recipe.inputs, bams: ['k3#bam', 'k9#bam', 'k8#bam'] } }),
    [
      { what: 'input', slot: 'bams', item: '2', before: 'k4#bam', now: 'k9#bam' },
      { what: 'input', slot: 'bams', item: '3', before: undefined, now: 'k8#bam' },
    ],
  ],
  [
    'group',
    changed({ inputs: { ...recipe.inputs, reports: [['b', 'k5#json']] } }),
    [
      { what: 'input', slot: 'reports', item: 'a', before: 'k5#json', now: undefined },
      { what: 'input', slot: 'reports', item: 'b', before: undefined, now: 'k5#json' },
    ],
  ],
  ['output', changed({ outputs: {} }), [{ what: 'output', name: 'aligned', before: recipe.outputs.aligned, now: undefined }]],
  ['format of keys', changed({ version: 2 }), [{ what: 'format of keys', before: 1, now: 2 }]],
])('%s', (_, now, expected) => {
  expect(differences(now, made)).toEqual(expected)
})
test('the nearest record is the one that differs least; of several, the first', () => {
  const far = changed({ tools: {}, assets: {} })
  const [near, other] = [changed({ assets: { script: 'x' } }), changed({ assets: { script: 'y' } })]
  expect(nearestRecipe(made, [far, near, other])?.record).toBe(near)
  expect(nearestRecipe(made, [])).toBeUndefined()
})
test('a sample among 10,000 is found, in time and memory', () => {
  const lines = (lacks: number) => {
    const samples = Array.from({ length: 10_000 }, (_, n) => n).filter(n => n !== lacks)
    return ['flags', 'depths'].flatMap(what => samples.flatMap(n => [what, `sample ${n}`, { slot: what, key: `sample ${n}` }]))
  }
  const of = (lacks: number) => changed({ pipes: [[['node', { lines: lines(lacks) }]]] })
  expect(differences(of(-1), of(5000))).toEqual([
    {
      what: 'word',
      program: 'node',
      before: '',
      now: 'sample 5000 <flags.sample 5000> sample 5000 <depths.sample 5000>',
    },
  ])
})
test('a line of a file of words differs like a word', () => {
  const of = (...lines: readonly unknown[]) => changed({ pipes: [[['cat', { lines }, 'x']]] })
  expect(differences(of('a', 'b', 'c'), of('a', 'd', 'c'))).toEqual([{ what: 'word', program: 'cat', before: 'd', now: 'b' }])
})
