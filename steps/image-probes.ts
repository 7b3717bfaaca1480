import { readFile, stat } from 'node:fs/promises'
import type { Probe } from 'trireme-bio'
import { bytesAt, startOf, withFile } from './bgzf.ts'
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
/** A tar of today names itself in its first header; it ends with two empty blocks. */
export const tarProbe: Probe = ({ path }) =>
  withFile(path, async (file, size) => {
    const name = (await bytesAt(file, 257, 5)).toString('latin1')
    if (name !== 'ustar')
      return 'is not a tar: there is no "ustar" at byte 257. Pack the images with: tar --format=ustar -cf images.tar *.png'
    const end = await bytesAt(file, Math.max(0, size - 1024), 1024)
    return size % 512 === 0 && end.every(byte => byte === 0)
      ? undefined
      : 'is cut off: its two empty blocks at the end are missing. Copy or make it again'
  })
