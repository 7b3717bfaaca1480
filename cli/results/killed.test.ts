import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { scratch } from '../../core/testing.ts'

// A run that is killed at each of the calls by which publishing changes the disk, one after the other, and a disk that refuses each of them.

const power = vi.hoisted(() => ({ calls: 0, stopsAt: Number.POSITIVE_INFINITY, forGood: true }))
type Call = (...words: never[]) => unknown
const changing = vi.hoisted(() => (name: string, call: Call, half?: Call) => {
  const act = (...words: never[]) => {
    power.calls++
    if (power.forGood ? power.calls < power.stopsAt : power.calls !== power.stopsAt) return call(...words)
    if (power.calls === power.stopsAt) half?.(...words)
    const cause = Object.assign(new Error('ENOSPC: no space left on device'), { code: power.forGood ? 'EIO' : 'ENOSPC' })
    if (name.endsWith('Sync')) throw cause
    return Promise.reject(cause)
  }
  return act as Call
})
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const names = ['openSync', 'renameSync', 'rmSync', 'unlinkSync', 'mkdirSync', 'symlinkSync', 'linkSync'] as const
  const half = (to: number, content: string) => fs.writeSync(to, content.slice(0, content.length >> 1))
  return {
    ...fs,
    ...Object.fromEntries(names.map(name => [name, changing(name, fs[name] as Call)])),
    writeFileSync: changing('writeFileSync', fs.writeFileSync as Call, half as Call),
    // The disk is not asked: what a power cut leaves is another question.
    fsyncSync: changing('fsyncSync', () => {}),
    fsync: (_: number, done: (cause: null) => void) => done(null),
  }
})
vi.mock('node:fs/promises', async original => {
  const fs = await original<typeof import('node:fs/promises')>()
  const names = ['copyFile', 'chmod', 'open', 'rename', 'rm', 'symlink'] as const
  const half = (file: import('node:fs/promises').FileHandle) => file.write('ha')
  return {
    ...fs,
    ...Object.fromEntries(names.map(name => [name, changing(name, fs[name] as Call)])),
    writeFile: changing('writeFile', fs.writeFile as Call, half as Call),
  }
})
const { publish, publishInfo, publishing } = await import('./publish.ts')
const guard = { reads: [], overwrite: false }

let folder: string
let out: string
beforeEach(() => {
  Object.assign(power, { calls: 0, stopsAt: Number.POSITIVE_INFINITY, forGood: true })
  folder = scratch()
  out = path.join(folder, 'out')
})
const at = (name: string) => path.join(out, name)
/** What somebody else has there, named as if it were left over. */
const strange = ['mine.txt', 'sub/.x.part', 'sub/.a.txt.1.0123abcd.part', 'sub/deep/mine.part']
/** One run publishes: every file and the description say which. */
async function run(name: string, files: readonly string[], link = false): Promise<void> {
  const pairs = files.map(file => ({ from: path.join(folder, `${name}-${file}`), to: `sub/deep/${file}` }))
  for (const { from } of pairs) if (!existsSync(from)) writeFileSync(from, name)
  await publishing(out, { log: () => {} }, async () => {
    await publish(out, pairs, { link, digests: new Map(), guard })
    await publishInfo(out, { 'params.yml': name, 'provenance.json': name, 'run.json': name }, guard)
  })
}
const content = (place: string) => (lstatSync(place).isSymbolicLink() ? readlinkSync(place) : readFileSync(place, 'utf8'))
const tree = () => {
  const names = readdirSync(out, { recursive: true, encoding: 'utf8' }).sort()
  const files = names.filter(name => !lstatSync(at(name)).isDirectory() && !name.endsWith('published.jsonl'))
  return Object.fromEntries(files.map(name => [name, content(at(name))]))
}
/** As an earlier run and somebody else have left the folder. */
async function before(): Promise<void> {
  for (const name of strange) {
    mkdirSync(path.dirname(at(name)), { recursive: true })
    writeFileSync(at(name), 'mine')
  }
  symlinkSync('nowhere', at('sub/.link.part'))
  await run('old', ['a.txt', 'b.txt', 'd.txt'])
}
const later = ['a.txt', 'b.txt', 'c.txt']
/** Goes through calls, every so many: each is the last, or refused. @returns how many there are */
async function everyCall(every: number, forGood: boolean, link: boolean, check: () => void): Promise<number> {
  await before()
  const start = out
  out = path.join(folder, 'undisturbed')
  cpSync(start, out, { recursive: true, verbatimSymlinks: true })
  await run('new', later, link)
  const whole = tree()
  for (let n = 1; ; n += every) {
    Object.assign(power, { calls: 0, stopsAt: Number.POSITIVE_INFINITY, forGood })
    out = path.join(folder, `out${n}`)
    cpSync(start, out, { recursive: true, verbatimSymlinks: true })
    Object.assign(power, { calls: 0, stopsAt: n })
    const going = await run('new', later, link).then(
      () => 'done',
      (cause: Error) => cause.message,
    )
    const reached = power.calls >= n
    Object.assign(power, { calls: 0, stopsAt: Number.POSITIVE_INFINITY })
    if (!reached) return n - 1
    // A result that cannot be read where it lies counts as changed, and is not written over.
    if (!forGood && going !== 'done') expect(going).toMatch(/ENOSPC|has been changed since a run published it/)
    check()
    await run('new', later, link)
    expect(tree()).toEqual(whole)
  }
}

test.each([false, true])(
  'killed at any call, the next run publishes all, leaves nothing half-written and nothing of others touched (links: %s)',
  async link => {
    const calls = await everyCall(link ? 3 : 1, true, link, () => {
      const found = tree()
      for (const name of strange) expect(found[name]).toBe('mine')
      const results = ['a.txt', 'b.txt', 'c.txt', 'd.txt'].map(name => found[`sub/deep/${name}`]?.replace(/^.*\/(\w+)-.*/, '$1'))
      for (const result of results) expect(result ?? 'old').toMatch(/^(old|new)$/) // never half a file
      // Where a run is described, its files lie there.
      const described = found['pipeline_info/run.json']
      if (described === 'old') expect(results).toEqual(['old', 'old', undefined, 'old'])
      if (described === 'new') expect(results).toEqual(['new', 'new', 'new', 'old'])
    })
    expect(calls).toBeGreaterThan(50)
  },
)
test('a disk that is full at any call: the run itself removes what it had begun', async () => {
  const leftovers = () =>
    Object.keys(tree()).filter(name => /\.part$|\.publishing/.test(name) && !strange.includes(name) && name !== 'sub/.link.part')
  const refusedToClean: string[] = []
  await everyCall(2, false, false, () => refusedToClean.push(...leftovers()))
  // Only the removal itself may have been refused.
  expect(refusedToClean.filter(name => !name.endsWith('.publishing'))).toEqual([])
})
