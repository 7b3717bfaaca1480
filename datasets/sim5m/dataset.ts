import type { Dataset } from 'trireme-bio'
import { make } from './make.ts'

export const sim5m = {
  name: 'sim5m',
  title: 'Random genome of 5 Mb, one simulated sample at 20-fold',
  about:
    'One contig of random bases; one diploid sample with 4,500 SNPs and 500 indels; 20-fold read pairs of 150 bases from one lane. The benchmarks run on it',
  source: 'Made by the steps genome/random and the pipeline simulate-reads',
  licence: 'Apache-2.0',
  files: {
    'genome/genome.fa': { sha256: '92e355102b774bc02bc2dcc5f76053ff82b974ccff56de18492688e170ebfeff', bytes: 5083343 },
    'truth/sim.vcf.gz': { sha256: '01c953dc1f20f45ae55ec3eab80cbf94ccd1b8fad1a680445a8af80bf06936f0', bytes: 247197 },
    'reads/sim_L1_1.fastq.gz': { sha256: '174ba60ac725f4adc91efc4b96617aaf885215c46e1caed73215b9b8987a9cc1', bytes: 124712841 },
    'reads/sim_L1_2.fastq.gz': { sha256: '99b72affda6d325468789db0cd75f6e5759697bdffca204bbce568fad17e3c0d', bytes: 124712841 },
  },
  counts: { contigs: 1, bases: 5_000_000, samples: 1, lanes: 1, snps: 4500, indels: 500 },
  make,
} satisfies Dataset
