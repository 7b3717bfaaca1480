import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { imageArchive, studyAnnotation, studyPaths } from 'trireme-bio/kinds'
import { given, made, scratch } from 'trireme-bio/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { retryAfter } from '../../../steps/http.ts'
import { table } from '../../../steps/idr/table.ts'
import { pack } from '../../../steps/image/pack.ts'
import { type Mood, type Server, serve } from '../../../test/idr/server.ts'
import { roster } from '../roster.ts'
import { fetchStudy, type Progress, type Settings } from './fetch.ts'

const patients = ['33381', '33553', '33375', '34072']
const images = roster().filter(({ patient }) => patients.includes(patient))
const side = 48
/** Noise, so that PNGs are as large as their pixels: some 7 kB each. */
const noise = (n: number) =>
  Buffer.from(Array.from({ length: side * side * 3 }, (_, at) => (Math.imul(at + 7919 * n, 0x9e3779b1) >>> 24) & 255))
const pngs: Buffer[] = []
const impatient = { attempts: 4, backoff: 1, longest: 20, stall: 600 }

let server: Server
let out: string
beforeAll(async () => {
  for (const n of images.keys())
    pngs.push(
      await sharp(noise(n), { raw: { width: side, height: side, channels: 3 } })
        .png()
        .toBuffer(),
    )
})
beforeEach(async () => {
  server = await serve(images, n => pngs[n]!)
  out = path.join(scratch(), 'idr0042')
})
afterEach(() => server.close())
const get = (more: Partial<Settings> = {}) =>
  fetchStudy({ out, patients, filesUrl: `${server.url}/files`, apiUrl: server.url, patience: impatient, ...more })
const place = (name: string) => path.join(out, name)
const pictures = images.map(({ set, file }) => `images/${set}/${file}`)
const digests = (names: readonly string[]) =>
  names.map(name =>
    createHash('sha256')
      .update(readFileSync(place(name)))
      .digest('hex'),
  )
const right = () => pngs.map(png => createHash('sha256').update(png).digest('hex'))
const leftovers = () => readdirSync(out, { recursive: true, encoding: 'utf8' }).filter(name => /\.(part|new|etag)$/.test(name))

const study = fileURLToPath(new URL('../../../../shared/data/idr0042/idr0042-experimentA-filePaths.tsv', import.meta.url))
it.skipIf(!existsSync(study))(
  "asks for each image where the study's own table has it (skipped where ../shared/data/idr0042 is not there)",
  () => {
    const top = '/idr0042-nirschl-wsideeplearning/'
    const listed = readFileSync(study, 'utf8')
      .trimEnd()
      .split(/\r?\n/)
      .map(line => line.slice(line.indexOf(top) + top.length))
    expect(
      roster()
        .map(({ place }) => place)
        .sort(),
    ).toEqual(listed.sort())
  },
)
it('knows where the training images are: below training/', () => {
  const counts = new Map<string, number>()
  for (const { place } of roster()) counts.set(path.posix.dirname(place), (counts.get(path.posix.dirname(place)) ?? 0) + 1)
  expect(Object.fromEntries(counts)).toEqual({ 'training/fold_1': 770, 'training/test_fold_1': 374, 'held-out_validation': 1155 })
})
describe('from a sound server', () => {
  it('fetches every image and annotation, into what the pipeline takes', async () => {
    const seen: Progress[] = []
    const done = await get({ on: progress => seen.push({ ...progress }) })
    expect(done).toMatchObject({
      images: 44,
      files: 88,
      of: 88,
      kept: 0,
      bytes: pngs.reduce((sum, png) => sum + png.length, 0),
      differing: [],
    })
    expect(digests(pictures)).toEqual(right())
    expect(leftovers()).toEqual([])
    expect(seen.at(-1)).toMatchObject({ files: 88, of: 88 })
    const images = table({
      annotation: given('annotation', studyAnnotation, done.annotation),
      paths: given('paths', studyPaths, done.paths),
      rois: 2,
    }).images
    const { packed } = await made(pack({ table: images, archive: given('archive', imageArchive, done.archive), size: side }))
    const rows = readFileSync(packed.parts.index!, 'utf8').trimEnd().split('\n')
    expect(rows).toHaveLength(9)
    expect(rows[1]).toMatch(/^33381_0_fal_10_0\.png\t[0-9a-f]{64}\tpng\t48\t48$/)
    expect(readFileSync(done.annotation, 'utf8').split('\n')[1]).toBe(
      'training,33381_0_fal_10_0.png,Homo sapiens,,chronic heart failure,,,,,33381,"one, or ""two""",',
    )
  })
  it('keeps to its connections, and to one session', async () => {
    server.mood = () => 'throttle'
    await get({ connections: 3 })
    expect([server.most <= 3, server.sessions]).toEqual([true, 1])
  })
  it('fetches nothing twice', async () => {
    await get()
    const before = [server.requests.length, readFileSync(place('images.tar'))] as const
    expect(await get()).toMatchObject({ files: 88, kept: 88, bytes: 0 })
    expect(server.requests.length).toBe(before[0])
    expect(readFileSync(place('images.tar')).equals(before[1])).toBe(true)
  })
  it('fetches the patients and sets that are asked for', async () => {
    expect(await get({ patients: [], sets: ['held-out_validation'], connections: 8 }).catch(error => error.message)).toContain(
      'could not be had',
    )
    expect(await get({ sets: ['held-out_validation'] })).toMatchObject({ images: 22 })
    expect(await get({ patients: ['33381'] })).toMatchObject({ images: 11 })
  })
})

