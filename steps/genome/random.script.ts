// Writes a FASTA of random bases. Same lengths and seed: same bytes on every machine (32-bit integers, own generator, no clock).
import { realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const letters = Buffer.from('ACGT')
const width = 60

/** xorshift32 (Marsaglia 2003, doi:10.18637/jss.v008.i14): every word gives sixteen bases. Neighbouring seeds are spread apart first. */
export function randomBases(length: number, seed: number): Buffer {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1
  const bases = Buffer.alloc(length)
  for (let at = 0; at < length; at += 16) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    for (let n = 0; n < 16 && at + n < length; n++) bases[at + n] = letters[(state >>> (2 * n)) & 3]!
  }
  return bases
}
export function randomFasta(lengths: readonly number[], seed: number): Buffer {
  const contigs = lengths.map((length, n) => {
    const bases = randomBases(length, seed + 1000 * n)
    const lines = Array.from({ length: Math.ceil(length / width) }, (_, line) => bases.toString('latin1', line * width, (line + 1) * width))
    return `>random${n + 1}\n${lines.join('\n')}\n`
  })
  return Buffer.from(contigs.join(''), 'latin1')
}
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [, , lengths = '', seed = '', to = ''] = process.argv
  writeFileSync(to, randomFasta(lengths.split(',').map(Number), Number(seed)))
}
