import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Detached } from '../core/errors.ts'
import type { StepNode } from '../core/graph/node.ts'
import { addTarget, sharedSettings, type Target } from '../core/targets/index.ts'
import { runLocally } from '../core/targets/local/index.ts'
import { scratch } from '../core/testing.ts'
import { program } from './program.ts'
import { packageRoot } from './project/package.ts'

// A target of one's own, which the package knows nothing of: added, it is listed, planned, run, compiled and examined as all others are.

const settings = z.strictObject({
  target: z.literal('office'),
  ...sharedSettings,
  desk: z.int('expected a whole number from 1').min(1, 'expected a whole number from 1'),
  list: z.string().optional(),
})
type Settings = z.output<typeof settings>
const desks: number[] = []
const sent = new Set<string>()
const followed: string[] = []
let tried = false
let givesUp = false
const office: Target<Settings> = {
  name: 'office',
  settings,
  paths: ['list'],
  joins: () => (writer, reader) => writer.step.name === 'one' && reader.step.name === 'two',
  run: (plan, options) => {
    desks.push(options.environment.desk)
    if (givesUp) {
      options.on?.({ at: new Date(0).toISOString(), event: 'run-started', run: options.run, plan: plan.name, steps: 3, cpu: 1, memory: 1 })
      sent.add(options.run)
      return Promise.reject(new Detached('ENVIRONMENT', 'The way to the office is closed.'))
    }
    return runLocally(plan, { ...options, stream: false })
  },
  compile: {
    forms: ['note', 'letter'],
    write: async (plan, { environment, image, form }) => {
      const steps = plan.nodes.filter((node): node is StepNode => node.kind === 'step')
      const lines = steps.map(({ step }) => `${step.name} (${image(step.image)})\n`)
      return {
        manifests: new Map([[`${form}.txt`, `Desk ${environment.desk}\n${lines.join('')}`]]),
        objects: new Map(),
        howTo: folder => [`Carry ${folder} to desk ${environment.desk}.`],
      }
    },
  },
  attach: {
    folder: async (_, run) => (sent.has(run) ? process.cwd() : undefined),
    run: (plan, options) => {
      followed.push(options.run)
      return runLocally(plan, options)
    },
  },
  examine: {
    async *findings({ desk }) {
      yield {
        name: 'desk',
        state: desk > 9 ? 'bad' : 'ok',
        found: String(desk),
        needed: 'at most 9',
        ...(desk > 9 && { mend: 'see there' }),
      }
      yield { name: 'lamp', state: tried ? 'ok' : 'unknown', found: tried ? 'bright' : 'a trial shows it', needed: 'bright' }
    },
    trial: async ({ image }, name) => {
      tried = true
      return { name: 'trial run', state: 'ok', found: 'both ran', needed: `two steps of ${image(name)}` }
    },
  },
  setup: { text: async ({ desk }, subjects) => `Desk ${desk} for ${subjects.map(({ kind, name }) => `${kind} ${name}`).join(', ')}\n` },
}
addTarget(office)

const pipeline = `
import { kind, mib, pipeline, run, step } from 'trireme-bio'
const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const one = step({ name: 'one', image: 'any', inputs: {}, outputs: { to: text }, streams: ['to'], needs, command: ({ to }) => run('printf', 'words').into(to) })
const next = (name) => step({ name, image: 'any', inputs: { from: text }, outputs: { to: text }, streams: ['from', 'to'], needs, command: ({ from, to }) => run('cat', from).into(to) })
const [two, three] = [next('two'), next('three')]
export const small = pipeline({ name: 'small', inputs: {}, params: {}, build: () => ({ to: three({ from: two({ from: one({}).to }).to }).to }) })
`
const before = process.cwd()
let folder: string
let said: string
let noted: string
beforeEach(() => {
  folder = scratch()
  process.chdir(folder)
  for (const name of ['pipelines', 'node_modules']) mkdirSync(name)
  symlinkSync(packageRoot, 'node_modules/trireme-bio')
  symlinkSync(path.join(packageRoot, 'node_modules', 'zod'), 'node_modules/zod')
  writeFileSync('pipelines/small.mjs', pipeline)
  writeFileSync(
    'trireme.config.yaml',
    'environments: { ours: { about: Ours, target: office, desk: 3, list: desks.txt }, far: { target: office, desk: 12 } }',
  )
  said = noted = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    said += text
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    noted += text
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  process.chdir(before)
})
/** As the command line does it, in this process. */
async function trireme(...words: string[]): Promise<string> {
  said = noted = ''
  await (await program(words)).parseAsync(words, { from: 'user' })
  return said
}

