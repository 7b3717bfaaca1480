import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { source } from '../../core/define/pipeline.ts'
import { placedAt } from '../../core/graph/place.ts'
import { scratch } from '../../core/testing.ts'
import { kind, many } from '../../core/vocabulary/kind.ts'
import { promisedFiles, publications } from './layout.ts'
import { checkOut, publish, publishFile } from './publish.ts'

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

const setUp = async (names: readonly string[]) => {
  const folder = scratch()
  const store = path.join(folder, 'store')
  mkdirSync(store)
  for (const name of names) writeFileSync(path.join(store, name), `${name} of the store`, { mode: 0o444 })
  const out = path.join(folder, 'out')
  const pairs = names.map(name => ({ from: path.join(store, name), to: `sub/${name}` }))
  const go = async (link = false, some = pairs) => {
    const done = await publish(out, some, { link, digests: new Map() })
    await publishFile({ text: JSON.stringify({ files: done.files }) }, path.join(out, 'pipeline_info', 'run.json'))
    return done
  }
  return { store, out, pairs, go }
}
test('real files of their own, writable, none half-written left behind', async () => {
  const { store, out, go } = await setUp(['a.txt', 'b.txt'])
  const { files } = await go()
  expect(files.map(file => file.path)).toEqual(['sub/a.txt', 'sub/b.txt'])
  expect(readFileSync(path.join(out, 'sub/a.txt'), 'utf8')).toBe('a.txt of the store')
  expect(statSync(path.join(out, 'sub/a.txt')).ino).not.toBe(statSync(path.join(store, 'a.txt')).ino)
  expect(statSync(path.join(out, 'sub/a.txt')).mode & 0o777).toBe(0o644)
  expect(readdirSync(path.join(out, 'sub'))).toEqual(['a.txt', 'b.txt'])
})
test('what is there unchanged stays; what somebody changed is replaced; what is no longer made is told and stays', async () => {
  const { out, pairs, go } = await setUp(['a.txt', 'b.txt', 'c.txt'])
  await go()
  const before = statSync(path.join(out, 'sub/a.txt'))
  const later = new Date(Date.now() + 5000)
  writeFileSync(path.join(out, 'sub/b.txt'), 'x.txt of the store')
  utimesSync(path.join(out, 'sub/b.txt'), later, later)
  const { stale } = await go(false, pairs.slice(0, 2))
  expect(statSync(path.join(out, 'sub/a.txt')).ino).toBe(before.ino)
  expect(readFileSync(path.join(out, 'sub/b.txt'), 'utf8')).toBe('b.txt of the store')
  expect(stale).toEqual(['sub/c.txt'])
  expect(readdirSync(path.join(out, 'sub'))).toEqual(['a.txt', 'b.txt', 'c.txt'])
})
test('links when asked for, and files again in their place', async () => {
  const { out, go } = await setUp(['a.txt'])
  await go(true)
  expect(lstatSync(path.join(out, 'sub/a.txt')).isSymbolicLink()).toBe(true)
  await go()
  expect(lstatSync(path.join(out, 'sub/a.txt')).isFile()).toBe(true)
})
test('a folder that cannot be written', async () => {
  const { out, go } = await setUp(['a.txt'])
  writeFileSync(out, '')
  await expect(go()).rejects.toThrow(/a\.txt cannot be written: .* Nothing is lost: mend that or give another --out, and run again\./)
})
test('a file in the place of the folder is told before anything runs', async () => {
  const { out } = await setUp(['a.txt'])
  await expect(checkOut(out)).resolves.toBeUndefined()
  await expect(checkOut(path.join(out, 'new/deep'))).resolves.toBeUndefined()
  writeFileSync(out, '')
  for (const place of [out, path.join(out, 'deep/deeper')])
    await expect(checkOut(place)).rejects.toThrow(
      `The results cannot be written to ${place}: ${out} is a file. Give a folder as --out, new or not.`,
    )
  await expect(checkOut(path.join(path.dirname(out), 'x'.repeat(300)))).rejects.toThrow(
    /for the results cannot be reached: ENAMETOOLONG.*Give another --out\./,
  )
})
