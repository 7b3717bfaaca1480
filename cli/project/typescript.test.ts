import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../../core/testing.ts'
import { cli, environment, projectWith } from '../../test/project.ts'

const project = projectWith({
  'pipelines/mine.ts':
    "import { pipeline } from 'trireme-bio'\nexport const mine = pipeline({ name: 'mine', inputs: {}, build: () => ({}) })\n",
})
const [home, temporary, mark] = [scratch(), scratch(), path.join(scratch(), 'ran')]
const list = () => {
  const env = { ...environment, HOME: home, XDG_CACHE_HOME: '', TMPDIR: temporary }
  const { status, stdout } = spawnSync(process.execPath, [cli, 'list', '--pipelines'], { cwd: project, encoding: 'utf8', env })
  expect(stdout).toContain('  mine\n')
  expect(status).toBe(0)
}
/** Puts code of somebody else before what was transformed. */
function poison(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name)
    writeFileSync(file, `require('node:fs').writeFileSync(${JSON.stringify(mark)}, ''); ${readFileSync(file, 'utf8')}`)
  }
}
test("what is made of a project's TypeScript is kept where nobody else can write, and run from there only", () => {
  list()
  const cache = path.join(home, '.cache/trireme/jiti')
  expect(readdirSync(cache)).toHaveLength(1)
  expect(existsSync(path.join(temporary, 'jiti'))).toBe(false)
  poison(cache)
  list()
  expect(existsSync(mark)).toBe(true) // it is read there: this test can fail
  writeFileSync(mark, '')
})
test('it is not read where others can write, nor from a shared folder for temporary files', () => {
  const cache = path.join(home, '.cache/trireme/jiti')
  const shared = path.join(temporary, 'jiti')
  mkdirSync(shared)
  for (const name of readdirSync(cache)) writeFileSync(path.join(shared, name), readFileSync(path.join(cache, name)))
  chmodSync(cache, 0o777)
  const before = readFileSync(mark)
  writeFileSync(mark, 'nobody ran it')
  list()
  expect(before).toEqual(Buffer.from(''))
  expect(readFileSync(mark, 'utf8')).toBe('nobody ran it')
})