describe('from a server with moods it loses nothing', () => {
  const moods: readonly Mood[] = ['drop', 429, 'hang', 500, 'lie', 'throttle', 'mute', 503]
  it('when every request fails some times, each in its own way', async () => {
    server.mood = (path, nth) => (nth < 3 ? moods[(path.length + path.charCodeAt(path.length - 9) + nth * 3) % moods.length]! : 'sound')
    const done = await get({ connections: 8, patience: { ...impatient, attempts: 8 } })
    expect(done).toMatchObject({ images: 44, files: 88 })
    expect(digests(pictures)).toEqual(right())
    expect(leftovers()).toEqual([])
    const ranges = server.requests.filter(({ status }) => status === 206)
    expect(ranges.length).toBeGreaterThan(0) // pieces that were gone on from
  })
  it('when each connection brings but a part, more often than it would try in vain', async () => {
    server.mood = (path, nth) => (path.startsWith('/files/') && nth < 7 ? 'drop' : 'sound')
    await get({ patients: ['33381'], connections: 8 })
    expect(digests(pictures.slice(0, 11))).toEqual(right().slice(0, 11))
  })
  it('when the session runs out', async () => {
    server.mood = (path, nth) => (path.includes('annotations') && nth === 0 && path.endsWith('5') ? 'login' : 'sound')
    expect(await get()).toMatchObject({ files: 88 })
    expect(server.sessions).toBeGreaterThan(1)
  })
  it('when a run is given up: the next goes on, with the bytes that are here', async () => {
    const stubborn = `/files/${images[3]!.place}`
    server.mood = (path, nth) => (path === stubborn ? (nth === 0 ? 'drop' : 500) : 'sound')
    await expect(get()).rejects.toThrow(
      `1 file could not be had; all others are in ${out}.\n  ${images[3]!.set}/${images[3]!.file}: gave up after 4 attempts: ${server.url}${stubborn} answers 500\nRun the same command again: it goes on where it stopped.`,
    )
    expect(leftovers().length).toBeGreaterThan(0)
    expect(existsSync(place('images.tar'))).toBe(false)
    server.mood = () => 'sound'
    server.requests.length = 0
    expect(await get()).toMatchObject({ files: 88, kept: 87 })
    expect(server.requests.map(({ path, status }) => [path, status])).toEqual([[stubborn, 206]])
    expect(digests(pictures)).toEqual(right())
  })
  it('when the file changes between two pieces: it starts anew', async () => {
    const changing = `/files/${images[0]!.place}`
    server.mood = (path, nth) => {
      if (path === changing && nth === 1) server.files.set(changing, pngs[5]!)
      return path === changing && nth === 0 ? 'drop' : 'sound'
    }
    await get({ patients: ['33381'] })
    expect(readFileSync(place(pictures[0]!)).equals(pngs[5]!)).toBe(true)
  })
  it('when an earlier run was killed before a whole piece got its name, or in the middle of a line of the lock', async () => {
    await get()
    const [first = '', second = ''] = pictures
    writeFileSync(`${place(first)}.new.part`, readFileSync(place(first)))
    rmSync(place(first))
    const lock = place('idr0042.sha256')
    const lines = readFileSync(lock, 'utf8').split('\n')
    writeFileSync(lock, `${lines.filter(line => !line.endsWith(second)).join('\n')}${'0'.repeat(30)}`)
    expect(await get()).toMatchObject({ files: 88, kept: 87 })
    expect(digests(pictures)).toEqual(right())
    expect(readFileSync(lock, 'utf8').split('\n')).toEqual(lines)
  })
})

