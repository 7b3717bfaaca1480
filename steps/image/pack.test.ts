import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import sharp from 'sharp'
import { pack as tar } from 'tar-stream'
import { imageArchive, imageTable } from 'trireme-bio/kinds'
import { given, made, ran, scratch } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { pack } from './pack.ts'

/** CRC-32 as PNG takes it (zlib.crc32 is there from Node 20.15 on only). */
function crc32(data: Buffer): number {
  let crc = 0xffffffff
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
const side = 8
const pixels = (n: number, channels = 3, size = side) => Buffer.alloc(size * size * channels, n).map((value, at) => (value + at) % 256)
const png = (n: number, channels: 1 | 2 | 3 | 4 = 3, size = side) =>
  sharp(pixels(n, channels, size), { raw: { width: size, height: size, channels } })
    .png()
    .toBuffer()
const tableOf = (...names: readonly string[]) => {
  const file = path.join(scratch(), 'table.tsv')
  const rows = names.map((name, n) => `${name}\tp${n}\t1\t${n % 2}\ttrain\t1\tfold_1\n`)
  writeFileSync(file, ['image\tpatient\troi\tlabel\tsplit\tscored\tset\n', ...rows].join(''))
  return given('table', imageTable, file)
}
const archiveOf = async (members: readonly (readonly [string, Buffer])[]) => {
  const file = path.join(scratch(), 'images.tar')
  const archive = tar()
  const written = pipeline(archive, createWriteStream(file))
  for (const [name, content] of members) archive.entry({ name }, content)
  archive.finalize()
  await written
  return given('archive', imageArchive, file)
}
const packed = async (names: readonly string[], members: readonly (readonly [string, Buffer])[]) =>
  (await made(pack({ table: tableOf(...names), archive: await archiveOf(members), size: side }))).packed

describe('packing', () => {
  it('keeps every byte, in the order of the table, and leaves others in the archive', async () => {
    const one = ['fold_1/a.png', await png(10)] as const
    const two = ['b.png', await png(200)] as const
    const { parts } = await packed(['b', 'a'], [one, ['notes.txt', Buffer.from('x')], ['c.png', await png(1)], two])
    const content = readFileSync(parts.pixels!)
    expect(content.subarray(-2 * side * side * 3).equals(Buffer.concat([pixels(200), pixels(10)]))).toBe(true)
    expect(content.toString('latin1', 10, 128)).toContain(`'shape': (2, ${side}, ${side}, 3)`)
  })
  it('keeps the bytes of an image with a colour profile', async () => {
    const image = await sharp(pixels(3), { raw: { width: side, height: side, channels: 3 } })
      .withIccProfile('p3', { attach: true })
      .png()
      .toBuffer()
    const raw = await sharp(image, { ignoreIcc: true }).raw().toBuffer()
    const { parts } = await packed(['a'], [['a.png', image]])
    expect(readFileSync(parts.pixels!).subarray(-raw.length).equals(raw)).toBe(true)
  })
})
describe('packing takes', () => {
  const content = async (members: readonly (readonly [string, Buffer])[], name = 'a') =>
    readFileSync((await packed([name], members)).parts.pixels!).subarray(-side * side * 3)
  const chunk = (type: string, data: Buffer) => {
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    check.writeUInt32BE(crc32(Buffer.concat([Buffer.from(type), data])))
    return Buffer.concat([length, Buffer.from(type), data, check])
  }
  it('what other programs write beside and behind the pixels', async () => {
    const plain = await png(10)
    expect((await content([['a.png', Buffer.concat([plain, Buffer.from('\0\0behind')])]])).equals(pixels(10))).toBe(true)
    const transparent = Buffer.concat([plain.subarray(0, 33), chunk('tRNS', Buffer.from([0, 10, 0, 11, 0, 12])), plain.subarray(33)])
    expect((await content([['a.png', transparent]])).equals(pixels(10))).toBe(true)
    const beside = Buffer.from('00051607', 'hex')
    const members = [
      ['__MACOSX/a.png', beside],
      ['x/._a.png', beside],
      ['x/a.png', plain],
    ] as const
    expect((await content(members)).equals(pixels(10))).toBe(true)
    expect((await content([['Pra\u0308parat.PNG', plain]], 'Pr\u00e4parat')).equals(pixels(10))).toBe(true)
  })
  it('no more memory for an archive with large strangers in it', async () => {
    const file = path.join(scratch(), 'images.tar')
    const archive = tar()
    const written = pipeline(archive, createWriteStream(file))
    const size = 400 * 2 ** 20
    const stranger = archive.entry({ name: 'video.avi', size })
    const block = Buffer.alloc(2 ** 22)
    for (let done = 0; done < size; done += block.length)
      if (!stranger.write(block)) await new Promise<void>(go => stranger.once('drain', () => go()))
    stranger.end(Buffer.alloc(0))
    await new Promise<void>(go => stranger.once('finish', () => go()))
    archive.entry({ name: 'a.png' }, await png(10))
    archive.finalize()
    await written
    const { events, failures } = await ran(pack({ table: tableOf('a'), archive: given('archive', imageArchive, file), size: side }))
    expect(failures).toEqual([])
    const peak = events.flatMap(each => (each.event === 'succeeded' && each.usage ? [each.usage.peakMemory] : []))
    expect(Math.max(...peak)).toBeLessThan(250 * 2 ** 20) // some 120 for Node and sharp alone
  }, 60_000)
})
describe('packing refuses', () => {
  const fault = async (content: Buffer) => packed(['a'], [['a.png', content]])
  it('a member that is no image of its size, by its header', async () => {
    await expect(fault(Buffer.alloc(5 * 2 ** 20))).rejects.toThrow(
      'The image "a.png" has 5,242,880 bytes, more than any of its size (4,194,688). It is something else, or holds something else: convert it anew, or leave it out of the table.',
    )
  })
  it('a link, since it holds no pixels', async () => {
    const file = path.join(scratch(), 'images.tar')
    const archive = tar()
    const written = pipeline(archive, createWriteStream(file))
    archive.entry({ name: 'b.png' }, await png(10))
    archive.entry({ name: 'x/a.png', type: 'link', linkname: 'b.png' })
    archive.finalize()
    await written
    await expect(made(pack({ table: tableOf('a'), archive: given('archive', imageArchive, file), size: side }))).rejects.toThrow(
      '"x/a.png" is a link in the archive, to "b.png", and holds no pixels. Pack the archive anew with: tar --dereference --hard-dereference -cf images.tar',
    )
  })
  it('another format, under its own ending or as .png', async () => {
    const jpeg = await sharp(pixels(10), { raw: { width: side, height: side, channels: 3 } })
      .jpeg()
      .toBuffer()
    await expect(fault(jpeg)).rejects.toThrow('The image "a.png" is a JPEG, not a PNG. Convert it, or leave it out of the table.')
    await expect(packed(['a'], [['x/a.jpg', jpeg]])).rejects.toThrow(
      'The archive lacks 1 of the 1 images that the table names: a.png. It has "x/a.jpg", and only PNGs are read: convert them to RGB PNGs and pack the archive anew, or leave them out of the table.',
    )
    await expect(fault(Buffer.alloc(0))).rejects.toThrow('The image "a.png" is empty. Fetch or copy it again.')
  })
  it('names with their ending in the table', async () => {
    await expect(packed(['a.png'], [['a.png', await png(10)]])).rejects.toThrow(
      'is faulty: line 2 has the image "a.png"; right is its name without the ending, "a"',
    )
  })
  it('one image in two parts, under two names', async () => {
    const file = path.join(scratch(), 'table.tsv')
    writeFileSync(file, 'image\tpatient\troi\tlabel\tsplit\tscored\tset\na\tp\t1\t1\ttrain\t1\ts\nb\tq\t1\t1\ttest\t1\ts\n')
    const both = async (content: Buffer) => {
      const archive = await archiveOf([
        ['a.png', content],
        ['b.png', content],
      ])
      return made(pack({ table: given('table', imageTable, file), archive, size: side }))
    }
    await expect(both(await png(10))).rejects.toThrow(
      'The images "a" (train) and "b" (test) hold the same pixels, so that the test asks for what was learnt. Leave one out of the table.',
    )
    const blank = sharp({ create: { width: side, height: side, channels: 3, background: '#fff' } }).png()
    await expect(both(await blank.toBuffer())).resolves.toBeTruthy()
  })
  it('a corrupt image', async () => {
    const sound = await png(10)
    const broken = Buffer.from(sound)
    broken.fill(0xff, 45, broken.length - 20)
    await expect(fault(broken)).rejects.toThrow(/The image "a\.png" is corrupt: .+\. Fetch or copy it again\./)
  })
  it('an image that is cut off', async () => {
    await expect(fault((await png(10)).subarray(0, -20))).rejects.toThrow(
      'The image "a.png" is cut off: its end (IEND) is missing. Fetch or copy it again.',
    )
  })
  it('what is no PNG', async () => {
    await expect(fault(Buffer.from('<html>404</html>'))).rejects.toThrow(
      'The image "a.png" is not a PNG: its first bytes are 3c68746d6c3e3430. Fetch or copy it again.',
    )
  })
  it.each([
    [
      'gray',
      async () =>
        sharp(await png(10))
          .toColourspace('b-w')
          .png()
          .toBuffer(),
      'is gray with 8 bits',
    ],
    ['alpha', () => png(10, 4), 'is RGB with alpha with 8 bits'],
    [
      'a palette',
      async () =>
        sharp(await png(10))
          .png({ palette: true })
          .toBuffer(),
      'is of a palette with',
    ],
    [
      '16 bits',
      async () =>
        sharp(await png(10))
          .toColourspace('rgb16')
          .png()
          .toBuffer(),
      'is RGB with 16 bits',
    ],
  ])('an image with %s', async (_what, made, words) => {
    await expect(fault(await made())).rejects.toThrow(
      new RegExp(`The image "a\\.png" ${words}.*; right is RGB with 8 bits a channel\\. Convert it, or leave it out of the table\\.`),
    )
  })
  it('an image of another size', async () => {
    await expect(fault(await png(10, 3, 9))).rejects.toThrow(
      'The image "a.png" is 9 × 9 pixels; right is 8 × 8. If all images are so, give --size 9; else leave it out of the table.',
    )
  })
  it('an archive that lacks images', async () => {
    await expect(packed(['a', 'b', 'c', 'd', 'e'], [['a.png', await png(10)]])).rejects.toThrow(
      'The archive lacks 4 of the 5 images that the table names: b.png, c.png, d.png, …. Fetch them and pack the archive anew, or leave them out of the table.',
    )
  })
  it('an image that is there twice', async () => {
    const image = await png(10)
    await expect(
      packed(
        ['a'],
        [
          ['fold_1/a.png', image],
          ['fold_2/a.png', image],
        ],
      ),
    ).rejects.toThrow(
      'The archive holds "a.png" twice: fold_1/a.png and fold_2/a.png. Images are found by their names alone, whatever their folder. Rename one, or pack the archive without it.',
    )
  })
  it.each([
    ['no archive', () => Buffer.alloc(1024, 'x'), 'The archive is corrupt or cut off: Invalid tar header. Copy it again, or pack it anew.'],
    [
      'an archive that is cut off',
      (sound: Buffer) => sound.subarray(0, 700),
      'The archive is corrupt or cut off: Unexpected end of data. Copy it again, or pack it anew.',
    ],
  ])('%s', async (_what, content, message) => {
    const whole = await archiveOf([['a.png', Buffer.alloc(2000, 'y')]])
    const file = path.join(scratch(), 'images.tar')
    writeFileSync(file, content(readFileSync(whole.node.kind === 'source' ? whole.node.files['.tar']!.url : '')))
    await expect(made(pack({ table: tableOf('a'), archive: given('archive', imageArchive, file), size: side }))).rejects.toThrow(message)
  })
  it('such archives before anything runs, where a command line names them', async () => {
    const probe = async (content: Buffer) => {
      const file = path.join(scratch(), 'images.tar')
      writeFileSync(file, content)
      return imageArchive.probe!({ path: file, facts: {}, companions: [], parts: {}, same: () => undefined })
    }
    const whole = await archiveOf([['a.png', Buffer.alloc(2000, 'y')]])
    const sound = readFileSync(whole.node.kind === 'source' ? whole.node.files['.tar']!.url : '')
    expect(await probe(sound)).toBeUndefined()
    expect(await probe(Buffer.alloc(1024, 'x'))).toContain('is not a tar')
    expect(await probe(sound.subarray(0, -1024))).toContain('is cut off')
  })
})
