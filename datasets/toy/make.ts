import { fileURLToPath } from 'node:url'
import { plan, source } from 'trireme-bio'
import { fasta } from 'trireme-bio/kinds'
import { simulateReads } from '../../pipelines/simulate-reads.ts'

export const genome = {
  url: fileURLToPath(new URL('./genome.fa', import.meta.url)),
  sha256: '709babbc0b5d6094277100afe4634cd810d60364b881e525fde8504ffde18a1a',
}
export const samples = ['sample1', 'sample2'] as const
export const lanes = 2

/** The files beside this one, remade: a test compares them. */
export const make = () =>
  plan(
    'toy',
    simulateReads({
      genome: source('toy', fasta, genome),
      samples: [...samples],
      lanes,
      coverage: 20,
      length: 100,
      insert: 300,
      errorRate: 0.002,
      snps: 24,
      indels: 8,
      maxIndel: 8,
      minDistance: 25,
      edge: 200,
      adjacent: 0.2,
      homopolymer: 0.25,
      borders: [600, 1000, 1500],
      shared: 0.5,
      seed: 2026,
    }),
  )
