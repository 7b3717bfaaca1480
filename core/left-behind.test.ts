import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Held, readEnd, readPlain, removeTree, removeTreeInTurns } from './left-behind.ts'

let folder = ''
let precious = ''
/** All that could differ of a folder that nobody may touch. */
const state = (at: string): unknown =>
  readdirSync(at, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(name => {
      const { mode, mtimeMs, nlink, size } = lstatSync(path.join(at, name))
      return { name, mode, mtimeMs, nlink, size }
    })
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-left-'))
  precious = path.join(folder, 'precious')
  mkdirSync(path.join(precious, 'deep'), { recursive: true })
  writeFileSync(path.join(precious, 'deep', 'letter.txt'), 'dear', { mode: 0o600 })
})
afterEach(() => {
  execFileSync('chmod', ['-R', 'u+rwx', folder])
  rmSync(folder, { recursive: true, force: true })
})

describe('removing', () => {
  test('follows no link, whatever it stands for', () => {
    const tree = path.join(folder, 'tree')
    mkdirSync(path.join(tree, 'a/b'), { recursive: true })
    for (const place of ['one', 'a/two', 'a/b/three']) symlinkSync(precious, path.join(tree, place))
    symlinkSync(path.join(precious, 'deep/letter.txt'), path.join(tree, 'a/file'))
    symlinkSync('nowhere', path.join(tree, 'a/dangling'))
    const before = state(precious)
    expect(removeTree(tree)).toBeUndefined()
    expect(existsSync(tree)).toBe(false)
    expect(state(precious)).toEqual(before)
  })
  test('takes away a link that stands for the tree itself', () => {
    symlinkSync(precious, path.join(folder, 'tree'))
    const before = state(precious)
    expect(removeTree(path.join(folder, 'tree'))).toBeUndefined()
    expect(existsSync(path.join(folder, 'tree'))).toBe(false)
    expect(state(precious)).toEqual(before)
  })
  test('what is not there is no fault', () => {
    expect(removeTree(path.join(folder, 'tree'))).toBeUndefined()
    expect(removeTree(path.join(precious, 'deep/letter.txt/below'))).toBeUndefined()
  })
  test('goes through folders that may not be read or written, and meets names that are no UTF-8', () => {
    const tree = path.join(folder, 'tree')
    mkdirSync(path.join(tree, 'cache/mod'), { recursive: true })
    writeFileSync(path.join(tree, 'cache/mod/go.mod'), 'x')
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/cache/`), Buffer.from([0xff, 0xfe])]), 'x')
    execFileSync('mkfifo', [path.join(tree, 'cache/pipe')])
    chmodSync(path.join(tree, 'cache/mod'), 0o000)
    chmodSync(path.join(tree, 'cache'), 0o555)
    chmodSync(tree, 0o500)
    expect(removeTree(tree)).toBeUndefined()
    expect(existsSync(tree)).toBe(false)
  })
  test('a tree as deep as no path can say', () => {
    const tree = path.join(folder, 'tree')
    mkdirSync(tree)
    execFileSync('perl', ['-e', 'chdir shift; for (1 .. 1200) { mkdir "dddddddd"; chdir "dddddddd" or die }', tree])
    expect(removeTree(tree)).toBeUndefined()
    expect(existsSync(tree)).toBe(false)
  })
  test('in turns, until the signal says to give up', async () => {
    const tree = path.join(folder, 'tree')
    mkdirSync(tree)
    execFileSync('bash', ['-c', 'cd "$1" && printf "%s\\n" {1..30000} | xargs touch', 'many', tree])
    const given = AbortSignal.abort()
    expect(await removeTreeInTurns(tree, given)).toBeUndefined()
    const left = readdirSync(tree).length
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(30_000)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    expect(await removeTreeInTurns(tree)).toBeUndefined()
    clearInterval(timer)
    expect(existsSync(tree)).toBe(false)
    expect(turns).toBeGreaterThan(0)
  })
  const mounts = process.platform === 'linux' && process.getuid?.() === 0
  test.skipIf(!mounts)(`enters nothing that is mounted there, and says so${mounts ? '' : ' (skipped: mounts need root)'}`, () => {
    const tree = path.join(folder, 'tree')
    const mnt = path.join(tree, 'mnt')
    mkdirSync(mnt, { recursive: true })
    writeFileSync(path.join(tree, 'other'), 'x')
    const before = state(precious)
    if (spawnSync('mount', ['--bind', precious, mnt]).status !== 0) return // a container without the right to
    const told = [removeTree(mnt), removeTree(tree)]
    execFileSync('umount', [mnt])
    expect(told.map(fault => fault?.code)).toEqual(['EBUSY', 'EBUSY'])
    expect(state(precious)).toEqual(before)
    expect(readdirSync(tree)).toEqual(['mnt'])
  })
})

describe('holding', () => {
  test('a folder that was moved away, with a link in its place, is not taken for the other', () => {
    const own = path.join(folder, 'own')
    mkdirSync(own)
    const held = new Held(own)
    expect(held.isAt(own)).toBe(true)
    renameSync(own, `${own}2`)
    symlinkSync(precious, own)
    expect(held.isAt(own)).toBe(false)
    if (process.platform === 'linux') {
      writeFileSync(`${held.place}/mine`, 'x')
      expect(readdirSync(`${own}2`)).toEqual(['mine'])
    } else {
      expect(() => held.place).toThrow(`${own} was replaced by something else`)
    }
    held.close()
    expect(readdirSync(precious)).toEqual(['deep'])
  })
  test('a link is held itself, and is no file to open', () => {
    const link = path.join(folder, 'link')
    symlinkSync(path.join(precious, 'deep/letter.txt'), link)
    const held = new Held(link)
    expect(held.stats.isSymbolicLink()).toBe(true)
    expect(() => held.open()).toThrow(`${link} is no regular file`)
    held.close()
  })
  test('a closed one reaches nothing by the number that it had', () => {
    const file = path.join(folder, 'file')
    writeFileSync(file, 'x')
    const held = new Held(file)
    held.close()
    held.close()
    rmSync(file)
    expect(() => held.open()).toThrow(`${file} was replaced by something else`)
  })
})

describe('reading', () => {
  test('only plain files, and no more than asked for', () => {
    const file = path.join(folder, 'status')
    writeFileSync(file, 'abcdef')
    expect(readPlain(file)).toBe('abcdef')
    expect(readPlain(file, 3)).toBe('abc')
    symlinkSync(file, `${file}.link`)
    execFileSync('mkfifo', [`${file}.pipe`])
    for (const other of [`${file}.link`, `${file}.pipe`, folder, '/dev/zero', `${file}.none`]) expect(readPlain(other)).toBeUndefined()
    linkSync(file, `${file}.two`)
    expect(readPlain(`${file}.two`)).toBe('abcdef')
  })
  test('the end of a file of a terabyte', () => {
    const file = path.join(folder, 'log')
    writeFileSync(file, '')
    truncateSync(file, 2 ** 40)
    writeFileSync(file, 'last\n', { flag: 'a' })
    const descriptor = openSync(file, 'r')
    expect(readEnd(descriptor, 6)).toBe('\0last\n')
    expect(readEnd(descriptor)).toHaveLength(65_536)
    closeSync(descriptor)
    expect(readFileSync(path.join(precious, 'deep/letter.txt'), 'utf8')).toBe('dear')
  })
})
