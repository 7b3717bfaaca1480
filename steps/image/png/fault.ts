// A PNG begins with eight fixed bytes and its header IHDR, and ends with the empty chunk IEND (PNG specification, third edition, sections 5 and 11).
const signature = Buffer.from('89504e470d0a1a0a', 'hex')
const end = Buffer.from('0000000049454e44ae426082', 'hex')
const colours: Readonly<Record<number, string>> = { 0: 'gray', 2: 'RGB', 3: 'of a palette', 4: 'gray with alpha', 6: 'RGB with alpha' }
/** First bytes of what is often named .png. */
const others = { JPEG: /^ffd8ff/, TIFF: /^(49492a00|4d4d002a)/, GIF: /^47494638/, BMP: /^424d/, WebP: /^52494646.{8}57454250/ }

/** What is wrong with a file as an 8-bit RGB PNG of so many pixels a side, in words that follow its name. Its pixels are not decoded. */
export function pngFault(content: Buffer, side: number): string | undefined {
  if (content.length === 0) return 'is empty. Fetch or copy it again'
  if (!content.subarray(0, 8).equals(signature)) {
    const bytes = content.toString('hex', 0, 12)
    const [other] = Object.entries(others).find(([, begin]) => begin.test(bytes)) ?? []
    return other === undefined
      ? `is not a PNG: its first bytes are ${bytes.slice(0, 16)}. Fetch or copy it again`
      : `is a ${other}, not a PNG. Convert it, or leave it out of the table`
  }
  if (content.length < 33 || content.toString('latin1', 12, 16) !== 'IHDR')
    return 'is corrupt: its header is missing. Fetch or copy it again'
  if (!hasEnd(content)) return 'is cut off: its end (IEND) is missing. Fetch or copy it again'
  const [width, height, depth, colour] = [content.readUInt32BE(16), content.readUInt32BE(20), content[24], content[25]!]
  if (colour !== 2 || depth !== 8)
    return `is ${colours[colour] ?? `of the unknown colour type ${colour}`} with ${depth} bits; right is RGB with 8 bits a channel. Convert it, or leave it out of the table`
  if (width !== side || height !== side)
    return `is ${width} × ${height} pixels; right is ${side} × ${side}. ${width === height ? `If all images are so, give --size ${width}; else leave` : 'Cut or scale it to that, or leave'} it out of the table`
  return undefined
}
/** Whether its chunks lead to IEND, after which nothing is part of the image; or it is at the end, behind a chunk that is damaged. */
function hasEnd(content: Buffer): boolean {
  for (let at = signature.length; at + 12 <= content.length; at += 12 + content.readUInt32BE(at))
    if (content.toString('latin1', at + 4, at + 8) === 'IEND') return true
  return content.subarray(-end.length).equals(end)
}
