import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { source } from 'trireme-bio'
import type { Shared } from 'trireme-bio/benchmarks'
import { anyFasta } from 'trireme-bio/kinds'
import { simulateReads } from '../../pipelines/simulate-reads.ts'
import { done } from './laboratory.ts'
import { firstPair } from './variants.ts'

/** Cores by arm. A law of scaling is fitted from four points up; where a machine has fewer cores, so many points are not measured. */
export const cores = { '1 core': 1, '2 cores': 2, '4 cores': 4, '8 cores': 8 } as const
export const settings = { '1 core': { cpu: 1 }, '2 cores': { cpu: 2 }, '4 cores': { cpu: 4 }, '8 cores': { cpu: 8 } } as const

/** Trainings of a sweep, alike but for their seeds. */
export const seeds = (count: number) => ({
  holdout: 0,
  sweep: { base: { epochs: 3, patches: 12 }, grid: { seed: Array.from({ length: count }, (_, seed) => seed) } },
})

interface Sample {
  readonly name: string
  readonly fastq_1: string
  readonly fastq_2: string
  readonly truth: string
}
const list = 'samples.json'
/** Simulates samples on the genome of the dataset, as many as the largest arm takes. */
export async function makeSamples(at: Shared, count: number): Promise<void> {
  const { genome } = firstPair(at)
  const file = { url: genome, sha256: createHash('sha256').update(readFileSync(genome)).digest('hex') }
  const names = Array.from({ length: count }, (_, n) => `sample${n + 1}`)
  const variants = at.quick
    ? ({ coverage: 20, snps: 24, indels: 8, maxIndel: 8, edge: 100, ploidy: 1 } as const)
    : ({ coverage: 8, snps: 2000, indels: 400, ploidy: 2 } as const)
  const { truth, reads } = await done(
    path.join(at.shared, 'store'),
    simulateReads({ genome: source('genome', anyFasta, file), samples: names, lanes: 1, ...variants }),
  )
  const samples = names.map((name): Sample => {
    const { first = '', second = '' } = reads[`${name}_L1`]?.parts ?? {}
    return { name, fastq_1: first, fastq_2: second, truth: truth[name]?.path ?? '' }
  })
  writeFileSync(path.join(at.shared, list), JSON.stringify(samples))
}
/** Arguments of variant-accuracy with so many of them. */
export function samples({ shared }: Shared, count: number) {
  const all: readonly Sample[] = JSON.parse(readFileSync(path.join(shared, list), 'utf8')) // written by makeSamples
  const taken = all.slice(0, count)
  return {
    samplesheet: taken.map(({ name, fastq_1, fastq_2 }) => ({ patient: name, sample: name, lane: 'L1', fastq_1, fastq_2 })),
    truth: Object.fromEntries(taken.map(({ name, truth }) => [name, truth])),
  }
}
