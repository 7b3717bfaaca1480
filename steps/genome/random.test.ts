import { readFileSync } from 'node:fs'
import { made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { randomBases } from './random.script.ts'
import { random } from './random.ts'

it('makes contigs of the lengths asked for, the same for the same seed', async () => {
  const genomes = [1, 1, 2].map(seed => random({ lengths: [130, 60, 1], seed }).genome)
  const { first, again, other } = await made({ first: genomes[0]!, again: genomes[1]!, other: genomes[2]! })
  const text = readFileSync(first.path, 'utf8')
  expect(text).toMatch(/^>random1\n([ACGT]{60}\n){2}[ACGT]{10}\n>random2\n[ACGT]{60}\n>random3\n[ACGT]\n$/)
  expect(readFileSync(again.path, 'utf8')).toBe(text)
  expect(readFileSync(other.path, 'utf8')).not.toBe(text)
})
it('draws every base as often, and no stretch twice', () => {
  const bases = randomBases(100_000, 1).toString()
  for (const base of 'ACGT') expect(Math.abs(bases.split(base).length - 1 - 25_000)).toBeLessThan(600)
  const stretches = Array.from({ length: 5000 }, (_, n) => bases.slice(20 * n, 20 * n + 20))
  expect(new Set(stretches).size).toBe(5000)
  expect(randomBases(20, 1)).not.toEqual(randomBases(20, 2))
})
