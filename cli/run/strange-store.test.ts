import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { cli, environment, projectWith, trireme } from '../../test/project.ts'

// A store that may only be read, and one in which a desktop, an editor and a file system left things of their own.

const greet = `
import { kind, mib, pipeline, run, step } from 'trireme-bio'
const text = kind('text', { extension: '.txt' })
const say = step({
  name: 'say', image: 'any', needs: { cpu: 1, memory: mib(64) }, inputs: {}, outputs: { said: text },
  command: ({ said }) => run('echo', 'hello').into(said),
})
export const greet = pipeline({ name: 'greet', inputs: {}, build: () => ({ said: say({}).said }) })
`
const strangers = (folder: string) => {
  for (const name of ['.DS_Store', 'Thumbs.db', 'notes~']) writeFileSync(path.join(folder, name), 'x')
  mkdirSync(path.join(folder, 'lost+found'))
}
const foldersOf = (folder: string): readonly string[] => [
  folder,
  ...readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap(found =>
    found.isDirectory() ? path.join(found.parentPath, found.name) : [],
  ),
]
const looks = [['plan', 'greet'], ['runs'], ['logs', 'last'], ['logs', 'last', 'say'], ['why', 'greet', 'say'], ['list'], ['verify']]

test('strangers in every folder of a store and of a project are passed over, and left alone', { timeout: 120_000 }, () => {
  const folder = projectWith({ 'pipelines/greet.ts': greet, 'steps/.keep': '', 'environments/.keep': '' })
  expect(trireme(folder, 'run', 'greet').status).toBe(0)
  const store = path.join(folder, '.trireme')
  for (const room of ['damaged', 'resume']) mkdirSync(path.join(store, room), { recursive: true })
  for (const place of foldersOf(store)) strangers(place)
  for (const place of [folder, ...['pipelines', 'steps', 'environments', 'results'].map(name => path.join(folder, name))]) strangers(place)
  for (const words of [...looks, ['run', 'greet'], ['clean', '--keep-last', '1'], ['doctor', 'greet'], ['clean', '--keep-last', '0']]) {
    const { status, stdout, stderr } = trireme(folder, ...words)
    expect([words, status, stderr.includes('Internal error'), stdout.includes('Thumbs')]).toEqual([words, 0, false, false])
  }
  for (const room of ['.', 'entries', 'runs', 'work', 'claims', 'damaged', 'resume'])
    expect(readdirSync(path.join(store, room))).toEqual(expect.arrayContaining(['.DS_Store', 'Thumbs.db', 'lost+found', 'notes~']))
  expect(trireme(folder, 'run', 'greet').stdout).toContain('1 step ran')
})
test('a package.json that is no JSON is named', { timeout: 120_000 }, () => {
  const folder = projectWith({ 'pipelines/greet.ts': greet, 'package.json': '{' })
  expect(trireme(folder, 'plan', 'greet')).toMatchObject({ status: 3, stderr: expect.stringContaining(`${folder}/package.json`) })
  writeFileSync(path.join(folder, 'package.json'), '{"version": 5, "name": []}')
  expect(trireme(folder, 'run', 'greet').status).toBe(0)
})
test('a store in the place of a file, or below one', { timeout: 120_000 }, () => {
  const folder = projectWith({ 'pipelines/greet.ts': greet })
  const file = path.join(folder, 'file')
  writeFileSync(file, '')
  for (const store of [file, `${file}/store`]) {
    const { status, stderr } = trireme(folder, 'run', 'greet', '--store', store)
    expect([status, stderr]).toEqual([7, expect.stringContaining(`The store ${store} would lie in a file, not in a folder: ENOTDIR`)])
    expect(trireme(folder, 'plan', 'greet', '--store', store).status).toBe(7)
  }
})
const canMount =
  process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'mount', '--bind', '/tmp', '/tmp']).status === 0
test.skipIf(!canMount)(
  `a store on a read-only disk is looked at${canMount ? '' : ' (skipped: mounts need root)'}`,
  { timeout: 120_000 },
  () => {
    const folder = projectWith({ 'pipelines/greet.ts': greet })
    expect(trireme(folder, 'run', 'greet').status).toBe(0)
    const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    const readOnly = (...words: readonly string[]) =>
      spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', path.join(folder, '.trireme'), process.execPath, cli, ...words], {
        cwd: folder,
        encoding: 'utf8',
        env: environment,
      })
    for (const words of looks) {
      const { status, stderr } = readOnly(...words)
      expect([words, status, stderr]).toEqual([words, 0, ''])
    }
    expect(readOnly('plan', 'greet').stdout).toContain('1 cached')
    for (const words of [['run', 'greet'], ['clean']])
      expect(readOnly(...words)).toMatchObject({
        status: 7,
        stderr: expect.stringMatching(
          /^The store \S+ cannot be used: EROFS: .*\. Looking is possible, with plan, runs, logs and why; to run, mount it so that it can be written, or give another --store\./,
        ),
      })
    expect(existsSync(path.join(folder, '.trireme'))).toBe(true)
  },
)
