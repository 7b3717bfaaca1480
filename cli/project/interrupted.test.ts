import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

// A machine that stops, or a disk that fills, at each of the calls by which an upgrade changes the disk, one after the other.

const power = vi.hoisted(() => ({ calls: 0, stopsAt: Number.POSITIVE_INFINITY, forGood: true, editedAfter: 0, edited: '' }))
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  type Call = (...words: never[]) => unknown
  const changing = (call: Call, half?: Call) =>
    ((...words: never[]) => {
      power.calls++
      if (power.forGood ? power.calls < power.stopsAt : power.calls !== power.stopsAt) {
        const result = call(...words)
        if (power.calls === power.editedAfter) fs.writeFileSync(power.edited, 'edited\n')
        return result
      }
      if (power.calls === power.stopsAt) half?.(...words)
      throw new Error(power.forGood ? 'no power' : 'ENOSPC: no space left on device')
    }) as Call
  const names = ['openSync', 'fsyncSync', 'renameSync', 'rmSync', 'rmdirSync', 'mkdirSync', 'chmodSync', 'chownSync'] as const
  const half = (to: number, content: Buffer) => fs.writeSync(to, content, 0, content.length >> 1)
  return {
    ...fs,
    ...Object.fromEntries(names.map(name => [name, changing(fs[name] as Call)])),
    writeFileSync: changing(fs.writeFileSync as Call, half as Call),
  }
})
const { lastChange, refuseUnfinished, writeTogether } = await import('./changes.ts')
const { lockText, noted } = await import('./copies.ts')
const { undoLastChange } = await import('./undo.ts')

let project: string
beforeEach(() => {
  Object.assign(power, { calls: 0, stopsAt: Number.POSITIVE_INFINITY, forGood: true, editedAfter: 0 })
  project = mkdtempSync(path.join(os.tmpdir(), 'trireme-interrupted-'))
  mkdirSync(path.join(project, 'steps/a'), { recursive: true })
  writeFileSync(path.join(project, 'steps/a/one.ts'), 'old one\n', { mode: 0o640 })
  writeFileSync(path.join(project, 'steps/a/gone.ts'), 'old gone\n')
  writeFileSync(path.join(project, 'trireme.lock.json'), lockText({ 'steps/a/one.ts': noted(Buffer.from('old one\n')) }))
})
afterEach(() => {
  Object.assign(power, { stopsAt: Number.POSITIVE_INFINITY })
  rmSync(project, { recursive: true })
})
const tree = () =>
  Object.fromEntries(
    readdirSync(project, { recursive: true, encoding: 'utf8' })
      .sort()
      .map(name => {
        const file = path.join(project, name)
        const found = lstatSync(file)
        return [name, found.isFile() ? `${found.mode.toString(8)} ${readFileSync(file, 'utf8')}` : 'folder']
      }),
  )
const changes = [
  { place: 'steps/a/one.ts', content: Buffer.from('new one\n') },
  { place: 'steps/b/two.ts', content: Buffer.from('new two\n') },
  { place: 'steps/a/gone.ts', content: undefined },
  { place: 'trireme.lock.json', content: Buffer.from(lockText({ 'steps/a/one.ts': noted(Buffer.from('new one\n')) })) },
]
const write = (keep: boolean) => writeTogether(project, changes, { keep })

