// A PNG is chunks behind eight bytes, the first IHDR, the last IEND (PNG specification, third edition, sections 5 and 11).
const first = 8
const ends = Buffer.from('0000000049454e44ae426082', 'hex')
/** Colour types of grey and RGB, of which tRNS names one colour that counts as transparent. */
const plainColours = new Set([0, 2])

export interface Png {
  /**
   * As a decoder takes it: how the image was turned (eXIf) stands before the pixels, where decoders look. One transparent colour (tRNS) of a
   * grey or RGB image is left out, so that its pixels keep that colour.
   */
  readonly content: Buffer
  /** Where its last chunk ends. */
  readonly end: number
  /** More than one where it is animated. */
  readonly frames: number
}
/** Undefined where its end is missing. One that is damaged before its end is left to the decoder. */
export function lookAtPng(content: Buffer): Png | undefined {
  const chunks: { readonly type: string; readonly bytes: Buffer }[] = []
  let at = first
  let end: number | undefined
  while (end === undefined && at + 12 <= content.length) {
    const next = at + 12 + content.readUInt32BE(at)
    const type = content.toString('latin1', at + 4, at + 8)
    if (type === 'IEND') end = next
    chunks.push({ type, bytes: content.subarray(at, next) })
    at = next
  }
  if (end === undefined || end > content.length)
    return content.subarray(-ends.length).equals(ends) ? { content, end: content.length, frames: 1 } : undefined
  const animation = chunks.find(({ type }) => type === 'acTL')?.bytes
  return {
    content: reordered(content, chunks),
    end,
    frames: animation && animation.length >= 12 ? animation.readUInt32BE(8) : 1,
  }
}
function reordered(content: Buffer, chunks: readonly { readonly type: string; readonly bytes: Buffer }[]): Buffer {
  const keyed = plainColours.has(content[25] ?? -1) && chunks.some(({ type }) => type === 'tRNS')
  const turned = chunks.findIndex(({ type }) => type === 'eXIf') > chunks.findIndex(({ type }) => type === 'IDAT')
  if (!keyed && !turned) return content
  const [head, ...rest] = chunks.filter(({ type }) => !(keyed && type === 'tRNS'))
  const early = rest.filter(({ type }) => type === 'eXIf')
  const others = rest.filter(({ type }) => type !== 'eXIf')
  return Buffer.concat([content.subarray(0, first), ...[head!, ...early, ...others].map(({ bytes }) => bytes)])
}
