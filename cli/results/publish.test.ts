import { execFileSync } from 'node:child_process'
import {
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { source } from '../../core/define/pipeline.ts'
import { placedAt } from '../../core/graph/place.ts'
import { scratch } from '../../core/testing.ts'
import { kind, many } from '../../core/vocabulary/kind.ts'
import { FoldersBelow } from './folders-below.ts'
import { layoutWith, promisedFiles, publications } from './layout.ts'
import { checkApartFromStore, checkOut } from './out-folder.ts'
import type { Guard, ReadFile } from './places.ts'
import { publish, publishInfo, publishing } from './publish.ts'
import { PublishedFiles } from './published.ts'

const bam = kind('bam', { extension: '.bam', companions: ['.bai'] })
const ref = source('x', bam, { '': { url: 'x', sha256: 'a' }, '.bai': { url: 'y', sha256: 'b' } })
const list = { ...ref, kind: many(bam) }
const at = (base: string) => placedAt(base, bam)

test('results lie where the layout says, with their companions; by default under their own names', () => {
  const results = { one: ref, group: { s1: ref, s2: ref }, array: [ref, ref], parts: list }
  const made = {
    one: at('/e/one'),
    group: { s1: at('/e/a'), s2: undefined },
    array: [at('/e/1'), at('/e/2')],
    parts: [at('/e/0001'), at('/e/0002')],
  }
  const to = (layout: Parameters<typeof publications>[2]) => publications(results, made, layout).map(({ from, to }) => `${from} ${to}`)
  expect(to({})).toEqual([
    ...['/e/one.bam one.bam', '/e/one.bam.bai one.bam.bai', '/e/a.bam group/s1.bam', '/e/a.bam.bai group/s1.bam.bai'],
    ...['/e/1.bam array/1.bam', '/e/1.bam.bai array/1.bam.bai', '/e/2.bam array/2.bam', '/e/2.bam.bai array/2.bam.bai'],
    ...[
      '/e/0001.bam parts/0001.bam',
      '/e/0001.bam.bai parts/0001.bam.bai',
      '/e/0002.bam parts/0002.bam',
      '/e/0002.bam.bai parts/0002.bam.bai',
    ],
  ])
  const own = to({ one: 'calls/joint', group: name => `alignments/${name}/${name}.md`, parts: name => `by-part/${name}` })
  expect(own.filter(line => line.endsWith('.bam'))).toEqual([
    ...['/e/one.bam calls/joint.bam', '/e/a.bam alignments/s1/s1.md.bam', '/e/1.bam array/1.bam', '/e/2.bam array/2.bam'],
    ...['/e/0001.bam by-part/0001.bam', '/e/0002.bam by-part/0002.bam'],
  ])
})
test('a place may follow the parameters', () => {
  const layout = { bams: (name: string, { marked }: { readonly marked: boolean }) => `${name}.${marked ? 'md' : 'sorted'}`, one: 'calls' }
  const places = (marked: boolean) => promisedFiles({ bams: { s: ref }, one: ref }, layoutWith(layout, { marked })).map(({ base }) => base)
  expect([places(true), places(false)]).toEqual([
    ['s.md', 'calls'],
    ['s.sorted', 'calls'],
  ])
})
test.each([
  ['../x', 'has an empty part, "." or ".." in it'],
  ['a/../../x', 'has an empty part, "." or ".." in it'],
  ['a//b', 'has an empty part, "." or ".." in it'],
  ['', 'has an empty part, "." or ".." in it'],
  ['a\nb', 'holds a control character'],
  ['a\u202eb', 'holds a control character'],
  ['a\\b', 'is not relative'],
  ['-rf', 'has a part that begins with "-", which commands take for an option'],
  ['x'.repeat(201), 'has a part longer than 200 bytes'],
])('the name %j is refused before anything runs', (name, fault) => {
  expect(() => promisedFiles({ bams: { [name]: ref } })).toThrow(
    `The result "bams" would lie at ${JSON.stringify(`bams/${name}`)}, which ${fault}.`,
  )
})
test('absolute paths and the folder of the run are refused; spaces, quotes and unicode are not', () => {
  expect(() => promisedFiles({ bam: ref }, { bam: '/etc/x' })).toThrow('which is not relative.')
  expect(() => promisedFiles({ bam: ref }, { bam: 'pipeline_info/run' })).toThrow('which is in pipeline_info')
  for (const name of ['a b', `it's "x"`, '$(touch x)', ';', '{{x}}', 'ünï', '.hidden'])
    expect(promisedFiles({ bams: { [name]: ref } })).toHaveLength(1)
})
test('two results never share a path, nor differ in case alone', () => {
  expect(() => promisedFiles({ a: ref, b: ref }, { b: 'a' })).toThrow('Two results would lie at "a.bam".')
  expect(() => promisedFiles({ bams: { A: ref, a: ref } })).toThrow(
    'Two results would lie at "bams/a.bam" and "bams/A.bam", which differ in case only.',
  )
})

const inTurn = <T>(out: string, act: () => Promise<T>) => publishing(out, { log: () => {} }, act)
const setUp = (names: readonly string[]) => {
  const folder = scratch()
  const store = path.join(folder, 'store')
  mkdirSync(store)
  for (const name of names) writeFileSync(path.join(store, name), `${name} of the store`, { mode: 0o444 })
  const out = path.join(folder, 'out')
  const pairs = names.map(name => ({ from: path.join(store, name), to: `sub/${name}` }))
  const go = (some = pairs, { link = false, overwrite = false, reads = [] as readonly ReadFile[] } = {}) =>
    inTurn(out, () => publish(out, some, { link, digests: new Map(), guard: { reads, overwrite } }))
  /** What a later run of the project would publish there: another content. */
  const later = (name: string) => {
    writeFileSync(path.join(folder, `later ${name}`), 'later')
    return [{ from: path.join(folder, `later ${name}`), to: `sub/${name}` }]
  }
  const read = (name: string) => readFileSync(path.join(out, 'sub', name), 'utf8')
  return { folder, store, out, pairs, go, later, read }
}
test('real files of their own, writable, none half-written left behind', async () => {
  const { store, out, go, read } = setUp(['a.txt', 'b.txt'])
  const { files } = await go()
  expect(files.map(file => file.path)).toEqual(['sub/a.txt', 'sub/b.txt'])
  expect(read('a.txt')).toBe('a.txt of the store')
  expect(statSync(path.join(out, 'sub/a.txt')).ino).not.toBe(statSync(path.join(store, 'a.txt')).ino)
  expect(statSync(path.join(out, 'sub/a.txt')).mode & 0o777).toBe(0o644)
  expect(readdirSync(path.join(out, 'sub'))).toEqual(['a.txt', 'b.txt'])
})
test('a later run: what is there stays, what is another now is replaced, what is no longer made is told and stays', async () => {
  const { out, pairs, go, later, read } = setUp(['a.txt', 'b.txt', 'c.txt'])
  await go()
  const before = statSync(path.join(out, 'sub/a.txt'))
  const { stale } = await go([pairs[0]!, ...later('b.txt')])
  expect(statSync(path.join(out, 'sub/a.txt')).ino).toBe(before.ino)
  expect(read('b.txt')).toBe('later')
  expect(stale).toEqual(['sub/c.txt'])
  expect((await go([pairs[0]!])).stale).toEqual(['sub/b.txt', 'sub/c.txt'])
  await go() // c was published two runs ago, and is a file of this project still
  expect([read('b.txt'), read('c.txt')]).toEqual(['b.txt of the store', 'c.txt of the store'])
})
test('what somebody has changed since is not replaced, unless asked; a copy of the folder is as good as the folder', async () => {
  const { folder, out, pairs, go, later, read } = setUp(['a.txt', 'b.txt'])
  await go()
  writeFileSync(path.join(out, 'sub/b.txt'), 'b.txt of its user')
  utimesSync(path.join(out, 'sub/b.txt'), 1e9, 1e9)
  for (const some of [pairs, later('b.txt')])
    await expect(go(some)).rejects.toThrow(
      `The results cannot be written to ${out}, since files would be lost:\n  ${out}/sub/b.txt has been changed since a run published it; a result would be written there\nWhat was made is kept: the same command goes on from there. Give another --out, or move these files away. --overwrite replaces such files, but no input.`,
    )
  expect(read('b.txt')).toBe('b.txt of its user')
  await go(pairs, { overwrite: true })
  expect(read('b.txt')).toBe('b.txt of the store')
  cpSync(out, path.join(folder, 'copy'), { recursive: true })
  rmSync(out, { recursive: true })
  cpSync(path.join(folder, 'copy'), out, { recursive: true })
  await go(later('a.txt'))
  expect(read('a.txt')).toBe('later')
})
test('what no run has published is not replaced: a file, a link, a folder, a file in the place of a folder', async () => {
  const { folder, out, go, pairs } = setUp(['a.txt', 'b.txt', 'c.txt'])
  mkdirSync(path.join(out, 'sub/b.txt'), { recursive: true })
  writeFileSync(path.join(out, 'sub/a.txt'), 'mine')
  symlinkSync('/nowhere', path.join(out, 'sub/c.txt'))
  await expect(go()).rejects.toThrow(
    new RegExp(
      [
        'a\\.txt is there already, and no run published it; a result would be written there',
        'b\\.txt is a folder, and a result would be written there as a file',
        'c\\.txt is there already, and no run published it',
      ].join('(.|\\n)*'),
    ),
  )
  expect(readFileSync(path.join(out, 'sub/a.txt'), 'utf8')).toBe('mine')
  await expect(go(pairs, { overwrite: true })).rejects.toThrow('b.txt is a folder')
  const other = setUp(['a.txt'])
  mkdirSync(other.out)
  writeFileSync(path.join(other.out, 'sub'), 'mine')
  await expect(other.go()).rejects.toThrow(`${other.out}/sub is a file, and a result would be written below it`)
  expect(readdirSync(folder)).toEqual(['out', 'store'])
})
test('no link below the folder of results is followed: in the place of a folder, of the list, of the description', async () => {
  const { folder, out, go, pairs } = setUp(['a.txt'])
  const elsewhere = path.join(folder, 'elsewhere')
  for (const place of [out, elsewhere]) mkdirSync(place)
  symlinkSync(elsewhere, path.join(out, 'sub'))
  await expect(go()).rejects.toThrow(`${out}/sub is a link, which is not followed, and a result would be written below it`)
  await expect(go(pairs, { overwrite: true })).rejects.toThrow(`${out}/sub is a link, which is not followed`)
  rmSync(path.join(out, 'sub'))
  rmSync(path.join(out, 'pipeline_info'), { recursive: true })
  symlinkSync(elsewhere, path.join(out, 'pipeline_info'))
  await expect(go()).rejects.toThrow(
    `${out}/pipeline_info cannot be written: ${out}/pipeline_info is a link, or no folder. Nothing is lost: mend that or give another --out, and run again.`,
  )
  expect(readdirSync(elsewhere)).toEqual([])
  rmSync(path.join(out, 'pipeline_info'))
  mkdirSync(path.join(out, 'pipeline_info'))
  writeFileSync(path.join(elsewhere, 'list'), 'mine')
  symlinkSync(path.join(elsewhere, 'list'), path.join(out, 'pipeline_info/published.jsonl'))
  await go()
  expect(readFileSync(path.join(elsewhere, 'list'), 'utf8')).toBe('mine')
  rmSync(out, { recursive: true })
  symlinkSync(elsewhere, out) // the user's own name for it
  await go()
  expect(readdirSync(elsewhere)).toEqual(['list', 'pipeline_info', 'sub'])
})
test('a folder that is replaced by a link while files are put into it', () => {
  const { folder, out } = setUp([])
  const elsewhere = path.join(folder, 'elsewhere')
  mkdirSync(elsewhere)
  const folders = new FoldersBelow(out)
  folders.reach('a/b/file')
  renameSync(path.join(out, 'a/b'), path.join(out, 'moved'))
  symlinkSync(elsewhere, path.join(out, 'a/b'))
  try {
    writeFileSync(folders.reach('a/b/file'), 'a result') // on Linux into the folder that was held
  } catch (cause) {
    expect(String(cause)).toContain('was replaced by something else')
  } finally {
    folders.close()
  }
  expect(readdirSync(elsewhere)).toEqual([])
  expect(() => new FoldersBelow(out).reach('a/b/file')).toThrow(`${out}/a/b is a link, or no folder`)
})
test('what appears in a place between the look at it and the writing stays', async () => {
  const { out, pairs } = setUp(['a.txt', 'b.txt'])
  const digests = new Map<string, string>()
  digests.get = () => {
    mkdirSync(path.join(out, 'sub'), { recursive: true })
    writeFileSync(path.join(out, 'sub/b.txt'), 'mine') // asked when all places have been looked at
    return undefined
  }
  await expect(inTurn(out, () => publish(out, pairs, { link: false, digests, guard: { reads: [], overwrite: false } }))).rejects.toThrow(
    `${out}/sub/b.txt cannot be written: somebody else has written there meanwhile.`,
  )
  expect(readFileSync(path.join(out, 'sub/b.txt'), 'utf8')).toBe('mine')
  expect(readdirSync(path.join(out, 'sub'))).toEqual(['a.txt', 'b.txt'])
})
test('copying is given up at once, and leaves nothing', async () => {
  const { out, pairs, store } = setUp(['a.txt'])
  rmSync(path.join(store, 'a.txt'))
  execFileSync('mkfifo', [path.join(store, 'a.txt')])
  const stop = new AbortController()
  const options = {
    link: false,
    digests: new Map([[pairs[0]!.from, 'a'.repeat(64)]]),
    guard: { reads: [], overwrite: false },
    signal: stop.signal,
  }
  const going = inTurn(out, () => publish(out, pairs, options))
  const writing = await open(path.join(store, 'a.txt'), 'w')
  await new Promise(next => setTimeout(next, 100)) // it waits for the first byte
  stop.abort(new Error('stopped'))
  await expect(going).rejects.toThrow('stopped')
  await writing.close()
  expect(readdirSync(path.join(out, 'sub'))).toEqual([])
})
test('a run that is killed while it publishes leaves no file that the next one takes for a stranger’s', async () => {
  const others = Array.from({ length: 64 }, (_, n) => `${n}.txt`) // more than are brought to the disk together
  const { folder, out, pairs, go, later, read } = setUp(['a.txt', 'b.txt', ...others])
  await go(pairs.slice(0, 1))
  const broken = [...later('a.txt'), ...pairs.slice(1), { from: path.join(folder, 'none'), to: 'sub/c.txt' }]
  const digests = new Map([[path.join(folder, 'none'), 'f'.repeat(64)]])
  mkdirSync(path.join(folder, 'none')) // a folder cannot be copied: it ends when it comes to the last file
  const going = inTurn(out, () => publish(out, broken, { link: false, digests, guard: { reads: [], overwrite: false } }))
  await expect(going).rejects.toThrow('c.txt cannot be written')
  expect([read('a.txt'), read('b.txt')]).toEqual(['later', 'b.txt of the store'])
  expect(readdirSync(path.join(out, 'sub')).filter(name => name.endsWith('.part'))).toEqual([])
  await go()
  expect([read('a.txt'), read('b.txt')]).toEqual(['a.txt of the store', 'b.txt of the store'])
})
test('links when asked for, and files again in their place', async () => {
  const { out, pairs, go, later, read } = setUp(['a.txt'])
  await go(pairs, { link: true })
  expect(lstatSync(path.join(out, 'sub/a.txt')).isSymbolicLink()).toBe(true)
  await go(pairs, { link: true })
  await go()
  expect(lstatSync(path.join(out, 'sub/a.txt')).isFile()).toBe(true)
  await go(later('a.txt'), { link: true })
  await go()
  expect(read('a.txt')).toBe('a.txt of the store')
})
test('an input of the run is never written over: not its file, its link, another name of it, nor a folder that it lies in place of', async () => {
  const { folder, out, pairs, go, later } = setUp(['a.txt', 'b.txt'])
  await go()
  const input = (file: string) => ({ reads: [{ file, words: 'the input reference' }], overwrite: true })
  const place = path.join(out, 'sub/a.txt')
  const refused = async (file: string, words: string) => {
    await expect(go(later('a.txt'), input(file))).rejects.toThrow(`${words} the input reference of this run, and a result would be written`)
    expect(readFileSync(place, 'utf8')).toBe('a.txt of the store')
  }
  await refused(place, `${place} is`)
  const link = path.join(folder, 'link')
  symlinkSync('link2', link)
  symlinkSync(place, path.join(folder, 'link2'))
  await refused(link, `${place} is the same file as ${link},`)
  symlinkSync(folder, path.join(folder, 'here'))
  await refused(path.join(folder, 'here/out/sub/a.txt'), `${place} is the same file as ${folder}/here/out/sub/a.txt,`)
  linkSync(place, path.join(folder, 'second name'))
  await refused(path.join(folder, 'second name'), `${place} is the same file as ${folder}/second name,`)
  // The place is a link on the way to the input.
  rmSync(place)
  symlinkSync(pairs[1]!.from, place)
  await expect(go(pairs, input(place))).rejects.toThrow(`${place} is the input reference`)
  await expect(go(pairs, input(pairs[1]!.from))).rejects.toThrow(`${place} is the same file as ${pairs[1]!.from},`)
  await expect(go([{ from: pairs[0]!.from, to: 'sub/b.txt/c.txt' }], input(path.join(out, 'sub/b.txt')))).rejects.toThrow(
    `${out}/sub/b.txt is the input reference of this run, and a result would be written below it`,
  )
})
test('the description of a run is written over that of an earlier one, also where its parameters were read; nothing else is', async () => {
  const { out, go } = setUp(['a.txt'])
  await go()
  const guard: Guard = { reads: [], overwrite: false }
  const params = path.join(out, 'pipeline_info/params.yml')
  await publishInfo(out, { 'params.yml': 'a: 1\n' }, guard)
  await publishInfo(out, { 'params.yml': 'a: 2\n' }, { ...guard, reads: [{ file: params, words: 'the params file', renewed: true }] })
  expect(readFileSync(params, 'utf8')).toBe('a: 2\n')
  const sheet = { file: params, words: 'the sheet samples' }
  await expect(publishInfo(out, { 'params.yml': '' }, { ...guard, reads: [sheet] })).rejects.toThrow(
    'params.yml is the sheet samples of this run, and the description of the run would be written there',
  )
  writeFileSync(params, 'mine')
  await expect(publishInfo(out, { 'params.yml': '' }, guard)).rejects.toThrow('params.yml has been changed since a run published it')
})
test('a list of what was published that is damaged, or names files elsewhere, gives nothing away', async () => {
  const { folder, out, go, pairs } = setUp(['a.txt'])
  await go()
  const list = path.join(out, 'pipeline_info/published.jsonl')
  writeFileSync(
    list,
    `${JSON.stringify({ path: '../x', bytes: 1, sha256: 'a' })}\n${JSON.stringify({ path: '/x', bytes: 1, sha256: 'a' })}\n{"path`,
  )
  expect(new PublishedFiles(out).paths).toEqual([])
  await expect(go()).rejects.toThrow('a.txt is there already, and no run published it')
  await go(pairs, { overwrite: true })
  expect(readdirSync(folder)).toEqual(['out', 'store'])
})
test('a folder that cannot be written', async () => {
  const { out, go } = setUp(['a.txt'])
  writeFileSync(out, '')
  await expect(go()).rejects.toThrow(/cannot be written: .* Nothing is lost: mend that or give another --out, and run again\./)
})
test('what is in the place of the folder is told before anything runs', () => {
  const { folder, out } = setUp(['a.txt'])
  expect(() => checkOut(out)).not.toThrow()
  expect(() => checkOut(path.join(out, 'new/deep'))).not.toThrow()
  mkdirSync(path.join(folder, `.trireme-out-${process.getuid?.() ?? 0}`)) // which a killed run left
  expect(() => checkOut(out)).not.toThrow()
  expect(readdirSync(folder)).toEqual(['store'])
  writeFileSync(out, '')
  for (const place of [out, path.join(out, 'deep/deeper')])
    expect(() => checkOut(place)).toThrow(
      `The results cannot be written to ${place}: ${out} is a file. Give a folder as --out, new or not.`,
    )
  expect(() => checkOut(path.join(folder, 'x'.repeat(300)))).toThrow(/cannot be written to .*: ENAMETOOLONG.*\. Give another --out\./)
  symlinkSync('gone', path.join(folder, 'dangling'))
  for (const place of ['dangling', 'dangling/deep'])
    expect(() => checkOut(path.join(folder, place))).toThrow(
      `${folder}/dangling is a link to gone, which is not there. Make that folder, or give another --out.`,
    )
})
test.skipIf(process.platform !== 'linux')(
  'folders in which the system lets nobody make anything: told at once (skipped: not Linux)',
  () => {
    for (const [place, fault] of [
      ['/proc/x', 'nothing can be made in /proc (ENOENT)'],
      ['/proc/1/deep/er', 'nothing can be made in /proc/1 ('],
      ['/dev/null', '/dev/null is a file'],
      ['/dev/null/x', '/dev/null is a file'],
    ] as const)
      expect(() => checkOut(place)).toThrow(`The results cannot be written to ${place}: ${fault}`)
  },
)
test('results do not lie in the store', () => {
  const { folder, store } = setUp([])
  symlinkSync(store, path.join(folder, 'link'))
  for (const place of [store, path.join(store, 'deep/er'), path.join(folder, 'link/x')])
    expect(() => checkApartFromStore(place, store)).toThrow(
      `The results cannot be written to ${place}: it lies in the store ${store}. Give another --out.`,
    )
  for (const place of [folder, `${store}-of-mine`, path.join(folder, '..results')])
    expect(() => checkApartFromStore(place, store)).not.toThrow()
})
