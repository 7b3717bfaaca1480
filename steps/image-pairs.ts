/** Two images that show the same. */
export interface ImagePair {
  readonly image: string
  readonly other: string
  /** The same pixels; or one made of the other, or both of a third. */
  readonly kind: 'exact' | 'near'
  /** How well they agree, up to 1. */
  readonly score: number
}
const head = 'image\tother\tkind\tscore'

/** All pairs, or what is wrong in words that follow the file's name. */
export function parsePairs(text: string): readonly ImagePair[] | string {
  const [first = '', ...lines] = text.replace(/\n$/, '').split('\n')
  if (first !== head) return `has the columns "${first.slice(0, 80)}"; right are "${head}"`
  const pairs: ImagePair[] = []
  for (const [n, line] of lines.entries()) {
    const [image = '', other = '', kind = '', score = '', ...more] = line.split('\t')
    if (image === '' || other === '' || (kind !== 'exact' && kind !== 'near') || !/^[01](\.\d+)?$/.test(score) || more.length > 0)
      return `is faulty: line ${n + 2} is "${line.slice(0, 80)}"; right are two images, exact or near, and a number up to 1`
    pairs.push({ image, other, kind, score: Number(score) })
  }
  return pairs
}
