import sharp from 'sharp'
import { describe, expect, it, test } from 'vitest'
import { loadSharp } from '../../sharp.ts'
import { chunk } from '../formats/tiny-png.ts'
import { type TinyPage, tinyTiff } from '../formats/tiny-tiff.ts'
import { type Decoded, decoder } from './decode.ts'
import { gateOf } from './gate.ts'
import { settingsOf } from './settings.ts'

const [width, height] = [12, 8]
const count = width * height
const words = { size: String(height), fit: 'exact', range: 'full', plane: 'only', channels: 'own' }
const decodeBy = (changed: Partial<typeof words>, file: Buffer) =>
  decoder(loadSharp(import.meta.url), settingsOf({ ...words, ...changed }), gateOf(1e6))(file)
/** As it is, whatever its size: the size that the test's images have is no square. */
async function decoded(file: Buffer, changed: Partial<typeof words> = {}): Promise<Decoded> {
  const image = await decodeBy(changed, file)
  if (typeof image === 'string') throw new Error(image)
  return image
}
const fault = async (file: Buffer, changed: Partial<typeof words> = {}) => {
  const image = await decodeBy(changed, file)
  return typeof image === 'string' ? image : 'nothing is wrong'
}
const square = (channels: number) => Buffer.alloc(height * height * channels).map((_, n) => (n * 37 + 11) % 256)
const image = (channels: 1 | 2 | 3 | 4, pixels = square(channels)) => sharp(pixels, { raw: { width: height, height, channels } })
const rgb = square(3)
const hex = (pixels: Uint8Array) => Buffer.from(pixels).toString('hex')
const grey = (values: Uint8Array) => Buffer.from([...values].flatMap(value => [value, value, value]))
const page = (values: TinyPage['values'], more: Partial<TinyPage> = {}): TinyPage => ({ width: height, values, ...more })