test('it is listed, and its own settings are checked', async () => {
  expect(await trireme('list', '--environments')).toMatch(/^ {2}ours +office +Ours$/m)
  expect(JSON.parse(await trireme('list', '--environments', '--json'))).toContainEqual({
    name: 'ours',
    sort: 'environment',
    home: 'project',
    target: 'office',
    about: 'Ours',
  })
  const wrong = async (text: string) => {
    writeFileSync('trireme.config.yaml', `environments: { ours: ${text} }`)
    return trireme('list', '--environments').then(
      () => '',
      (error: Error) => error.message,
    )
  }
  expect(await wrong('{ target: office, desk: 0 }')).toContain('desk: expected a whole number from 1. Got 0.')
  expect(await wrong('{ target: office, desk: 1, chair: 2 }')).toContain(
    'there is no setting chair; there are target, about, limits, device, threads, images, price, desk, list.',
  )
  expect(await wrong('{ target: ofice, desk: 1 }')).toContain('target: expected local, container, argo or office. Got "ofice".')
})
test('its paths start at the settings file', async () => {
  const { findEnvironment } = await import('./project/environments.ts')
  expect(await findEnvironment('ours')).toMatchObject({ list: path.join(process.cwd(), 'desks.txt') })
})
test('it is planned: the steps that it joins are printed', async () => {
  expect(await trireme('plan', 'small', '--on', 'ours')).toContain('\njoined by pipes\n  one | two\n')
  expect(await trireme('plan', 'small')).toContain('\njoined by pipes\n  one | two | three\n')
})
test('it runs, and its environment reaches it', async () => {
  expect(await trireme('run', 'small', '--on', 'ours')).toContain('3 steps ran, 0 cached')
  expect(desks).toEqual([3])
  expect(readFileSync('results/to.txt', 'utf8')).toBe('words')
})
test('it is compiled, in the forms that it has', async () => {
  expect(await trireme('compile', 'small', '--on', 'ours', '-o', 'made')).toBe('made/note.txt\n')
  expect(readFileSync('made/note.txt', 'utf8')).toBe('Desk 3\none (any)\ntwo (any)\nthree (any)\n')
  expect(noted).toBe('Carry made to desk 3.\n')
  expect(existsSync('made/objects')).toBe(false)
  expect(await trireme('compile', 'small', '--on', 'ours', '-o', 'made', '--as', 'letter')).toBe('made/letter.txt\n')
  await expect(trireme('compile', 'small', '--on', 'ours', '-o', 'made', '--as', 'workflow')).rejects.toThrow(
    '--as takes note or letter, got "workflow".',
  )
  await expect(trireme('compile', 'small', '--on', 'workstation', '-o', 'made')).rejects.toThrow(
    expect.objectContaining({
      code: 'ENVIRONMENT',
      message:
        'The environment "workstation" cannot be compiled for: its target is local. Name one whose target is argo or office; "trireme list --environments" shows them.',
    }),
  )
})
test('the doctor and the setting up ask it', async () => {
  expect(await trireme('doctor', '--on', 'ours', '--trial')).toMatch(
    /^ok +desk +at most 9 +3\nok +lamp +bright +bright\nok +trial run +two steps of reads +both ran\n\nRuns on "ours" should work\.\n/m,
  )
  await expect(trireme('doctor', '--on', 'far')).rejects.toThrow(expect.objectContaining({ code: 'ENVIRONMENT' }))
  expect(said).toContain('To be mended: desk.')
  expect(await trireme('cluster-setup', '--on', 'ours', '--user', 'ada')).toBe('Desk 3 for User ada\n')
  await expect(trireme('cluster-setup', '--on', 'workstation')).rejects.toThrow(
    'The environment "workstation" needs no setting up: its target is local. Name one whose target is argo or office; "trireme list --environments" shows them.',
  )
  await expect(trireme('images', '--on', 'ours')).rejects.toThrow('The environment "ours" needs no images: its target is office')
})
test('a run of it can be followed again', async () => {
  const id = '20260101-120000-abcd'
  mkdirSync(`.trireme/runs/${id}`, { recursive: true })
  const run = { id, pipeline: 'small', command: ['run', 'small', '--on', 'ours'], arguments: {}, started: new Date(0).toISOString() }
  const gone = { pid: 2 ** 22 + 1, host: os.hostname(), since: 0 }
  writeFileSync(`.trireme/runs/${id}/run.json`, JSON.stringify({ ...run, state: 'running', entries: {}, process: gone }))
  await expect(trireme('attach', 'last')).rejects.toThrow(`The run ${id} sent nothing to a cluster.`)
  sent.add(id)
  expect(await trireme('attach', 'last')).toContain(`3 steps ran, 0 cached. Run ${id}.`)
  expect(followed).toEqual([id])
})
test('a run whose client gave up, while what it had sent went on, is not over', async () => {
  const { argv } = process
  const words = ['run', 'small', '--on', 'ours']
  try {
    process.argv = [...argv.slice(0, 2), ...words]
    givesUp = true
    await expect(trireme(...words)).rejects.toThrow('The way to the office is closed.')
    givesUp = false
    expect(await trireme('runs')).toContain('cut off')
    expect(await trireme('attach', 'last')).toContain('3 steps ran, 0 cached.')
    await expect(trireme('attach', 'last')).rejects.toThrow('is over: it succeeded.')
  } finally {
    process.argv = argv
    givesUp = false
  }
})
test('settings of a folder that the run has nothing to do with are not read to follow it', async () => {
  const id = '20260101-120000-abcd'
  const store = path.resolve('.trireme')
  mkdirSync(path.join(store, 'runs', id), { recursive: true })
  const run = { id, pipeline: 'small', command: ['run', 'none'], arguments: {}, started: new Date(0).toISOString() }
  const gone = { pid: 2 ** 22 + 1, host: os.hostname(), since: 0 }
  writeFileSync(path.join(store, 'runs', id, 'run.json'), JSON.stringify({ ...run, state: 'running', entries: {}, process: gone }))
  sent.add(id)
  mkdirSync('elsewhere')
  process.chdir('elsewhere')
  writeFileSync('trireme.config.yaml', 'targets: []')
  await expect(trireme('attach', id, '--store', store)).rejects.not.toThrow('trireme.config.yaml')
})
test('one that is exported by trireme.config.mjs is there, too', async () => {
  rmSync('trireme.config.yaml')
  writeFileSync(
    'trireme.config.mjs',
    `import { z } from 'zod'
      const settings = z.strictObject({ target: z.literal('shed'), about: z.string().optional(), images: z.object({}).prefault({}), limits: z.object({}).prefault({}) })
      const shed = { name: 'shed', settings, joins: () => () => true, run: () => Promise.reject(new Error('It is locked.')) }
      export const targets = [shed]
      export const environments = { outside: { target: 'shed', about: 'Behind the house' } }`,
  )
  expect(await trireme('list', '--environments')).toMatch(/^ {2}outside +shed +Behind the house$/m)
  await expect(trireme('run', 'small', '--on', 'outside')).rejects.toThrow('It is locked.')
})
test('what is no target is told', async () => {
  rmSync('trireme.config.yaml')
  writeFileSync('trireme.config.mjs', "export const targets = [{ name: 'shed' }]\nexport const environments = {}")
  await expect(trireme('list', '--environments')).rejects.toThrow(
    'trireme.config.mjs exports "targets", which is no list of targets: each has name, settings, joins and run.',
  )
})
test.each([
  ['local', 'There is a target "local" already, of the package. Give yours another name.'],
  ['Our Office', 'A target\'s name has to be lower-case letters, digits and "-", such as our-queue; got "Our Office".'],
])('%s is no name for it', (name, told) => {
  expect(() => addTarget({ ...office, name })).toThrow(expect.objectContaining({ code: 'DEFINITION', message: told }))
})
