import type { Sharp } from 'sharp'
import type { Library } from '../../sharp.ts'
import { lookAt } from '../formats/format.ts'
import { brightestOf, compose, lookup } from './compose.ts'
import type { Gate } from './gate.ts'
import { choose, colourless } from './planes.ts'
import type { Settings } from './settings.ts'
import { type Head, type Source, sourceOf } from './source.ts'

/** An image as a network takes it, and what it was. */
export interface Decoded {
  /** 8 bits each of red, green and blue, row by row. */
  readonly pixels: Uint8Array
  readonly format: string
  readonly width: number
  readonly height: number
  /** Bytes behind its end. */
  readonly behind: number
  readonly turned: boolean
  /** It has opacity, and was laid onto white. */
  readonly alpha: boolean
  /** The brightest value of 16 bits. */
  readonly brightest: number | undefined
}
const boxes = { crop: { fit: 'cover' }, resize: { fit: 'fill' }, pad: { fit: 'contain', background: '#000' } } as const
const ontoWhite = (image: Sharp) => image.flatten({ background: '#fff' })

/** Decodes an image file; or says what is wrong with it, in words that follow its name. */
export function decoder(sharp: Library, settings: Settings, gate: Gate): (file: Buffer) => Promise<Decoded | string> {
  const { size, fit, range } = settings
  const [ranged, whole] = [lookup(range.low, range.high), lookup(0, 65_535)]
  const fitted = (image: Sharp) => (fit === 'exact' ? image : image.resize(size, size, { ...boxes[fit], fastShrinkOnLoad: false }))

  async function decoded(source: Source): Promise<Omit<Decoded, 'format' | 'behind'> | string> {
    const contents = await source.contents()
    if (typeof contents === 'string') return contents
    const chosen = choose(contents, settings)
    if (typeof chosen === 'string') return chosen
    const heads = new Map<number, Head>()
    for (const page of [chosen.page, ...(chosen.colours ?? []).flatMap(colour => colour?.page ?? [])]) {
      const head = await source.head(page)
      if (typeof head === 'string') return head
      heads.set(page, head)
    }
    const head = heads.get(chosen.page)!
    const { width, height, turned, grey, deep, beside } = head
    const fault = sizeFault([...heads.values()], settings)
    if (fault !== undefined) return fault
    const alpha = chosen.colours === undefined && beside && contents.pages[chosen.page]!.alpha
    const more = chosen.colours === undefined && beside && !alpha
    if (more && grey) return colourless(head.samples)
    const was = { width, height, turned, alpha }
    return gate(width * height, async () => {
      if (chosen.colours === undefined && !more && !(alpha && deep)) {
        const { values } = await source.values(chosen.page, image => fitted(alpha ? ontoWhite(image) : image))
        if (!(values instanceof Uint16Array)) return { ...was, pixels: values, brightest: undefined }
        return { ...was, pixels: Uint8Array.from(values, value => ranged[value]!), brightest: brightestOf(values) }
      }
      const own = (grey ? [0, 0, 0] : [0, 1, 2]).map(sample => ({ page: chosen.page, sample }))
      const colours = (chosen.colours ?? own).map(colour => colour && { ...colour, eight: ranged })
      const opacity = alpha ? [{ page: chosen.page, sample: head.samples - 1, eight: whole }] : []
      const { pixels, brightest } = await compose(source, heads, [...colours, ...opacity])
      const image = sharp(pixels, { raw: { width, height, channels: alpha ? 4 : 3 } })
      const seen = await fitted(alpha ? ontoWhite(image) : image)
        .raw()
        .toBuffer()
      return { ...was, pixels: seen, brightest: [...heads.values()].some(({ deep }) => deep) ? brightest : undefined }
    })
  }
  return async file => {
    const look = lookAt(file)
    if (typeof look === 'string') return look
    const { content, format, behind } = look
    try {
      const image = await decoded(sourceOf(sharp, content, format))
      if (typeof image === 'string') return image
      return { ...image, format: image.brightest === undefined ? format : `${format} 16-bit`, behind }
    } catch (cause) {
      if (!(cause instanceof Error) || cause.constructor !== Error) throw cause
      return `is corrupt: ${reason(cause.message)}. Fetch or copy it again`
    }
  }
}
function sizeFault([head, ...others]: readonly Head[], { size, fit }: Settings): string | undefined {
  const { width, height } = head!
  if (others.some(other => other.width !== width || other.height !== height)) return 'has channels of different sizes. Choose of one size'
  if (fit !== 'exact' || (width === size && height === size)) return undefined
  const alike = width === height ? `If all images are so, give --size ${width}; else let` : 'Let'
  return `is ${width} × ${height} pixels; right is ${size} × ${size}. ${alike} it be brought to that by --fit crop, resize or pad, or leave it out of the table`
}
/** The first line of what the libraries say, without their names. */
const reason = (message: string) =>
  message
    .replace(/Input buffer has corrupt header:\s*|\b\w*vips\w*: /gi, '')
    .trim()
    .split('\n')[0] || 'its header is damaged'
