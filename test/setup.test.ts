import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

// What goes before "npm start", "npm test" and the like, in a checkout with nothing in it, beside an npm that only notes that it was called.

let folder: string
const at = (...names: string[]) => path.join(folder, ...names)
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-setup-'))
  mkdirSync(at('own/scripts'), { recursive: true })
  mkdirSync(at('own/dist'))
  mkdirSync(at('packages'))
  cpSync(fileURLToPath(new URL('../scripts/setup.mjs', import.meta.url)), at('own/scripts/setup.mjs'))
  writeFileSync(at('npm.js'), `require('node:fs').writeFileSync(${JSON.stringify(at('called'))}, process.argv.slice(2).join(' '))`)
  for (const name of ['packages/.package-lock.json', 'own/package-lock.json', 'own/dist/cli.js']) writeFileSync(at(name), '{}')
  const past = new Date(0)
  utimesSync(at('packages/.package-lock.json'), past, past) // older than the lock, as in a new worktree
})
afterEach(() => rmSync(folder, { recursive: true }))
const setUp = () => {
  const { status, stderr } = spawnSync(process.execPath, [at('own/scripts/setup.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, npm_execpath: at('npm.js') },
  })
  return { status, stderr, called: readdirSync(folder).includes('called') }
}

test('packages that are missing are installed', () => {
  expect(setUp()).toMatchObject({ status: 0, called: true })
})
test('packages of another checkout, to which node_modules is a link, are left alone', () => {
  symlinkSync(at('packages'), at('own/node_modules'))
  expect(setUp()).toEqual({ status: 0, called: false, stderr: '' })
})
test('a link to a folder without packages is told', () => {
  mkdirSync(at('empty'))
  symlinkSync(at('empty'), at('own/node_modules'))
  expect(setUp()).toEqual({
    status: 1,
    called: false,
    stderr: 'node_modules is a link to a folder without packages. Run "npm ci" in the checkout that it belongs to, or remove the link.\n',
  })
})