test.each([true, false])('after each place where the machine stops, all is as before or all is done (record kept: %s)', keep => {
  const before = tree()
  let stops = 0
  for (let n = 1; ; n++) {
    Object.assign(power, { calls: 0, stopsAt: n })
    let stopped = false
    try {
      write(keep)
    } catch {
      stopped = true
    }
    Object.assign(power, { calls: 0, stopsAt: Number.POSITIVE_INFINITY })
    if (!stopped) break
    stops++
    const files = ['steps/a/one.ts', 'steps/b/two.ts'].map(name => path.join(project, name)).filter(existsSync)
    for (const file of files) expect(readFileSync(file, 'utf8')).toMatch(/^(old|new) \w+\n$/) // never half a file
    if (existsSync(path.join(project, '.trireme-copies/undo/writing'))) {
      expect(() => refuseUnfinished(project)).toThrow(
        'An upgrade, add, new or init was interrupted, or is still at work here, so nothing was changed. If none is at work, take back what it did with: trireme upgrade --undo',
      )
      expect(undoLastChange(project).left).toEqual([])
    }
    rmSync(path.join(project, '.trireme-copies'), { recursive: true, force: true }) // folders that are left empty
    // What ended without a record that is kept has nothing to take back.
    if (tree()['steps/a/one.ts'] === before['steps/a/one.ts']) expect(tree()).toEqual(before)
    else {
      expect(keep).toBe(false)
      for (const { place, content } of changes)
        expect(existsSync(path.join(project, place)) ? readFileSync(path.join(project, place)) : undefined).toEqual(content)
      break
    }
  }
  expect(stops).toBeGreaterThan(20)
})
test('an undoing that is interrupted anywhere is done by the next', () => {
  const before = tree()
  for (let n = 1; ; n++) {
    write(true)
    Object.assign(power, { calls: 0, stopsAt: n })
    let stopped = false
    try {
      undoLastChange(project)
    } catch {
      stopped = true
    }
    Object.assign(power, { calls: 0, stopsAt: Number.POSITIVE_INFINITY })
    if (lastChange(project)) undoLastChange(project)
    const { '.trireme-copies': _, '.trireme-copies/undo': __, ...now } = tree() // may be left empty
    expect(now).toEqual(before)
    if (stopped) continue
    expect(n).toBeGreaterThan(10)
    return
  }
})
test('a disk that is full leaves everything as it was, and the error says so', () => {
  const before = tree()
  for (let n = 1; ; n++) {
    Object.assign(power, { calls: 0, stopsAt: n, forGood: false })
    let message = ''
    try {
      write(true)
    } catch (error) {
      message = String(error)
    }
    const failed = power.calls >= n
    power.stopsAt = Number.POSITIVE_INFINITY
    if (!failed) break
    if (message === '')
      undoLastChange(project) // the owner of a file could not be changed, which is no failure
    else if (message.includes('as they were'))
      expect(message).toBe('TriremeError: The files could not be written, and are as they were: ENOSPC: no space left on device')
    if (existsSync(path.join(project, '.trireme-copies/undo/writing'))) undoLastChange(project)
    rmSync(path.join(project, '.trireme-copies'), { recursive: true, force: true })
    expect(tree()).toEqual(before)
  }
})
test('what is edited while files are written is never lost', () => {
  let refused = 0
  for (let n = 1; ; n++) {
    const before = tree()
    Object.assign(power, { calls: 0, editedAfter: n, edited: path.join(project, 'steps/a/one.ts') })
    let message = ''
    try {
      writeTogether(project, [{ ...changes[0]!, seen: Buffer.from('old one\n') }, ...changes.slice(1)], { keep: true })
    } catch (error) {
      message = String(error)
    }
    const over = power.calls < n
    power.editedAfter = 0
    if (over) break
    expect(readFileSync(path.join(project, 'steps/a/one.ts'), 'utf8')).toBe('edited\n')
    if (message) {
      refused++
      expect(message).toBe(
        'TriremeError: The files could not be written, and are as they were: steps/a/one.ts was edited meanwhile. Try again',
      )
      writeFileSync(path.join(project, 'steps/a/one.ts'), 'old one\n')
    } else {
      expect(undoLastChange(project).left).toEqual([{ place: 'steps/a/one.ts', why: 'it was edited since' }])
      rmSync(path.join(project, 'steps/a/one.ts'))
      undoLastChange(project)
    }
    rmSync(path.join(project, '.trireme-copies'), { recursive: true, force: true })
    expect(tree()).toEqual(before)
  }
  expect(refused).toBeGreaterThan(5)
})
