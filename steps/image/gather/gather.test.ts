import { createHash } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  linkSync,
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
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { scratch } from 'trireme-bio/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { openArchive } from '../archive/archive.ts'
import { gather } from './gather.ts'
import { writeTar } from './tar.ts'

const folderOf = (...files: readonly string[]) => {
  const at = scratch()
  for (const file of files) {
    mkdirSync(path.dirname(path.join(at, file)), { recursive: true })
    writeFileSync(path.join(at, file), `in ${file}`)
  }
  return at
}
const gathered = async (given: string, folder = path.join(scratch(), 'gathered')) => {
  const told: string[] = []
  const made = await gather(given, { folder, tell: line => told.push(line) })
  if (made === undefined) return { told, file: undefined, faults: [] }
  return { told, file: 'file' in made ? made.file : undefined, faults: 'faults' in made ? made.faults : [] }
}
const listed = async (file: string | undefined) => {
  const archive = await openArchive(file!, 2 ** 20)
  const contents = await Promise.all(archive.members.map(async member => [member.place, (await member.read()).toString()]))
  await archive.close()
  return contents
}
const digest = (file: string | undefined) => createHash('sha256').update(readFileSync(file!)).digest('hex')

describe('a folder becomes an archive', () => {
  const long = `${'deep/'.repeat(30)}${'n'.repeat(120)}.png`
  it('of its images, sorted, in one spelling; without hidden files, notes and what macOS puts there', async () => {
    const folder = folderOf(
      'b/2.JPG',
      'a/Pra\u0308parat.tif',
      long,
      '.x.png',
      'a/._1.png',
      '__MACOSX/1.png',
      '.git/1.png',
      'notes.txt',
      'b/.DS_Store',
    )
    symlinkSync('2.JPG', path.join(folder, 'b/3.jpg'))
    const { file, told } = await gathered(folder)
    expect(await listed(file)).toEqual([
      ['a/Präparat.tif', 'in a/Pra\u0308parat.tif'],
      ['b/2.JPG', 'in b/2.JPG'],
      ['b/3.jpg', 'in b/2.JPG'],
      [long, `in ${long}`],
    ])
    expect(told).toEqual([`Packing the 4 images of ${folder} (1 MiB) into one archive, which is taken again while they stay as they are.`])
  })
  it('of the same bytes wherever it lies, whatever the times and owners, and is taken again while nothing changes', async () => {
    const files = Array.from({ length: 30 }, (_, n) => `${n % 3}/${n}.png`)
    const [one, other] = [folderOf(...files), folderOf(...[...files].reverse())]
    utimesSync(path.join(other, files[0]!), 1, 1)
    const kept = path.join(scratch(), 'gathered')
    const [first, second] = [await gathered(one, kept), await gathered(other, kept)]
    expect(digest(first.file)).toBe(digest(second.file))
    const again = await gathered(one, kept)
    expect([again.file, again.told]).toEqual([first.file, []])
    const change = async (what: () => void) => {
      what()
      const made = await gathered(one, kept)
      expect(made.told).toHaveLength(1)
      return digest(made.file)
    }
    const place = path.join(one, files[5]!)
    // As large as before, with the time that it had.
    const { atime, mtime } = statSync(place)
    const changed = await change(() => {
      writeFileSync(place, `IN ${files[5]}`)
      utimesSync(place, atime, mtime)
    })
    const renamed = await change(() => renameSync(place, path.join(one, 'z.png')))
    const without = await change(() => rmSync(path.join(one, 'z.png')))
    expect(new Set([digest(first.file), changed, renamed, without]).size).toBe(4)
    expect(readdirSync(kept).filter(name => !name.endsWith('.tar'))).toEqual([])
  })
  it('once the clock has moved on from the last change, so that another one shows', async () => {
    const folder = folderOf('a.png')
    await gathered(folder)
    expect(Date.now()).toBeGreaterThanOrEqual(Math.floor(statSync(path.join(folder, 'a.png')).ctimeMs) + 100)
  })
  it('of all files, where no name is that of an image', async () => {
    expect(await listed((await gathered(folderOf('x/001', 'x/002'))).file)).toHaveLength(2)
  })
})
describe('a folder is refused', () => {
  it('with all that is wrong in it', async () => {
    const folder = folderOf('a.png', 'b/Pra\u0308parat.png', 'b/Pr\u00e4parat.png', 'b/x\ny.png')
    const elsewhere = folderOf('c.png')
    symlinkSync(path.join(elsewhere, 'c.png'), path.join(folder, 'c.png'))
    symlinkSync('none', path.join(folder, 'd.png'))
    symlinkSync('b', path.join(folder, 'e'))
    const { faults } = await gathered(folder)
    expect([...faults].sort()).toEqual([
      '"b/Präparat.png" is there twice, in two spellings that look alike. Rename one.',
      '"b/x\\ny.png" has a line break or control character in its name. Rename it.',
      `"c.png" is a link that leaves the folder, to ${path.join(elsewhere, 'c.png')}. Put the file itself there, or take the link out.`,
      '"d.png" is a link that leads nowhere (ENOENT). Take it out.',
      '"e" is a link to a folder, whose images would be there twice. Take it out.',
    ])
  })
  it('without an image', async () => {
    expect((await gathered(folderOf('.hidden'))).faults).toEqual(['The folder holds no image. Give the folder that the images are in.'])
  })
  it('where a file is added while it is packed', async () => {
    const folder = folderOf('a.png')
    const kept = path.join(scratch(), 'gathered')
    const made = await gather(folder, { folder: kept, tell: () => writeFileSync(path.join(folder, 'b.png'), 'x') })
    expect(made).toEqual({
      faults: ['The folder changed while it was packed. Wait until nothing writes to it, and give the same command again.'],
    })
    expect(readdirSync(kept)).toEqual([])
  })
  it('where files change or go while they are packed: all of them are named, and nothing is left', async () => {
    const folder = folderOf('a.png', 'b.png', 'c.png', 'd.png')
    const item = (name: string) => {
      const file = path.join(folder, name)
      const { size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
      return { place: name, file, size: Number(size), state: `${size}:${mtimeNs}:${ctimeNs}` }
    }
    const items = ['a.png', 'b.png', 'c.png', 'd.png'].map(item)
    writeFileSync(path.join(folder, 'b.png'), 'longer than before')
    rmSync(path.join(folder, 'c.png'))
    linkSync(path.join(folder, 'd.png'), path.join(folder, 'e.png')) // its time of change moves on
    const to = path.join(scratch(), 'x.tar')
    expect(await writeTar(items, to, () => {})).toEqual([
      '"b.png" changed while it was read. Wait until nothing writes to the folder.',
      '"c.png" cannot be read (ENOENT). Check its permissions, and that nothing writes to the folder.',
      '"d.png" changed while it was read. Wait until nothing writes to the folder.',
    ])
    expect(readdirSync(path.dirname(to))).toEqual([])
  })
})
it('files that are neither folder nor list are taken as they are', async () => {
  const folder = folderOf('a.tar', 'sheet.csv')
  writeFileSync(path.join(folder, 'a.tar'), Buffer.alloc(1024))
  for (const name of ['a.tar', 'sheet.csv', 'none']) expect((await gathered(path.join(folder, name))).file).toBeUndefined()
})

type Answer = (response: ServerResponse, nth: number) => void
const servers: (() => void)[] = []
afterEach(() => {
  for (const close of servers.splice(0)) close()
})
const serve = async (answers: Readonly<Record<string, string | Answer>>) => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = request.url ?? ''
    const answer = answers[url]
    const nth = asked.filter(each => each === url).length
    asked.push(url)
    if (typeof answer === 'function') return answer(response, nth)
    response.writeHead(answer === undefined ? 404 : 200)
    response.end(answer)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  servers.push(() => server.close().closeAllConnections())
  return { asked, host: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}
const listOf = (...lines: readonly string[]) => {
  const file = path.join(scratch(), 'list.txt')
  writeFileSync(file, lines.map(line => `${line}\n`).join(''))
  return file
}
describe('a list of addresses becomes an archive', () => {
  it('one a line, or a column of a sheet: fetched once, named by their paths', async () => {
    const { host, asked } = await serve({ '/x/a%20b.png': 'in a', '/get?id=1': 'in 1', '/get?id=2': 'in 2', '/c.png?token=x': 'in c' })
    const at = `http://${host}`
    const list = listOf(
      '# images',
      `${at}/x/a%20b.png`,
      '',
      `${at}/get?id=1`,
      `${at}/get?id=2`,
      `${at}/c.png?token=x`,
      `${at}/c.png?token=x`,
    )
    const kept = path.join(scratch(), 'gathered')
    const { file, told } = await gathered(list, kept)
    expect(await listed(file)).toEqual([
      [`${host}/c.png`, 'in c'],
      [`${host}/get?id=1`, 'in 1'],
      [`${host}/get?id=2`, 'in 2'],
      [`${host}/x/a b.png`, 'in a'],
    ])
    expect(told).toEqual([`Fetching 4 images that ${list} names. They are kept until "trireme clean".`])
    const sha256 = createHash('sha256').update('in c').digest('hex')
    const sheet = listOf('label;image;SHA256', `cat;${at}/c.png?token=x;${sha256}`, `dog;${at}/get?id=1;`)
    expect((await listed((await gathered(sheet, kept)).file)).map(([place]) => place)).toEqual([`${host}/c.png`, `${host}/get`])
    const before = asked.length
    expect((await gathered(list, kept)).file).toBe(file)
    expect([asked.length, readdirSync(kept).length]).toEqual([before, 2])
  })
  it('over connections that break, and goes on with what is here', async () => {
    const { host, asked } = await serve({
      '/a.png': (response, nth) => {
        if (nth > 0) return response.end('in a')
        response.writeHead(200, { 'content-length': 100 })
        response.write('half')
        setImmediate(() => response.destroy())
      },
      '/b.png': (response, nth) => void response.writeHead(nth === 0 ? 404 : 200).end('in b'),
    })
    const [list, kept] = [listOf(`http://${host}/a.png`, `http://${host}/b.png`), path.join(scratch(), 'gathered')]
    expect((await gathered(list, kept)).faults).toEqual([`Line 2: http://${host}/b.png answers 404.`])
    appendFileSync(list, '# as it was\n')
    expect(await listed((await gathered(list, kept)).file)).toEqual([
      [`${host}/a.png`, 'in a'],
      [`${host}/b.png`, 'in b'],
    ])
    expect(asked.filter(each => each === '/a.png')).toHaveLength(2)
  })
  it('not where images cannot be had: all are named', async () => {
    const { host } = await serve({
      '/page': response => void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>'),
      '/large.png': response => void response.writeHead(200, { 'content-length': 2 ** 30 }).write('x'),
      '/empty.png': '',
      '/other.png': 'x',
    })
    const at = `http://${host}`
    const list = listOf(
      'image,sha256',
      `${at}/none.png,`,
      `${at}/page,`,
      `${at}/large.png,`,
      `${at}/empty.png,`,
      `${at}/other.png,${'0'.repeat(64)}`,
    )
    const { faults } = await gathered(list)
    expect([...faults].sort()).toEqual([
      `Line 2: ${at}/none.png answers 404.`,
      `Line 3: ${at}/page is a web page, not an image. Give the address of the file itself.`,
      `Line 4: ${at}/large.png has 1,073,741,824 bytes or more, and an image may have 268,435,456.`,
      `Line 5: ${at}/empty.png is empty.`,
      `Line 6: ${at}/other.png has the SHA-256 2d711642b726b044…, and the list says 0000000000000000…. It was changed or damaged: correct the list, or give another address.`,
    ])
  })
  it('not where its lines are at fault', async () => {
    const list = listOf(
      'image,sha256',
      'https://a.org/1.png,',
      'x.png,',
      'https://me:pw@a.org/2.png,',
      'https://a.org,',
      'https://a.org/3.png,abc',
      'http://a.org/1.png,',
    )
    expect((await gathered(list)).faults).toEqual([
      'Line 3 has "x.png" where other lines have an address; right is https://….',
      'Line 4 has a name and password in its address. Images are fetched without: give addresses that need none.',
      'Line 5 has the address "https://a.org", which names no file of a server.',
      'Line 6 has the SHA-256 "abc"; right are 64 hexadecimal digits.',
      'Line 2 has the address "https://a.org/1.png", and another line one of the same server and path. Remove one.',
      'Line 7 has the address "http://a.org/1.png", and another line one of the same server and path. Remove one.',
    ])
  })
  it('to the end, where some can be had', async () => {
    const { host } = await serve(Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`/${n * 8}.png`, 'x'])))
    const { faults } = await gathered(listOf(...Array.from({ length: 64 }, (_, n) => `http://${host}/${n}.png`)))
    expect(faults).toHaveLength(56)
    expect(faults.every(fault => fault.endsWith('answers 404.'))).toBe(true)
  })
  it('not for long, where everything is in vain', async () => {
    const { host, asked } = await serve({})
    const { faults } = await gathered(listOf(...Array.from({ length: 200 }, (_, n) => `http://${host}/${n}.png`)))
    expect(faults.at(-1)).toMatch(/^1[67]\d more were not tried, since 20 in a row were in vain\.$/)
    expect(asked.length).toBeLessThan(40)
  })
})
it('what is here of another file of that name is not taken', async () => {
  const folder = folderOf('a.png')
  const kept = path.join(scratch(), 'gathered')
  const { file } = await gathered(folder, kept)
  const other = folderOf('b.png')
  copyFileSync(path.join(other, 'b.png'), path.join(folder, 'a.png'))
  expect((await gathered(folder, kept)).file).not.toBe(file)
})
