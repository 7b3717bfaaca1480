// A PNG begins with eight fixed bytes and its header IHDR, and ends with the empty chunk IEND (PNG specification, third edition, sections 5 and 11).
const signature = Buffer.from('89504e470d0a1a0a', 'hex')
export const pngEnd = Buffer.from('0000000049454e44ae426082', 'hex')
const colours: Readonly<Record<number, string>> = { 0: 'gray', 2: 'RGB', 3: 'of a palette', 4: 'gray with alpha', 6: 'RGB with alpha' }

/** What is wrong with a file as an 8-bit RGB PNG of so many pixels a side, in words that follow its name. Its pixels are not decoded. */
export function pngFault(content: Buffer, side: number): string | undefined {
  if (!content.subarray(0, 8).equals(signature))
    return `is not a PNG: its first bytes are ${content.toString('hex', 0, 8) || 'none'}. Fetch or copy it again`
  if (content.length < 33 || content.toString('latin1', 12, 16) !== 'IHDR')
    return 'is corrupt: its header is missing. Fetch or copy it again'
  if (!content.subarray(-pngEnd.length).equals(pngEnd)) return 'is cut off: its end (IEND) is missing. Fetch or copy it again'
  const [width, height, depth, colour] = [content.readUInt32BE(16), content.readUInt32BE(20), content[24], content[25]!]
  if (colour !== 2 || depth !== 8)
    return `is ${colours[colour] ?? `of the unknown colour type ${colour}`} with ${depth} bits; right is RGB with 8 bits a channel. Convert it, or leave it out of the table`
  if (width !== side || height !== side)
    return `is ${width} × ${height} pixels; right is ${side} × ${side}. Give the size that all images have (size), or leave it out of the table`
  return undefined
}
