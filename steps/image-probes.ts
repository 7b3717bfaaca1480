import { readFile, stat } from 'node:fs/promises'
import type { Probe } from 'trireme-bio'
import { bytesAt, startOf, withFile } from './bgzf.ts'
import { formOf } from './image/archive/form.ts'
import { parsePacked, parseTable } from './image-table.ts'
import { readNpyHeader } from './npy.ts'

export const imageTableProbe: Probe = async ({ path, facts }) => {
  const rows = parseTable(await readFile(path, 'utf8'))
  if (typeof rows === 'string') return `is no table of images: it ${rows}`
  const open = facts.split === 'made' ? rows.findIndex(({ split }) => split === '') : -1
  return open >= 0 ? `is not divided: line ${open + 2} has no split; right is train, validation or test` : undefined
}
/** Pixels and index must be of one packing: as many images as rows, no byte more or less. */
export const packedImagesProbe: Probe = async ({ parts }) => {
  const { pixels = '', index = '' } = parts
  const head = readNpyHeader(await startOf(pixels, 4096))
  if (typeof head === 'string') return `(pixels) ${head}`
  const [count = 0, height = 0, width = 0, channels = 0] = head.shape
  if (head.shape.length !== 4 || channels !== 3)
    return `(pixels) has the shape (${head.shape.join(', ')}); right is (images, height, width, 3)`
  const { size } = await stat(pixels)
  const right = head.offset + count * height * width * channels
  if (size !== right) return `(pixels) has ${size} bytes where its header promises ${right}. Make or copy it again`
  const rows = parsePacked(await readFile(index, 'utf8'))
  if (typeof rows === 'string') return `(index) ${rows}`
  return rows.length === count
    ? undefined
    : `holds ${count} images and an index of ${rows.length}. They are not of one packing; make it again`
}
/** What a tar or zip says of itself at its beginning and end; what it holds is looked at when it is read. */
export const archiveProbe: Probe = ({ path }) =>
  withFile(path, async (file, size) => {
    const form = await formOf((position, length) => bytesAt(file, position, length))
    if (typeof form !== 'string') return form.fault
    const cut = (what: string) => `is cut off: ${what} missing. Copy or make it again`
    if (form === 'tar') {
      const end = await bytesAt(file, Math.max(0, size - 1024), 1024)
      return size % 512 === 0 && end.every(byte => byte === 0) ? undefined : cut('its two empty blocks at the end are')
    }
    // The end of a zip's directory is followed by a comment of at most 64 KiB.
    const end = await bytesAt(file, Math.max(0, size - 65_557), 65_557)
    return end.includes('PK\x05\x06', 0, 'latin1') ? undefined : cut('the directory at its end is')
  })
