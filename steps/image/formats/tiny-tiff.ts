// Small TIFFs for tests, without compression: what sharp does not write, and others do.

/** A page: rows of pixels, each a list of values. */
export interface TinyPage {
  readonly width: number
  readonly samples?: number
  readonly values: Uint8Array | Uint16Array | Float32Array
  readonly description?: string
  /** What samples beside the colours are: 0 unknown, 2 opacity. */
  readonly extra?: readonly number[]
  readonly rgb?: boolean
  readonly reduced?: boolean
}
/** Little-endian, as classic TIFF or as BigTIFF. */
export function tinyTiff(pages: readonly TinyPage[], big = false): Buffer {
  const parts: Buffer[] = []
  let length = 0
  const put = (part: Buffer) => {
    parts.push(part)
    length += part.length
    return length - part.length
  }
  const [count, offset] = big ? [8, 8] : [2, 4]
  const number = (value: number, bytes: number) => {
    const buffer = Buffer.alloc(bytes)
    if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value))
    else buffer.writeUIntLE(value, 0, bytes)
    return buffer
  }
  put(Buffer.concat([Buffer.from('II'), number(big ? 43 : 42, 2), ...(big ? [number(8, 2), number(0, 2)] : [])]))
  let next = put(number(0, offset))
  for (const { width, samples = 1, values, description = '', extra = [], rgb = false, reduced = false } of pages) {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
    const bits = values.BYTES_PER_ELEMENT * 8
    const [height, data] = [values.length / samples / width, put(bytes)]
    const short = (list: readonly number[]) => [3, list.length, Buffer.concat(list.map(value => number(value, 2)))] as const
    const long = (value: number) => [4, 1, number(value, 4)] as const
    const entries: Readonly<Record<number, readonly [type: number, count: number, value: Buffer]>> = {
      254: long(reduced ? 1 : 0),
      256: long(width),
      257: long(height),
      258: short(Array.from({ length: samples }, () => bits)),
      259: short([1]),
      262: short([rgb ? 2 : 1]),
      270: [2, description.length + 1, Buffer.from(`${description}\0`)],
      273: long(data),
      277: short([samples]),
      278: long(height),
      279: long(bytes.length),
      284: short([1]),
      ...(extra.length > 0 ? { 338: short(extra) } : {}),
      339: short(Array.from({ length: samples }, () => (values instanceof Float32Array ? 3 : 1))),
    }
    const cells = Object.entries(entries).map(([tag, [type, count, value]]) => {
      const place = value.length <= offset ? Buffer.concat([value, Buffer.alloc(offset - value.length)]) : number(put(value), offset)
      return Buffer.concat([number(Number(tag), 2), number(type, 2), number(count, offset), place])
    })
    const at = put(Buffer.concat([number(cells.length, count), ...cells, number(0, offset)]))
    const file = Buffer.concat(parts)
    number(at, offset).copy(file, next)
    parts.splice(0, parts.length, file)
    next = length - offset
  }
  return Buffer.concat(parts)
}
