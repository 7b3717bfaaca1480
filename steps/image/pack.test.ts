import { spawnSync } from 'node:child_process'
import { createWriteStream, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import sharp from 'sharp'
import { pack as tar } from 'tar-stream'
import { imageArchive, imageTable } from 'trireme-bio/kinds'
import { given, made, scratch } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { pack } from './pack.ts'

const side = 8
const pixels = (n: number, size = side) => Buffer.alloc(size * size * 3, n).map((value, at) => (value + at) % 256)
const drawn = (n: number, size = side) => sharp(pixels(n, size), { raw: { width: size, height: size, channels: 3 } })
const png = (n: number, size = side) => drawn(n, size).png().toBuffer()
const tableFile = (names: readonly string[]) => {
  const file = path.join(scratch(), 'table.tsv')
  const rows = names.map((name, n) => `${name}\tp${n}\t${n % 2}\tclass ${n % 2}\t\t1\n`)
  writeFileSync(file, ['image\tgroup\tlabel\tclass\tsplit\tscored\n', ...rows].join(''))
  return file
}
const tableOf = (...names: readonly string[]) => given('table', imageTable, tableFile(names))
type Content = Buffer | { readonly linkTo: string }
const archiveOf = async (members: Readonly<Record<string, Content>>) => {
  const file = path.join(scratch(), 'images.tar')
  const archive = tar()
  const written = pipeline(archive, createWriteStream(file))
  for (const [name, content] of Object.entries(members))
    if (Buffer.isBuffer(content)) archive.entry({ name }, content)
    else archive.entry({ name, type: 'link', linkname: content.linkTo })
  archive.finalize()
  await written
  return given('archive', imageArchive, file)
}
/** What stands before a member of a tar. */
async function head(name: string, size: number): Promise<Buffer> {
  const archive = tar()
  archive.entry({ name, size }).on('error', () => undefined) // its content never comes
  for await (const block of archive) return block as Buffer
  throw new Error('a tar without a header')
}
/** The script alone, on an archive that is too large to be digested here. */
function run(archive: string, image: string) {
  const at = scratch()
  const script = pack.spec.assets!.script!.path
  const files = [tableFile([image]), archive, ...['p.npy', 'p.tsv', 'told.txt'].map(name => path.join(at, name))]
  const memory = `data:text/javascript,${encodeURIComponent("process.on('exit', () => console.error('memory', process.resourceUsage().maxRSS))")}`
  return spawnSync('node', ['--import', memory, script, ...files, '2', String(side), 'exact', 'full', 'only', 'own'], { encoding: 'utf8' })
}
type Options = Partial<Parameters<typeof pack>[0]>
const packed = async (names: readonly string[], members: Readonly<Record<string, Content>>, options: Options = {}) =>
  made(pack({ table: tableOf(...names), archive: await archiveOf(members), size: side, ...options }))

describe('packing', () => {
  it('keeps every byte, in the order of the table, and says what each was', async () => {
    const jpeg = await drawn(1).jpeg().toBuffer()
    const members = {
      'fold_1/a.png': await png(10),
      'notes.txt': Buffer.from('x'),
      'c.png': await png(1),
      'b.dat': await png(200),
      'd.png': jpeg,
    }
    const all = await packed(['b', 'a.png', 'd.png'], members)
    const content = readFileSync(all.packed.parts.pixels!)
    expect(content.subarray(-3 * side * side * 3, -side * side * 3)).toEqual(Buffer.concat([pixels(200), pixels(10)]))
    expect(content.toString('latin1', 10, 128)).toContain(`'shape': (3, ${side}, ${side}, 3)`)
    expect(readFileSync(all.packed.parts.index!, 'utf8').replace(/\t[0-9a-f]{64}\t/g, '\t*\t')).toBe(
      'image\tsha256\tformat\twidth\theight\nb\t*\tpng\t8\t8\na.png\t*\tpng\t8\t8\nd.png\t*\tjpeg\t8\t8\n',
    )
    expect(readFileSync(all.told.path, 'utf8')).toBe('Of several formats: 2 png, 1 jpeg.\n')
  })
  it('tells what it did to which images', async () => {
    const behind = Buffer.concat([await png(3), Buffer.from('x')])
    const flat = { create: { width: 16, height: 8, channels: 3, background: '#777' } } as const
    const deep = sharp(
      Uint16Array.from({ length: 192 }, (_, n) => n * 20),
      { raw: { width: 8, height: 8, channels: 3 } },
    ).toColourspace('rgb16')
    const members = {
      a: behind,
      b: await sharp(flat).png().toBuffer(),
      c: await png(3, 4),
      d: await deep.png().toBuffer(),
      e: await drawn(1).withMetadata({ orientation: 3 }).png().toBuffer(),
      f: await drawn(1).ensureAlpha(0.5).png().toBuffer(),
    }
    const { told } = await packed(['a', 'b', 'c', 'd', 'e', 'f'], members, { fit: 'resize' })
    expect(readFileSync(told.path, 'utf8').split('\n')).toEqual([
      'Brought to 8 × 8 pixels (both sides scaled, each by itself): 2 of 6 images.',
      'Warning: enlarged, since smaller than 8 × 8 pixels: 1 image (c).',
      'Warning: bytes behind the end were left out: 1 image (a).',
      'Turned upright, as EXIF says: 1 image (e).',
      'Laid onto white, since they have opacity: 1 image (f).',
      'Of 16 bits, 0 made black and 65,535 white: 1 image (d).',
      'Warning: their forms differ (1.00 to 2.00 as wide as high), and all are made square, each distorted in another way. --fit crop or pad keeps forms.',
      'Warning: the brightest value of 16 bits is 3,820, so that all of them are dark. --range 0..4095 makes 4,095 white.',
      'Of several formats: 5 png, 1 png 16-bit.',
      '',
    ])
    expect(existsSync((await packed(['a'], { a: await png(1) })).packed.parts.pixels!)).toBe(true)
  })
  it('is the same with any number of cores', async () => {
    const names = Array.from({ length: 30 }, (_, n) => `${n}.png`)
    const members = Object.fromEntries(await Promise.all(names.map(async (name, n) => [name, await png(n, 8 + (n % 5))] as const)))
    const call = async (cpu: number) => {
      const { packed } = await made(pack({ table: tableOf(...names), archive: await archiveOf(members), size: side, fit: 'crop' }), { cpu })
      return [packed.parts.pixels!, packed.parts.index!].map(file => readFileSync(file, 'hex'))
    }
    expect(await call(1)).toEqual(await call(2))
  })
  it('takes no more memory or time for an archive with large strangers in it', async () => {
    const [file, image] = [path.join(scratch(), 'images.tar'), await png(10)]
    const size = 3 * 2 ** 30
    writeFileSync(file, await head('video.avi', size))
    truncateSync(file, 512 + size) // zeros, which take no place on the disk
    writeFileSync(file, Buffer.concat([await head('a.png', image.length), image, Buffer.alloc(512 - (image.length % 512) + 1024)]), {
      flag: 'a',
    })
    const { status, stderr } = run(file, 'a.png')
    expect(status).toBe(0)
    expect(Number(/memory (\d+)/.exec(stderr)?.[1])).toBeLessThan(250 * 2 ** 10) // KiB; some 120 MiB for Node and sharp alone
  })
})
describe('packing refuses', () => {
  it('all faults at once, in the order of the table', async () => {
    const good = await png(10)
    const members = {
      'a.png': good.subarray(0, -20),
      'x/b.jpg': good,
      'cat/001.png': good,
      'dog/001.png': good,
      'link.png': { linkTo: 'a.png' },
      'wide.png': await png(1, 9),
      'z/same.png': good,
    }
    const names = ['link.png', 'b.png', 'a.png', '001.png', 'wide.png', 'none.png', 'z/same.png', 'same']
    await expect(packed(names, members)).rejects.toThrow(
      [
        'The archive has 7 faults:',
        '  The image "link.png" is a link in the archive, to "a.png", and holds no pixels. Pack the archive anew: tar --dereference --hard-dereference -cf images.tar …',
        '  The archive has no image "b.png"; it has "x/b.jpg". Name it so in the table.',
        '  The image "a.png" is cut off: its end is missing. Fetch or copy it again.',
        '  The archive has several images "001.png": cat/001.png, dog/001.png. Name them in the table with their folders.',
        '  The image "wide.png" is 9 × 9 pixels; right is 8 × 8. If all images are so, give --size 9; else let it be brought to that by --fit crop, resize or pad, or leave it out of the table.',
        '  The archive has no image "none.png". Pack it anew with that image, or leave it out of the table.',
        '  The images "z/same.png" and "same" of the table are one in the archive, "z/same.png". Leave one out.',
      ]
        .map(line => `    ${line}`)
        .join('\n')
        .trim(),
    )
  })
  it('what is larger than an image, without reading it', async () => {
    const file = path.join(scratch(), 'images.tar')
    writeFileSync(file, await head('a.png', 2 ** 29))
    truncateSync(file, 512 + 2 ** 29 + 1024)
    expect(run(file, 'a.png')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('"a.png" has 536,870,912 bytes, and an image may have 268,435,456.'),
    })
  })
  it('words that say nothing', async () => {
    const options = async (options: Options) => packed(['a'], { a: await png(1) }, options)
    await expect(options({ range: '0-4095' })).rejects.toThrow('expected full, or LOW..HIGH such as 0..4095')
    await expect(options({ plane: '3' })).rejects.toThrow('expected only, page=N, or z=N, c=N, t=N joined by commas')
    await expect(options({ channels: 'red' })).rejects.toThrow(
      'expected own, or up to three numbers joined by commas, such as 2,0,1 or 1,-,0',
    )
    await expect(options({ range: '9..9' })).rejects.toThrow(
      '--range 9..9 has no values between its ends. Give the smaller number first, such as 0..4095.',
    )
  })
})