describe('digests', () => {
  it('are noted as sha256sum writes them, and a damaged file is fetched again', async () => {
    await get()
    expect(readFileSync(place('idr0042.sha256'), 'utf8').split('\n')).toHaveLength(89)
    expect(readFileSync(place('idr0042.sha256'), 'utf8')).toContain(`${right()[0]}  ${pictures[0]}\n`)
    truncateSync(place(pictures[0]!), 100)
    writeFileSync(place(`annotations/${images[1]!.file.replace('.png', '.json')}`), '[]')
    expect(await get()).toMatchObject({ files: 88, kept: 86 })
    expect(digests(pictures)).toEqual(right())
  })
  it('are held to: a file that changed on the server is refused, and what is here stays', async () => {
    await get()
    server.files.set(`/files/${images[0]!.place}`, pngs[9]!)
    truncateSync(place(pictures[0]!), 100)
    await expect(get()).rejects.toThrow(
      `it has the digest ${right()[9]!.slice(0, 16)}… there, and ${right()[0]!.slice(0, 16)}… is locked. If the study was changed on purpose, remove its line from the lock file`,
    )
    expect(readFileSync(place(pictures[0]!)).length).toBe(100)
  })
  it('may be brought from elsewhere', async () => {
    await get()
    const lock = place('idr0042.sha256')
    server.files.set(`/files/${images[0]!.place}`, pngs[9]!)
    await expect(get({ out: path.join(scratch(), 'other'), lock })).rejects.toThrow('is locked')
  })
})

describe('refuses', () => {
  it('what the server has not, by name', async () => {
    server.files.delete(`/files/${images[0]!.place}`)
    await expect(get()).rejects.toThrow(`  ${images[0]!.set}/${images[0]!.file}: ${server.url}/files/${images[0]!.place} answers 404\n`)
    expect(readdirSync(place('images'), { recursive: true }).filter(name => String(name).endsWith('.png'))).toHaveLength(43)
  })
  it('to go on against a server that is not there', async () => {
    const { url } = server
    await server.close()
    await expect(get({ apiUrl: url, filesUrl: `${url}/files`, patience: { ...impatient, attempts: 2 } })).rejects.toThrow(
      /^88 files could not be had \(\d+ were tried in vain, \d+ no more\); all others are in .*\n.*gave up after 2 attempts: fetch failed \(.*ECONNREFUSED/,
    )
  })
  it('an API that is another', async () => {
    await expect(get({ apiUrl: `${server.url}/files` })).rejects.toThrow('answers 404')
  })
  it('what the study has not', async () => {
    await expect(get({ patients: ['33381', '1'] })).rejects.toThrow('idr0042 has no patient "1". It has 209, such as 33381, 33382, 33383;')
    await expect(get({ sets: ['fold_2'] })).rejects.toThrow(
      'idr0042 has no set "fold_2". Its sets: fold_1, test_fold_1, held-out_validation.',
    )
    await expect(get({ patients: ['33381'], sets: ['held-out_validation'] })).rejects.toThrow('None of these patients is in these sets.')
  })
  it('a folder that cannot be written to', async () => {
    mkdirSync(path.dirname(out), { recursive: true })
    writeFileSync(out, 'a file')
    await expect(get()).rejects.toThrow(/^Cannot write .*idr0042.* \(ENOTDIR\)\. A part of its path is a file\. Correct the path\.$/)
  })
})
it('reads how long a server wishes to be left alone', () => {
  expect([retryAfter('3'), retryAfter(null), retryAfter('soon')]).toEqual([3000, undefined, undefined])
  expect(retryAfter('Thu, 01 Jan 1970 00:00:10 GMT', 4000)).toBe(6000)
})
