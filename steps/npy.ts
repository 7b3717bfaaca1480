// NumPy's format, version 1.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): bytes in C order behind a short text.

const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1')
const alignment = 64

/** What stands before the data of an array of bytes. */
export function npyHeader(shape: readonly number[]): Buffer {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const length = Math.ceil((magic.length + 2 + text.length + 1) / alignment) * alignment
  const size = Buffer.alloc(2)
  size.writeUInt16LE(length - magic.length - 2)
  return Buffer.concat([magic, size, Buffer.from(`${text.padEnd(length - magic.length - 3)}\n`, 'latin1')])
}
/** Shape, and where the data begin; or the fault, in words that follow the file's name. */
export function readNpyHeader(start: Buffer): { readonly shape: readonly number[]; readonly offset: number } | string {
  if (!start.subarray(0, 6).equals(magic.subarray(0, 6))) return 'is not an array of NumPy: it does not start with \\x93NUMPY'
  const offset = magic.length + 2 + start.readUInt16LE(8)
  const text = start.toString('latin1', magic.length + 2, offset)
  if (!/'descr': '\|u1'/.test(text) || !/'fortran_order': False/.test(text)) return `holds ${text.trim()}; right are bytes (|u1) in C order`
  const shape = /'shape': \(([\d, ]*)\)/.exec(text)?.[1]
  return shape === undefined
    ? 'has a header without a shape'
    : { shape: shape.split(',').flatMap(n => (n.trim() === '' ? [] : [Number(n)])), offset }
}
