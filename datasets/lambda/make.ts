import { fileURLToPath } from 'node:url'
import { plan, source } from 'trireme-bio'
import { fasta } from 'trireme-bio/kinds'
import { simulateReads } from '../../pipelines/simulate-reads.ts'

/** The genome as GenBank gives it, under the name that bowtie2's examples give it: `gi|9626243|ref|NC_001416.1|`. */
export const genome = {
  url: fileURLToPath(new URL('./NC_001416.fa', import.meta.url)),
  sha256: '0a04f81952deb68c204e8ae67e0573cb97d348f18ab1b527630d57c294028cf5',
}
export const samples = ['phage1', 'phage2'] as const
export const lanes = 2
/** Last bases of all but the last of eight equal parts, so also of two and of four: calling is split there. */
export const borders = [6062, 12125, 18188, 24251, 30313, 36376, 42439]

/**
 * Two samples of two lanes, 25-fold, 100 bases a read. 0.5 % is the most of 0.2, 0.5 and 1 % of errors at which, in five other draws, every F1 of either
 * caller at its own quality threshold stayed above 0.99: at 1 % the worst of bcftools' was 0.976, for indels.
 */
export const make = () =>
  plan(
    'lambda',
    simulateReads({
      genome: source('NC_001416', fasta, genome),
      samples: [...samples],
      lanes,
      coverage: 25,
      length: 100,
      insert: 350,
      errorRate: 0.005,
      snps: 240,
      indels: 80,
      maxIndel: 20,
      minDistance: 25,
      edge: 300,
      adjacent: 0.12,
      homopolymer: 0.2,
      borders,
      shared: 0.5,
      seed: 2026,
    }),
  )
