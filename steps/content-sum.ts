/** FNV-1a from two beginnings, the second stirred once more: two numbers of 32 bits. */
export function hashes(bytes: Buffer): readonly [number, number] {
  let [one, other] = [0x811c9dc5, 0x9e3779b9]
  for (let n = 0; n < bytes.length; n++) {
    one = Math.imul(one ^ bytes[n]!, 0x01000193)
    other = Math.imul(other ^ bytes[n]!, 0x85ebca6b)
    other ^= other >>> 13
  }
  return [one | 0, other | 0]
}
/** Stands for all that was added, in whatever order: two sums of hashes. */
export class ContentSum {
  private one = 0
  private other = 0
  add(bytes: Buffer): void {
    const [one, other] = hashes(bytes)
    this.one = (this.one + one) | 0
    this.other = (this.other + other) | 0
  }
  toString(): string {
    return [this.one, this.other].map(half => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }
}
