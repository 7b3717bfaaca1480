// Chance without a state: every number is a hash of where it is used, so any image, or any pixel, can be drawn alone and in any order.
// Whole 32-bit numbers, and below only + - * / floor and sqrt: IEEE 754 defines these to the bit, so every machine draws the same bytes.

const mix = (h: number): number => {
  h ^= h >>> 15
  h = Math.imul(h, 0x5d4f9a37)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2a91e6b)
  return (h ^ (h >>> 16)) | 0
}
/** Two whole numbers and a seed → 32 bits. */
const hash = (a: number, b: number, seed: number): number => {
  const h = (Math.imul(a, 0x9e3779b1) + Math.imul(b, 0x7f4a7c55) + Math.imul(seed, 0x632be5ab)) | 0
  return mix(mix((h + 0x1b56c4e9) | 0)) >>> 0
}
/** Evenly spread over 0 ≤ x < 1. */
export const uniform = (a: number, b: number, seed: number): number => hash(a, b, seed) / 4294967296
/** Nearly normal, mean 0 and standard deviation 1: four even numbers added (Irwin–Hall). √3 makes their variance of 1/3 one. */
export const normal = (j: number, seed: number): number =>
  (uniform(j, 2, seed) + uniform(j, 3, seed) + uniform(j, 4, seed) + uniform(j, 5, seed) - 2) * 1.7320508

/** A name and a seed → a seed. */
export function seedOf(name: string, seed: number): number {
  let h = (0x3c6ef35f ^ seed) >>> 0
  for (let i = 0; i < name.length; i++) {
    h = Math.imul(h ^ name.charCodeAt(i), 0x01000193) >>> 0
    h = (h ^ (h >>> 13)) >>> 0
  }
  return hash(h, name.length, seed)
}
