import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { cacheFolder, openedBy, ownCache, ownCacheOrTemporary } from './own-folder.ts'

// Who may change what lies in the cache runs programs as the user: jiti's transformed TypeScript, and programs that stand first on PATH.

let home: string
beforeEach(() => {
  home = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'trireme-home-')))
  vi.stubEnv('HOME', home)
  vi.stubEnv('XDG_CACHE_HOME', undefined)
})
test('the cache lies where XDG says, whose relative paths do not count', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/cache' })).toBe('/cache/trireme')
  expect(cacheFolder({ XDG_CACHE_HOME: 'cache' })).toBe(path.join(home, '.cache/trireme'))
  expect(cacheFolder({ XDG_CACHE_HOME: '' })).toBe(path.join(home, '.cache/trireme'))
})
test('it is made for the user alone, whatever the umask', () => {
  const before = process.umask(0)
  try {
    expect(ownCache('jiti')).toBe(path.join(home, '.cache/trireme/jiti'))
  } finally {
    process.umask(before)
  }
  for (const folder of ['.cache', '.cache/trireme', '.cache/trireme/jiti'])
    expect((lstatSync(path.join(home, folder)).mode & 0o777).toString(8)).toBe('700')
  expect(ownCache('jiti')).toBe(path.join(home, '.cache/trireme/jiti'))
})
describe('a folder that others can write to is not used', () => {
  test.each([
    ['.cache/trireme/jiti', 0o777],
    ['.cache/trireme', 0o777],
    ['.cache', 0o757],
    ['', 0o707],
  ])('%s of mode %i', (folder, mode) => {
    ownCache('jiti')
    chmodSync(path.join(home, folder), mode)
    expect(ownCache('jiti')).toBeUndefined()
    expect(openedBy(path.join(home, '.cache/trireme/jiti'))).toBe(path.join(home, folder))
  })
  test('not even where only its owner may take away, as in /tmp; above it that is enough', () => {
    ownCache('jiti')
    chmodSync(path.join(home, '.cache/trireme/jiti'), 0o1777)
    expect(ownCache('jiti')).toBeUndefined()
    chmodSync(path.join(home, '.cache/trireme/jiti'), 0o700)
    chmodSync(path.join(home, '.cache'), 0o1777)
    expect(ownCache('jiti')).toBe(path.join(home, '.cache/trireme/jiti'))
  })
  test('a group may where it is the user alone', () => {
    const folder = path.join(home, '.cache/trireme/jiti')
    ownCache('jiti')
    chmodSync(folder, 0o770)
    expect(ownCache('jiti')).toBe(lstatSync(folder).uid === lstatSync(folder).gid ? folder : undefined)
  })
})
const root = process.getuid?.() === 0
test.skipIf(!root)(
  `a folder that somebody else made is not used, nor one below it${root ? '' : ' (skipped: only root can make one)'}`,
  () => {
    const theirs = path.join(home, '.cache/trireme')
    mkdirSync(path.join(theirs, 'jiti'), { recursive: true, mode: 0o700 })
    chownSync(path.join(theirs, 'jiti'), 1234, 1234)
    expect(ownCache('jiti')).toBeUndefined()
    expect(openedBy(path.join(theirs, 'jiti'))).toBe(path.join(theirs, 'jiti'))
    expect(ownCache('programs')).toBe(path.join(theirs, 'programs'))
    chownSync(theirs, 1234, 1234)
    expect(ownCache('programs')).toBeUndefined()
  },
)
describe('links', () => {
  test('a link of the user\'s own to a folder of their own is followed, as where "~/.cache" lies on a larger disk', () => {
    mkdirSync(path.join(home, 'large'), { mode: 0o700 })
    symlinkSync('large', path.join(home, '.cache'))
    expect(ownCache('jiti')).toBe(path.join(home, '.cache/trireme/jiti'))
  })
  test('a link to a folder that others can write to is not', () => {
    mkdirSync(path.join(home, 'shared'))
    chmodSync(path.join(home, 'shared'), 0o777)
    symlinkSync('shared', path.join(home, '.cache'))
    expect(ownCache('jiti')).toBeUndefined()
    expect(openedBy(path.join(home, '.cache/trireme/jiti'))).toBe(path.join(home, 'shared'))
  })
})
test('where there must be a folder, one stands in that nobody knows', () => {
  mkdirSync(path.join(home, '.cache'), { mode: 0o700 })
  chmodSync(path.join(home, '.cache'), 0o777)
  const folder = ownCacheOrTemporary('programs')
  expect(folder).not.toContain(home)
  expect(existsSync(folder)).toBe(true)
  expect((lstatSync(folder).mode & 0o777).toString(8)).toBe('700')
})
test('of a folder that is not there yet, those above it count', () => {
  expect(openedBy(path.join(home, 'a/b'))).toBeUndefined()
  chmodSync(home, 0o777)
  expect(openedBy(path.join(home, 'a/b'))).toBe(home)
})
