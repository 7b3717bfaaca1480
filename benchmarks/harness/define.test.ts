import { mib, pipeline, run, step } from 'trireme-bio'
import { bed, fasta } from 'trireme-bio/kinds'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { comparison, isComparison } from './define.ts'

const count = step({
  name: 'my-count',
  image: 'none',
  inputs: { genome: fasta },
  outputs: { out: bed },
  needs: { cpu: 1, memory: mib(64) },
  command: ({ genome, out }) => run('wc', genome).into(out),
})
const counting = pipeline({
  name: 'counting',
  inputs: { genome: fasta },
  params: { strict: z.boolean().default(false) },
  steps: [count],
  build: ({ genome }) => ({ counts: count({ genome }).out }),
})
const sleeping = { command: () => ({ argv: ['sleep', '0'] }), check: () => {} }
const right = {
  name: 'own',
  about: 'Two ways',
  pipeline: counting,
  arms: { one: { genome: 'a.fa' }, two: { genome: 'a.fa', strict: true }, floor: sleeping },
  measures: { counting: ['my-count'] },
  quality: { share: { about: 'of all', read: () => 1, floor: 0.5, ceiling: 1, arms: ['one', 'two'] } },
}
/** As a user of JavaScript writes it: nobody has looked at it. */
const faultOf = (change: object): string => {
  try {
    comparison({ ...right, ...change } as never)
    return 'It is taken.'
  } catch (cause) {
    expect(cause).toMatchObject({ name: 'PlanError', code: 'DEFINITION' })
    return (cause as Error).message.replace(/^The comparison "own" /, '')
  }
}
test('a definition that says one thing is taken, and known as a comparison by every copy of the library', async () => {
  const own = comparison(right as never)
  expect(isComparison(own)).toBe(true)
  expect(Object.keys(own)).toEqual(Object.keys(right))
  expect(isComparison({ ...right })).toBe(false)
  const copy: typeof import('./define.ts') = await import(`${'./define.ts'}?another`)
  expect(copy.isComparison).not.toBe(isComparison)
  expect(copy.isComparison(own)).toBe(true)
})
test.each<[string, object, string]>([
  [
    'no name',
    { name: 'Own one' },
    'The comparison "Own one" needs another name: lower-case letters, digits and hyphens between them, such as "strong-scaling".',
  ],
  ['no words', { about: '' }, 'does not say what it is about. Give "about" one line.'],
  ['a misspelt field', { measure: {} }, 'has "measure", which means nothing here. Did you mean "measures"?'],
  ['no arms', { arms: {} }, 'has no arms. Give at least one: arms: { quick: { … } }.'],
  [
    'an arm whose name is a cell of a table',
    { arms: { 'a|b': {} } },
    'has an arm called "a|b". Give it a name without blanks at its ends, and without "·" and "|".',
  ],
  [
    'a command that proves nothing',
    { arms: { one: { command: sleeping.command } } },
    'has the command "one" without a "check", which proves that the work was done. Give it one that throws where it was not.',
  ],
  [
    'an argument that is none',
    { arms: { one: { strct: true } } },
    'gives its arm "one" the argument "strct", which the pipeline "counting" does not take. Did you mean "strict"? There are: genome, strict.',
  ],
  [
    'arguments without a pipeline',
    { pipeline: undefined },
    'has no pipeline, and its arm "one" is no command. Name the pipeline, or give the arm "command" and "check".',
  ],
  [
    'a profile without a pipeline',
    { pipeline: undefined, arms: { floor: sleeping }, profile: 'test' },
    'has the profile "test" but no pipeline, and profiles belong to pipelines. Name it.',
  ],
  [
    'settings of nobody',
    { settings: { flor: {} } },
    'has settings for "flor", which is none of its arms. Did you mean "floor"? There are: one, two, floor.',
  ],
  [
    'half a core',
    { settings: { two: { cpu: 0.5 } } },
    'gives its arm "two" 0.5 cores and 0 GPUs. Give whole numbers, of cores at least 1.',
  ],
  ['a quick run without its baseline', { quick: { without: ['one'] } }, 'leaves its baseline "one" out of a quick run.'],
  ['a baseline that is no arm', { baseline: 'three' }, 'has the baseline "three", which is none of its arms. There are: one, two, floor.'],
  [
    'a baseline elsewhere',
    { baseline: { arm: 'one', environment: 'ours' } },
    'has its baseline in "ours", which is none of its environments. There are: workstation.',
  ],
  ['no environments', { environments: [] }, 'has no environments. Leave them out for this machine, or name some.'],
  ['an environment twice', { environments: ['a', 'a'] }, 'has "a" twice among its environments. Leave one out.'],
  ['caches of another sort', { caches: ['hot'] }, 'has caches "hot", which is neither of the two. There are: cold, warm.'],
  [
    'a measure of the whole',
    { measures: { whole: ['my-count'] } },
    'has a measure called "whole", which every comparison has of itself. Give it another name.',
  ],
  ['a measure of nothing', { measures: { none: [] } }, 'has the measure "none" of no step. Name one, or leave it out.'],
  [
    'a measure of a step that the pipeline does not name',
    { measures: { counting: ['my-cuont'] } },
    'measures as "counting" the step "my-cuont", which is none of the steps that the pipeline "counting" names in "steps", and none of "parts". Did you mean "my-count"? There are: my-count.',
  ],
  [
    'a measure of what is given',
    { given: ['my-count'] },
    'measures as "counting" the step "my-count", which is given: it does not run. Take it from one of them.',
  ],
  [
    'a floor above the ceiling',
    { quality: { share: { about: 'a', read: () => 1, floor: 2, ceiling: 1 } } },
    'has a floor of 2 and a ceiling of 1 for its quality "share": nothing lies between them. Exchange them.',
  ],
  [
    'a floor that is no number',
    { quality: { share: { about: 'a', read: () => 1, floor: Number.NaN } } },
    'bounds its quality "share" by NaN. Give a number.',
  ],
  [
    'a quality that nobody reads',
    { quality: { share: { about: 'a' } } },
    'does not say how "share" is read. Give it "read", a function of the folders of a run.',
  ],
  [
    'a tolerance of all',
    { outputs: { read: () => ({}), tolerance: 1 } },
    'has a tolerance of 1. Give a share of the larger number, from 0 to less than 1.',
  ],
  [
    'an arm in two groups',
    { outputs: { read: () => ({}), equal: [['one', 'two'], ['two']] } },
    'has "two" twice among its arms with equal outputs. Leave one out.',
  ],
  ['less than no warm-up', { warmups: -1 }, 'has -1 warm-ups. Give a whole number, or 0 for none.'],
  ['more rounds than the most', { runs: { least: 9, most: 3 } }, 'has at least 9 rounds and at most 3. Exchange them.'],
  ['no width', { runs: { width: 0 } }, 'goes on until its intervals are 0 wide, which they will never be. Give a share such as 0.05.'],
  ['no cores', { scaling: { law: 'strong', cores: { one: 0 } } }, 'gives its arm "one" 0 cores to scale by. Give a number above 0.'],
  ['a claim without bounds', { claims: [{ of: 'wall', arm: 'one' }] }, 'has a claim without bounds. Give it "least", "most" or both.'],
  [
    'a claim that contradicts itself',
    { claims: [{ of: 'wall', arm: 'one', least: 2, most: 1 }] },
    'has a least of 2 and a most of 1 for its claim: nothing lies between them. Exchange them.',
  ],
  ['an arm beside itself', { claims: [{ ratio: ['one', 'one'], of: 'wall', most: 1 }] }, 'compares its arm "one" with itself in a claim.'],
  [
    'a claim about no measure',
    { claims: [{ of: 'wall', arm: 'one', measure: 'countin', most: 1 }] },
    'claims something of "countin", which is none of its measures. Did you mean "counting"? There are: whole, counting.',
  ],
  [
    'a claim about no resource',
    { claims: [{ ratio: ['one', 'two'], most: 1 }] },
    'has a claim whose "of" is nothing. Give one of wall, cpu, memory.',
  ],
  [
    'a claim about a quality, of no statistic',
    { claims: [{ quality: 'share', arm: 'one', take: 'max', least: 1 }] },
    'has a claim whose "take" is "max". Give one of least, median, most, mean.',
  ],
  [
    'a switch that is none',
    { settings: { one: { stream: 'no' } } },
    'gives its arm "one" the setting "stream" as "no". Give true or false.',
  ],
  [
    'a setting that is none',
    { settings: { one: { streams: false } } },
    'gives its arm "one" the setting "streams", which means nothing here. Did you mean "stream"? There are: cpu, gpu, stream, once.',
  ],
  [
    'a law of another sort',
    { scaling: { law: 'amdahl', cores: {} } },
    'scales by the law "amdahl", which is neither of the two. There are: strong, weak.',
  ],
  [
    'a quality without words',
    { quality: { share: { read: () => 1 } } },
    'does not say what its quality "share" is. Give it "about", one line.',
  ],
  [
    'outputs that nobody reads',
    { outputs: { equal: [['one', 'two']] } },
    'does not say how its outputs are read. Give them "read", a function of the folders of a run.',
  ],
  [
    'a claim about a quality that the arm has not',
    { claims: [{ quality: 'share', arm: 'floor', take: 'least', least: 1 }] },
    'claims a "share" of "floor", which has none. There are: one, two.',
  ],
])('%s', (_, change, fault) => expect(faultOf(change)).toBe(fault))
