const [fill, begin, end, scan] = [0xff, 0xd8, 0xd9, 0xda]
/** Marks within a scan, and those that carry nothing. */
const isBare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= begin)
const inScan = (marker: number) => marker === 0 || (marker >= 0xd0 && marker < begin)

/** Where a JPEG ends, behind its mark EOI (ITU-T T.81, annex B); undefined where none is found. A preview in its head has an end of its own. */
export function endOfJpeg(content: Buffer): number | undefined {
  let at = 2
  while (at + 1 < content.length) {
    const marker = content[at + 1]!
    if (content[at] !== fill) at = nextMark(content, at)
    else if (marker === end) return at + 2
    else if (marker === fill) at++
    else if (isBare(marker)) at += 2
    else if (at + 4 > content.length) return undefined
    else {
      at += 2 + content.readUInt16BE(at + 2)
      if (marker === scan) at = nextMark(content, at)
    }
  }
  return undefined
}
/** The next mark that is no part of a scan's data. */
function nextMark(content: Buffer, from: number): number {
  let at = content.indexOf(fill, from)
  while (at >= 0 && inScan(content[at + 1] ?? end)) at = content.indexOf(fill, at + 2)
  return at < 0 ? content.length : at
}
