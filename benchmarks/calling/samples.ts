import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { source } from 'trireme-bio'
import type { Shared } from 'trireme-bio/benchmarks'
import { anyFasta } from 'trireme-bio/kinds'
import { simulateReads } from '../../pipelines/simulate-reads.ts'
import { runPlan } from '../arms/run-plan.ts'
import { firstPair } from './variants.ts'

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
  const { truth, reads } = await runPlan(
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