describe('takes', () => {
  const greys = square(1)
  const deep = Uint16Array.from(rgb, value => value * 257)
  it.each<[string, () => Promise<Buffer> | Buffer, Uint8Array, Partial<Decoded>]>([
    ['PNG', () => image(3).png().toBuffer(), rgb, { format: 'png' }],
    ['PNG, interlaced', () => image(3).png({ progressive: true }).toBuffer(), rgb, {}],
    ['PNG, grey', () => image(1).toColourspace('b-w').png().toBuffer(), grey(greys), {}],
    [
      'PNG of 16 bits',
      () =>
        sharp(deep, { raw: { width: height, height, channels: 3 } })
          .toColourspace('rgb16')
          .png()
          .toBuffer(),
      rgb,
      { format: 'png 16-bit', brightest: Math.max(...deep) },
    ],
    ['WebP', () => image(3).webp({ lossless: true }).toBuffer(), rgb, { format: 'webp' }],
    ['TIFF', () => image(3).tiff({ compression: 'lzw' }).toBuffer(), rgb, { format: 'tiff' }],
    [
      'TIFF with pyramid',
      () =>
        tinyTiff([
          page(rgb, { samples: 3, rgb: true }),
          { width: 4, values: square(3).subarray(0, 48), samples: 3, rgb: true, reduced: true },
        ]),
      rgb,
      {},
    ],
    ['BigTIFF', () => tinyTiff([page(rgb, { samples: 3, rgb: true })], true), rgb, { format: 'tiff' }],
    [
      'TIFF with a value beside the colours',
      () => tinyTiff([page(square(4), { samples: 4, rgb: true, extra: [0] })]),
      square(4).filter((_, n) => n % 4 < 3),
      { alpha: false },
    ],
    ['TIFF of 16 bits', () => tinyTiff([page(Uint16Array.from(greys, value => value * 257))]), grey(greys), { format: 'tiff 16-bit' }],
    [
      'TIFF of 1 bit',
      () =>
        image(
          1,
          Buffer.alloc(64).map((_, n) => (n % 3 ? 255 : 0)),
        )
          .toColourspace('b-w')
          .tiff({ bitdepth: 1, compression: 'none' })
          .toBuffer(),
      grey(Buffer.alloc(64).map((_, n) => (n % 3 ? 255 : 0))),
      {},
    ],
  ])('%s', async (_what, made, pixels, more) => {
    const found = await decoded(await made())
    expect(hex(found.pixels)).toBe(hex(pixels))
    expect(found).toMatchObject({ width: height, height, behind: 0, turned: false, ...more })
  })
  it.each<[string, () => Promise<Buffer>, (file: Buffer) => Promise<Buffer>]>([
    ['JPEG', () => image(3).jpeg().toBuffer(), file => sharp(file).raw().toBuffer()],
    [
      'JPEG, grey',
      () => image(1).toColourspace('b-w').jpeg().toBuffer(),
      async file => grey(await sharp(file).toColourspace('b-w').raw().toBuffer()),
    ],
    ['GIF', () => image(3).gif().toBuffer(), file => sharp(file).removeAlpha().raw().toBuffer()],
    [
      'PNG with a colour profile, which is left aside',
      () => image(3).withIccProfile('p3', { attach: true }).png().toBuffer(),
      file => sharp(file, { ignoreIcc: true }).raw().toBuffer(),
    ],
    ['palette', () => image(3).png({ palette: true, colours: 2 }).toBuffer(), file => sharp(file).raw().toBuffer()],
  ])('%s, as sharp decodes it', async (_what, made, right) => {
    const file = await made()
    expect(hex((await decoded(file)).pixels)).toBe(hex(await right(file)))
  })
  const white = (channels: number, [value, opacity]: readonly number[]) =>
    channels === 0 ? 0 : Math.round((value! * opacity! + 255 * (255 - opacity!)) / 255)
  test('opacity, onto white', async () => {
    const pixels = square(4)
    const seen = Buffer.from(
      Array.from({ length: 64 * 3 }, (_, n) => white(3, [pixels[Math.floor(n / 3) * 4 + (n % 3)]!, pixels[Math.floor(n / 3) * 4 + 3]!])),
    )
    const close = (found: Decoded) => {
      expect(found.alpha).toBe(true)
      expect(Math.max(...found.pixels.map((value, n) => Math.abs(value - seen[n]!)))).toBeLessThanOrEqual(1)
    }
    close(await decoded(await image(4).png().toBuffer()))
    close(await decoded(await image(4).webp({ lossless: true, exact: true }).toBuffer()))
    const deep = Uint16Array.from(pixels, value => value * 257)
    close(await decoded(tinyTiff([page(deep, { samples: 4, rgb: true, extra: [2] })])))
    const whole = await decoded(await image(4, Buffer.alloc(256, 255)).png().toBuffer())
    expect(hex(whole.pixels)).toBe('ff'.repeat(192))
  })
  test('one colour that counts as transparent: it is kept', async () => {
    const plain = await image(3).png().toBuffer()
    const key = Buffer.from([0, rgb[0]!, 0, rgb[1]!, 0, rgb[2]!])
    const file = Buffer.concat([plain.subarray(0, 33), chunk('tRNS', key), plain.subarray(33)])
    expect(await sharp(file).metadata()).toMatchObject({ hasAlpha: true })
    expect(await decoded(file)).toMatchObject({ pixels: Buffer.from(rgb), alpha: false })
  })
  test('bytes behind the end, which are told', async () => {
    for (const file of [await image(3).png().toBuffer(), await image(3).jpeg().toBuffer(), await image(3).webp().toBuffer()])
      expect(await decoded(Buffer.concat([file, Buffer.from('\xff\xd9behind', 'latin1')]))).toMatchObject({ behind: 8 })
    // The preview in a JPEG's head is a JPEG of its own.
    const [jpeg, preview] = [await image(3).jpeg().toBuffer(), await image(1).jpeg().toBuffer()]
    const [mark, length] = [Buffer.from('ffe1', 'hex'), Buffer.alloc(2)]
    length.writeUInt16BE(preview.length + 2)
    expect(await decoded(Buffer.concat([jpeg.subarray(0, 2), mark, length, preview, jpeg.subarray(2)]))).toMatchObject({ behind: 0 })
  })
  test('EXIF orientation, also behind the pixels of a PNG', async () => {
    const upright = await image(3).rotate(90).raw().toBuffer()
    const turned = { pixels: upright, turned: true }
    expect(await decoded(await image(3).withMetadata({ orientation: 6 }).png().toBuffer())).toMatchObject(turned)
    expect(await decoded(await image(3).withMetadata({ orientation: 6 }).tiff({ compression: 'none' }).toBuffer())).toMatchObject(turned)
    const plain = await image(3).png().toBuffer()
    const exif = chunk('eXIf', Buffer.from('49492a0008000000010012010300010000000600000000000000', 'hex'))
    expect(await decoded(Buffer.concat([plain.subarray(0, -12), exif, plain.subarray(-12)]))).toMatchObject(turned)
    const oblong = sharp({ create: { width: 16, height: 8, channels: 3, background: '#777' } }).withMetadata({ orientation: 8 })
    expect(await decoded(await oblong.jpeg().toBuffer(), { fit: 'crop' })).toMatchObject({ width: 8, height: 16 })
  })
  test('16 bits by a range, the same for all', async () => {
    const file = tinyTiff([page(Uint16Array.from({ length: 64 }, (_, n) => n * 100))])
    const right = Uint8Array.from({ length: 64 }, (_, n) => Math.min(255, Math.max(0, Math.round(((n * 100 - 500) / 4000) * 255))))
    const found = await decoded(file, { range: '500..4500' })
    expect(hex(found.pixels)).toBe(hex(grey(right)))
    expect(found.brightest).toBe(6300)
  })
})
describe('brings images to a size', () => {
  const left = Buffer.alloc(count * 3).map((_, n) => ((n / 3) % width < 2 ? 255 : n % 3 === 0 ? 100 : 0))
  const file = () =>
    sharp(left, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer()
  const pixel = ({ pixels }: Decoded, x: number, y: number) => [...pixels.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)]
  test('crop: both ends of the longer side are cut', async () => {
    const found = await decoded(await file(), { fit: 'crop' })
    expect(found).toMatchObject({ width, height })
    for (const x of [0, 7]) expect(pixel(found, x, 3)).toEqual([100, 0, 0])
  })
  test('resize: the whole image, whatever its form', async () => {
    const found = await decoded(await file(), { fit: 'resize' })
    expect(pixel(found, 0, 3)[1]).toBeGreaterThan(200)
    expect(pixel(found, 7, 3)).toEqual([100, 0, 0])
  })
  test('pad: the whole image, between black', async () => {
    const found = await decoded(await file(), { fit: 'pad' })
    expect([pixel(found, 3, 0), pixel(found, 3, 7)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ])
    expect(pixel(found, 0, 4)[1]).toBeGreaterThan(200)
  })
  test('a JPEG of less than four times the size: from all of its pixels', async () => {
    const [side, values] = [3 * height, Buffer.alloc(9 * count * 3).map((_, n) => (n * n) % 251)]
    const file = await sharp(values.subarray(0, side * side * 3), { raw: { width: side, height: side, channels: 3 } })
      .jpeg()
      .toBuffer()
    const whole = await sharp(file).raw().toBuffer()
    const scaled = sharp(whole, { raw: { width: side, height: side, channels: 3 } }).resize(height, height)
    expect(hex((await decoded(file, { fit: 'resize' })).pixels)).toBe(hex(await scaled.raw().toBuffer()))
  })
  test('16 bits and chosen channels, too', async () => {
    const deep = tinyTiff([{ width, values: Uint16Array.from({ length: count * 3 }, (_, n) => (n % 3) * 20_000), samples: 3, rgb: true }])
    for (const channels of ['own', '0,1,2']) {
      const found = await decoded(deep, { fit: 'crop', channels })
      expect(pixel(found, 4, 4)).toEqual([0, 78, 156])
    }
  })
})
describe('chooses planes', () => {
  const plane = (n: number) => Uint8Array.from({ length: 64 }, () => n)
  const ome = (text: string, pages: number) =>
    tinyTiff(Array.from({ length: pages }, (_, n) => page(plane(n * 10), n === 0 ? { description: text } : {})))
  const pixels = (attributes: string, inside = '') =>
    `<?xml version="1.0"?><OME xmlns="x" UUID="urn:uuid:1"><Image ID="Image:0"><Pixels DimensionOrder="XYCZT" ${attributes}>${inside}</Pixels></Image></OME>`
  const stack = ome(pixels('SizeX="8" SizeY="8" SizeZ="3" SizeC="2" SizeT="2"'), 12)
  const first = async (file: Buffer, plane: string, channels = 'own') => {
    const image = await decodeBy({ plane, channels }, file)
    return typeof image === 'string' ? image : [...image.pixels.subarray(0, 3)]
  }
  test('of OME-TIFF', async () => {
    expect(await first(stack, 'z=1,t=1', '0,1')).toEqual([80, 90, 0])
    expect(await first(stack, 'z=1,t=1', '1,-,0')).toEqual([90, 0, 80])
    expect(await first(stack, 'z=2,c=1,t=0')).toEqual([50, 50, 50])
    expect(await first(stack, 'page=11')).toEqual([110, 110, 110])
    const moved = pixels(
      'SizeX="8" SizeY="8" SizeZ="1" SizeC="2" SizeT="1"',
      '<TiffData IFD="1" FirstC="0"/><TiffData IFD="0" FirstC="1"/>',
    )
    expect(await first(ome(moved, 2), 'only', '0,1')).toEqual([10, 0, 0])
    const apart = pixels(
      'SizeX="8" SizeY="8" SizeZ="1" SizeC="2" SizeT="1"',
      '<TiffData IFD="0" FirstC="0" PlaneCount="1"><UUID FileName="a.tif">urn:uuid:1</UUID></TiffData><TiffData IFD="0" FirstC="1"><UUID FileName="b.tif">urn:uuid:2</UUID></TiffData>',
    )
    expect(await first(ome(apart, 1), 'only', '0')).toEqual([0, 0, 0])
    expect(await first(ome(apart, 1), 'only', '1')).toBe(
      'lacks the plane z=0,c=1,t=0: another file of its set has it, or it was cut off. Save all as one OME-TIFF',
    )
  })
  test('of ImageJ, and of pages that nothing is said of', async () => {
    const file = ome('ImageJ=1.54f\nimages=12\nchannels=2\nslices=3\nframes=2\nhyperstack=true\n', 12)
    expect(await first(file, 'z=1,t=1', '0,1')).toEqual([80, 90, 0])
    for (const silent of ['', 'ImageJ=1.54f\nunit=um\n', 'ImageJ=1.54f\nimages=3\n'])
      expect(await first(ome(silent, 3), 'only', '2,1,0')).toEqual([20, 10, 0])
    expect(await first(ome('ImageJ=1.54f\nimages=9\nslices=9\n', 2), 'z=0')).toBe(
      'is a stack of 9 images by ImageJ, of which 2 can be found. Save it as OME-TIFF',
    )
  })
  test('of values of a pixel', async () => {
    const five = tinyTiff([
      page(
        Uint8Array.from({ length: 320 }, (_, n) => (n % 5) * 10),
        { samples: 5, extra: [0, 0, 0, 0] },
      ),
    ])
    expect(await first(five, 'only', '4,0,2')).toEqual([40, 0, 20])
    expect(await first(five, 'only')).toBe(
      'has 5 values a pixel, and says of none which colour it is. Choose, such as by --channels 0,1,2; one channel becomes grey',
    )
    const [red, green, blue] = rgb
    expect(await first(await image(3).png().toBuffer(), 'only', '2,1,0')).toEqual([blue, green, red])
  })
  test('or says what there is', async () => {
    expect(await first(stack, 'only')).toBe(
      'holds 12 planes (z from 0 to 2, c from 0 to 1, t from 0 to 1). Choose, such as by --plane z=0,t=0 --channels 0,1; one channel becomes grey',
    )
    expect(await first(stack, 'z=3,t=0', '0')).toBe('has no z=3; its z goes from 0 to 2')
    expect(await first(stack, 'z=0,t=0', '2')).toBe('has no c=2; its c goes from 0 to 1')
    expect(await first(stack, 'page=12')).toBe('has no page 12; its pages go from 0 to 11')
    expect(await first(ome(pixels('SizeX="8" SizeY="8" SizeZ="0" SizeC="2" SizeT="1"'), 2), 'only')).toBe(
      'has OME-XML with sizes that are none. Choose a page of it with --plane page=0',
    )
    expect(await first(ome('<OME><Image>', 2), 'only')).toBe('has OME-XML that names no pixels. Choose a page of it with --plane page=0')
  })
  test('and refuses words that contradict each other', () => {
    expect(() => settingsOf({ ...words, plane: 'c=1', channels: '0' })).toThrow(
      'Channels are given by --plane and by --channels. Give one of the two.',
    )
    expect(() => settingsOf({ ...words, range: '9..9' })).toThrow(
      '--range 9..9 has no values between its ends. Give the smaller number first, such as 0..4095.',
    )
  })
})
describe('refuses', () => {
  const convert = 'Right are PNG, JPEG, TIFF, WebP and GIF: convert it, or leave it out of the table'
  it.each([
    ['nothing', '', 'is empty. Fetch or copy it again'],
    ['a web page', '<html>404</html>', `is a text or web page. ${convert}`],
    ['a pointer', 'version https://git-lfs.github.com/spec/v1', `is a pointer of Git LFS, not the image itself. ${convert}`],
    ['what is known by name', 'BM123456', `is a BMP. ${convert}`],
    ['what is not known', '\x00\x05\x16\x07', `is no image that is known: its first bytes are 00051607. ${convert}`],
  ])('%s', async (_what, content, words) => {
    expect(await fault(Buffer.from(content, 'latin1'))).toBe(words)
  })
  test('what is cut off', async () => {
    const files = [
      image(3).png(),
      image(3).jpeg(),
      image(3).webp({ lossless: true }),
      image(3).gif(),
      image(3).tiff({ compression: 'none' }),
    ]
    const faults = await Promise.all(files.map(async file => fault((await file.toBuffer()).subarray(0, -30))))
    const cut = 'is cut off: its end is missing. Fetch or copy it again'
    expect(faults).toEqual([
      cut,
      cut,
      cut,
      expect.stringMatching(/^is corrupt: .+\. Fetch or copy it again$/),
      expect.stringMatching(/^is corrupt: /),
    ])
  })
  test('a damaged header, and damaged pixels', async () => {
    const png = await image(3).png().toBuffer()
    const damaged = (from: number, to: number) => fault(Buffer.from(png).fill(0xff, from, to))
    expect(await damaged(45, png.length - 20)).toBe('is corrupt: its header is damaged. Fetch or copy it again')
    expect(await damaged(png.length - 20, png.length - 16)).toBe('is corrupt: libpng read error. Fetch or copy it again')
  })
  test('pictures that move', async () => {
    const frames = Buffer.concat([square(3), square(3).reverse()])
    const moving = () => sharp(frames, { raw: { width: height, height: 2 * height, channels: 3, pageHeight: height } })
    const words = 'is animated, of 2 pictures. Take out the one that is meant'
    expect(await fault(await moving().webp().toBuffer())).toBe(words)
    expect(await fault(await moving().gif().toBuffer())).toBe(words)
    const plain = await image(3).png().toBuffer()
    const animated = (number: number) =>
      Buffer.concat([plain.subarray(0, 33), chunk('acTL', Buffer.from([0, 0, 0, number, 0, 0, 0, 0])), plain.subarray(33)])
    expect(await fault(animated(2))).toBe(words)
    expect(await fault(animated(1))).toBe('nothing is wrong')
  })
  test('more pixels than any camera has, by the header alone', async () => {
    const bomb = await image(3).png().toBuffer()
    const head = Buffer.alloc(13)
    head.writeUInt32BE(50_000, 0)
    head.writeUInt32BE(50_000, 4)
    head.set([8, 2, 0, 0, 0], 8)
    expect(await fault(Buffer.concat([bomb.subarray(0, 8), chunk('IHDR', head), bomb.subarray(33)]))).toBe(
      'has 50,000 × 50,000 pixels, and at most 100,000,000 are taken. Scale it down, or cut out what matters',
    )
  })
  test('colours and values of which nobody can say what they are', async () => {
    expect(await fault(await image(3).toColourspace('cmyk').jpeg().toBuffer())).toBe(
      'has colours as cmyk, and which red, green and blue they are depends on who converts them. Convert it to RGB, in one way for all images',
    )
    expect(await fault(tinyTiff([page(Float32Array.from({ length: 64 }, (_, n) => n / 64))]))).toBe(
      'has pixels of the type float; right are 8 or 16 bits without sign. Convert it, with one range of values for all images',
    )
  })
  test('a TIFF that leads nowhere or in a circle', async () => {
    const tiff = tinyTiff([page(plainGrey())])
    const circle = Buffer.from(tiff)
    circle.writeUInt32LE(circle.readUInt32LE(4), circle.length - 4)
    const nowhere = Buffer.from(tiff)
    nowhere.writeUInt32LE(9_999_999, nowhere.length - 4)
    const none = Buffer.from(tiff)
    none.writeUInt32LE(0, 4)
    for (const file of [circle, nowhere, none])
      expect(await fault(file)).toBe('is corrupt: its list of pages leads nowhere. Fetch or copy it again')
  })
  const plainGrey = () => square(1)
  test('another size, unless it may be brought to that', async () => {
    const nine = sharp({ create: { width: 9, height: 9, channels: 3, background: '#777' } }).png()
    expect(await fault(await nine.toBuffer())).toBe(
      'is 9 × 9 pixels; right is 8 × 8. If all images are so, give --size 9; else let it be brought to that by --fit crop, resize or pad, or leave it out of the table',
    )
    const oblong = sharp({ create: { width: 9, height: 8, channels: 3, background: '#777' } }).png()
    expect(await fault(await oblong.toBuffer())).toBe(
      'is 9 × 8 pixels; right is 8 × 8. Let it be brought to that by --fit crop, resize or pad, or leave it out of the table',
    )
  })
})
