import { plan } from 'trireme-bio'
import { simulateReads } from '../../pipelines/simulate-reads.ts'
import { random } from '../../steps/genome/random.ts'

/**
 * One diploid sample of one lane: a benchmark's time should go into the work of the tools, and one chain is what a script by hand is compared
 * with. Variants are as dense as between two people, 1 in 1,000 bases, one in ten an indel, and 0.2 % of the bases read are wrong.
 */
export const make = () => {
  const { genome } = random({ lengths: [5_000_000], seed: 2026 })
  const { truth, reads } = simulateReads({
    genome,
    samples: ['sim'],
    lanes: 1,
    coverage: 20,
    length: 150,
    insert: 350,
    errorRate: 0.002,
    snps: 4500,
    indels: 500,
    maxIndel: 10,
    adjacent: 0.02,
    homopolymer: 0.2,
    ploidy: 2,
    shared: 0,
    seed: 2026,
  })
  return plan('sim5m', { genome: { genome }, truth, reads })
}
