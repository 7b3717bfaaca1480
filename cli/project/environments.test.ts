import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readEnvironment } from '../../core/targets/environment.ts'
import { environments, environmentText, findEnvironment, withOwnBucket } from './environments.ts'
import { commonFiles } from './template.ts'

let folder: string
const before = process.cwd()
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-environments-'))
  process.chdir(folder)
})
afterEach(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})
const ours = `
environments:
  ours:
    about: Our cluster
    target: argo
    context: ours
    kubeconfig: kube/config
    namespace: pipelines
    bucket: { endpoint: s3.example.org, name: pipelines }
    images: { lock: ours.lock }
  workstation:
    target: local
    limits: { cpu: 2 }
`
test('those of the package are there, whole', async () => {
  const found = await environments()
  expect(found.every(({ home }) => home === 'package')).toBe(true)
  expect(found.map(({ environment: { name } }) => name)).toEqual(expect.arrayContaining(['workstation', 'workstation-containers']))
  for (const { environment } of found) expect(environment.about).toBeTruthy()
})
test('those of trireme.config.yaml come first, with paths that start at it, and hide those of the package', async () => {
  writeFileSync('trireme.config.yaml', ours)
  const found = await environments()
  expect(found.slice(0, 2).map(({ home, environment: { name } }) => [home, name])).toEqual([
    ['project', 'ours'],
    ['project', 'workstation'],
  ])
  expect(found.filter(({ environment: { name } }) => name === 'workstation')).toHaveLength(1)
  expect(await findEnvironment('workstation')).toMatchObject({ limits: { cpu: 2 } })
  const here = process.cwd()
  expect(await findEnvironment('ours')).toMatchObject({
    kubeconfig: path.join(here, 'kube/config'),
    images: { lock: path.join(here, 'ours.lock') },
  })
})
test('one is shown to copy: put into a settings file, it is the same', async () => {
  for (const { environment } of await environments()) {
    const text = (await environmentText(environment.name))!
    writeFileSync('trireme.config.yaml', text)
    expect(await findEnvironment(environment.name)).toEqual(environment)
    expect((await environmentText(environment.name))!.split('\n').slice(1).join('\n')).toContain(`  ${environment.name}:\n`)
    rmSync('trireme.config.yaml')
  }
  expect(await environmentText('cloud')).toMatch(
    /^# Environment cloud, of the package; copy it into your trireme\.config\.yaml, under a name of your own\nenvironments:\n {2}cloud:\n {4}# A model for /,
  )
  writeFileSync('trireme.config.yaml', 'environments: { mine: { target: local, threads: 3 } }')
  expect(await environmentText('mine')).toBe(
    '# Environment mine, of trireme.config.yaml\nenvironments:\n  mine:\n    target: local\n    threads: 3',
  )
  rmSync('trireme.config.yaml')
  expect(await environmentText('nowhere')).toBeUndefined()
})
test('trireme.config.ts is loaded as pipelines are, by name or as default', async () => {
  writeFileSync('trireme.config.ts', `const threads: number = 3\nexport const environments = { mine: { target: 'local', threads } }\n`)
  expect(await findEnvironment('mine')).toMatchObject({ name: 'mine', target: 'local', threads: 3 })
  rmSync('trireme.config.ts')
  writeFileSync('trireme.config.mjs', `export default { environments: { other: { target: 'local' } } }\n`)
  expect(await findEnvironment('other')).toMatchObject({ name: 'other', target: 'local' })
})
test('what is wrong is told with file and place', async () => {
  await expect(findEnvironment('workstaton')).rejects.toThrow(
    'There is no environment "workstaton". Did you mean "workstation"? There are: ',
  )
  writeFileSync('trireme.config.yaml', 'environments: { ours: { target: local, threads: none } }')
  await expect(findEnvironment('ours')).rejects.toThrow(
    'Environment "ours" in trireme.config.yaml: threads: expected a whole number from 1. Got "none".',
  )
  expect(await findEnvironment('workstation')).toMatchObject({ target: 'local' }) // a fault of one environment is none of another's
  writeFileSync('trireme.config.yaml', 'environments: [')
  await expect(findEnvironment('ours')).rejects.toThrow(/trireme\.config\.yaml, line 1, column \d+: /)
  writeFileSync('trireme.config.yaml', 'target: local')
  await expect(findEnvironment('ours')).rejects.toThrow(
    'trireme.config.yaml has no "environments". Write environments: { NAME: { target: local } }',
  )
  writeFileSync('trireme.config.ts', 'export const environments = {}')
  await expect(environments()).rejects.toThrow('There are trireme.config.ts and trireme.config.yaml. Keep one of them.')
})
test('what the documents show is read', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const shown = ['environments', 'images'].flatMap(name => {
    const text = readFileSync(path.join(root, 'docs', 'reference', `${name}.md`), 'utf8')
    return [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
  })
  expect(shown).toHaveLength(2)
  for (const text of shown)
    for (const [name, settings] of Object.entries(parse(text).environments))
      expect((await readEnvironment(name, settings, 'the page')).name).toBe(name)
})
test('what "trireme init" writes holds none, and good ones once its marks of comments are away', async () => {
  const text = commonFiles['trireme.config.yaml'] ?? ''
  writeFileSync('trireme.config.yaml', text)
  expect((await environments()).every(({ home }) => home === 'package')).toBe(true)
  writeFileSync('trireme.config.yaml', text.replace(/^# {3}/gm, '  ').replaceAll('OWNER', 'owner'))
  const own = (await environments()).filter(({ home }) => home === 'project')
  expect(own.map(({ environment: { name, target } }) => [name, target])).toEqual([
    ['boxes', 'container'],
    ['ours', 'argo'],
  ])
})
test('an environment with a bucket has another folder of it in a settings file of its own, which comes before that of the project', async () => {
  writeFileSync('trireme.config.yaml', ours)
  const before = await findEnvironment('ours')
  const text = (await withOwnBucket('ours', 'bench/run-1'))!
  expect(parse(text)).toMatchObject({ environments: { ours: { bucket: { endpoint: 's3.example.org', prefix: 'trireme/bench/run-1' } } } })
  const elsewhere = path.join(folder, 'elsewhere')
  mkdirSync(elsewhere)
  writeFileSync(path.join(elsewhere, 'one.yaml'), text)
  process.env.TRIREME_SETTINGS = path.join(elsewhere, 'one.yaml')
  try {
    expect(await findEnvironment('ours')).toEqual({
      ...before,
      bucket: { ...Reflect.get(before, 'bucket'), prefix: 'trireme/bench/run-1' },
    })
    expect(await findEnvironment('workstation')).toMatchObject({ limits: { cpu: 2 } })
  } finally {
    delete process.env.TRIREME_SETTINGS
  }
  expect(await findEnvironment('ours')).toEqual(before)
  expect(await withOwnBucket('workstation', 'bench/run-1')).toBeUndefined()
  expect(await withOwnBucket('onprem-argo', 'x')).toContain('prefix: trireme/x')
})
