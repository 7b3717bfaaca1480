import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { projectWith, trireme } from '../../test/project.ts'

// Whoever looks changes nothing: no store, no run, no step. And all that looks says the same.

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const pipelines = `
import { kind, mib, pipeline, run, step } from 'trireme-bio'
import { z } from 'zod'
const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const said = step({
  name: 'said', image: 'any', needs, inputs: {}, params: { words: z.string() }, outputs: { out: text },
  command: ({ words, out }) => run('echo', words).into(out),
})
const copied = step({
  name: 'copied', image: 'any', needs, inputs: { from: text }, outputs: { to: text }, streams: ['from', 'to'],
  command: ({ from, to }) => run('cat', from).into(to),
})
const counted = step({
  name: 'counted', image: 'any', needs, inputs: { from: text }, params: { flag: z.string() }, outputs: { count: text }, streams: ['from'],
  command: ({ from, count, flag }) => run('wc', flag, from).into(count),
})
export const data = pipeline({ name: 'data', inputs: {}, build: () => ({ 'words.txt': said({ words: 'some words' }).out }) })
export const count = pipeline({
  name: 'count', inputs: { words: text }, params: { flag: z.string().default('-w') },
  build: ({ words, flag }) => ({ count: counted({ from: copied({ from: words }).to, flag }).count }),
})
`
const profiles = `
import { plan } from 'trireme-bio'
import { data } from './pipelines/count.ts'
const words = {
  name: 'words', title: 'Words', about: '', source: '', licence: '',
  files: { 'words.txt': { sha256: '${sha256('some words\n')}' } },
  make: () => {
    const { 'words.txt': file } = data({})
    return plan('words', { words: file })
  },
}
export const profiles = { count: { test: { about: '', dataset: words, arguments: files => ({ words: files['words.txt'] }) } } }
`
const project = () => projectWith({ 'pipelines/count.ts': pipelines, 'profiles.ts': profiles })
const all = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => !name.startsWith('node_modules'))
const profile = ['count', '--profile', 'test']

test('plan, why and run --dry-run of a profile whose data is not made: nothing is made, and they say what would be', () => {
  const folder = project()
  const before = all(folder)
  const told =
    'The dataset "words" is not in this store. A run makes it first: 1 step of the plan words, with tools of this machine. What follows is planned as if it were there; of the steps that read its compressed files it is not known whether they are cached.\n'
  const plan = trireme(folder, 'plan', ...profile)
  expect([plan.status, plan.stderr]).toEqual([0, told])
  expect(plan.stdout).toMatch(/^plan count: 2 steps, 2 will run\n/)
  expect(trireme(folder, 'run', '--dry-run', ...profile).stdout).toBe(plan.stdout)
  const why = trireme(folder, 'why', 'count', 'counted', '--profile', 'test')
  expect([why.stderr, why.stdout]).toEqual([told, expect.stringMatching(/^counted would run:\n/)])
  expect(all(folder)).toEqual(before)
  mkdirSync(path.join(folder, '.trireme')) // an empty folder is no store
  trireme(folder, 'plan', ...profile)
  expect(readdirSync(path.join(folder, '.trireme'))).toEqual([])
})
test('once it is made it is found, and looking is no run', () => {
  const folder = project()
  expect(trireme(folder, 'run', ...profile).stdout).toContain('2 steps ran')
  const runs = readdirSync(path.join(folder, '.trireme/runs'))
  const plan = trireme(folder, 'plan', ...profile)
  expect([plan.stderr, plan.stdout]).toEqual(['', expect.stringMatching(/^plan count: 2 steps, 1 cached, 1 not needed\n/)])
  expect(trireme(folder, 'plan', ...profile, '--flag', '-c').stdout).toMatch(/^plan count: 2 steps, 2 will run\n/)
  trireme(folder, 'why', 'count', 'counted', '--profile', 'test')
  expect(readdirSync(path.join(folder, '.trireme/runs'))).toEqual(runs)
})
test('plan and why say the same of every step', () => {
  const folder = project()
  trireme(folder, 'run', ...profile)
  for (const [flag, states] of [
    ['-w', { counted: 'cached', copied: 'not needed' }],
    ['-c', { counted: 'will run', copied: 'will run' }],
  ] as const) {
    const plan = trireme(folder, 'plan', ...profile, '--flag', flag).stdout
    for (const [step, state] of Object.entries(states)) {
      expect(plan).toMatch(new RegExp(`^${step}(:words)?  \\[${state}\\]$`, 'm'))
      const words = {
        cached: 'is cached: made',
        'not needed': 'is not needed: what follows it is cached. It would not run.',
        'will run': 'would run:',
      }
      expect(trireme(folder, 'why', 'count', step, '--profile', 'test', '--flag', flag).stdout).toContain(words[state])
    }
  }
})
test('what a plan depends on may itself be a file to be made', () => {
  const folder = project()
  writeFileSync(
    path.join(folder, 'pipelines/rows.ts'),
    `import { pipeline, rows } from 'trireme-bio'
import { sampleName } from 'trireme-bio/values'
export const listed = pipeline({ name: 'listed', inputs: { sheet: rows({ sample: sampleName }) }, build: () => ({}) })\n`,
  )
  writeFileSync(
    path.join(folder, 'profiles.ts'),
    profiles.replace(
      'profiles = {',
      "profiles = { listed: { test: { about: '', dataset: words, arguments: files => ({ sheet: files['words.txt'] }) } },",
    ),
  )
  const { status, stderr } = trireme(folder, 'plan', 'listed', '--profile', 'test')
  expect([status, stderr]).toEqual([
    4,
    expect.stringContaining(
      'What listed does depends on words.txt, which is not made yet: a run of the profile test makes it first. After that the plan is known.',
    ),
  ])
})
test('tools that are missing for the data and for the pipeline itself are told together', () => {
  const lacking = (name: string) =>
    `tools: [tool({ name: '${name}', homepage: 'https://example.org', licence: 'MIT', version: { argv: ['${name}', '--version'], match: /(\\d+)/ }, accepts: '*' })],`
  const withTools = pipelines
    .replace("'trireme-bio'", "'trireme-bio'\nimport { tool } from 'trireme-bio'")
    .replace("name: 'said',", `name: 'said', ${lacking('nobody-says')}`)
    .replace("name: 'counted',", `name: 'counted', ${lacking('nobody-counts')}`)
  const folder = projectWith({ 'pipelines/count.ts': withTools, 'profiles.ts': profiles })
  const { status, stderr } = trireme(folder, 'run', ...profile, '--no-install')
  expect([status, stderr.match(/^nobody-\w+ is not installed/gm)]).toEqual([
    5,
    ['nobody-says is not installed', 'nobody-counts is not installed'],
  ])
})
