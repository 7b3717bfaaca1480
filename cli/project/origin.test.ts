import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { dependencyOn } from './origin.ts'
import { version } from './package.ts'

let folder: string
const at = (...names: string[]) => path.join(folder, ...names)
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'trireme-origin-')))
})
/** A package that npm installed below `tree`, and noted so. */
function installed(tree: string, notes: object | undefined, place = 'node_modules/trireme-bio'): string {
  mkdirSync(at(tree, place), { recursive: true })
  const packages = { 'node_modules/zod': { resolved: 'https://example.org/zod/-/zod-4.0.0.tgz' }, ...(notes && { [place]: notes }) }
  writeFileSync(at(tree, 'node_modules/.package-lock.json'), JSON.stringify({ packages }))
  return at(tree, place)
}
const range = `^${version()}`

test('of a checkout, run where it is or linked into a project: its folder, relative to the project', () => {
  mkdirSync(at('trireme'))
  expect(dependencyOn(at('heart'), at('trireme'))).toBe('file:../trireme')
  expect(dependencyOn(at('studies/new/heart'), at('trireme'))).toBe('file:../../../trireme')
  mkdirSync(at('heart/node_modules'), { recursive: true })
  symlinkSync('../../trireme', at('heart/node_modules/trireme-bio'))
  expect(dependencyOn(at('heart'), at('heart/node_modules/trireme-bio'))).toBe('file:../trireme')
})
test('relative to where the project really is', () => {
  for (const name of ['trireme', 'real/deep']) mkdirSync(at(name), { recursive: true })
  symlinkSync(at('real/deep'), at('short'))
  expect(dependencyOn(at('short/heart'), at('trireme'))).toBe('file:../../../trireme')
})
test('of a registry: its version', () => {
  const root = installed('cache/_npx/1', {
    version: '0.1.0',
    resolved: 'https://registry.example.org/npm/trireme-bio/-/trireme-bio-0.1.0.tgz',
  })
  expect(dependencyOn(at('heart'), root)).toBe(range)
})
test('of a tarball that is a file: the file, relative to the project', () => {
  expect(dependencyOn(at('heart'), installed('cache/_npx/1', { resolved: 'file:../../../downloads/trireme-bio-0.1.0.tgz' }))).toBe(
    'file:../downloads/trireme-bio-0.1.0.tgz',
  )
})
test.each(['https://example.org/files/trireme.tgz', 'git+ssh://git@example.org/lab/trireme.git#0123456789012345678901234567890123456789'])(
  'of an address: %s',
  resolved => {
    expect(dependencyOn(at('heart'), installed('heart', { resolved }))).toBe(resolved)
  },
)
test('below another package', () => {
  const place = 'node_modules/pipelines-of-ours/node_modules/trireme-bio'
  expect(dependencyOn(at('heart'), installed('heart', { resolved: 'https://example.org/t.tgz' }, place))).toBe('https://example.org/t.tgz')
})
test('of an installer that notes nothing: its version', () => {
  expect(dependencyOn(at('heart'), installed('heart', undefined))).toBe(range)
  expect(dependencyOn(at('heart'), installed('heart', { version: '0.1.0' }))).toBe(range)
})
