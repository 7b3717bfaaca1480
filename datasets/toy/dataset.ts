import { fileURLToPath } from 'node:url'
import type { Dataset } from 'trireme-bio'
import { genome, lanes, make, samples } from './make.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export const toy = {
  name: 'toy',
  title: 'Toy genome, two simulated samples',
  about:
    'Two pieces of the lambda phage (2,400 and 1,600 bases) with 24 SNPs and 8 indels a sample, and 20-fold reads from two lanes each: for tests of a second',
  source:
    'Genome: bases 10001-12400 and 30001-31600 of NC_001416.1 (Sanger et al. 1982). Reads and truth: made by the pipeline simulate-reads',
  licence: 'Genome: public domain, NCBI places no restrictions on the use of GenBank records. Reads and truth: Apache-2.0',
  files: {
    'genome.fa': { sha256: genome.sha256, bytes: 4170, path: genome.url },
    'haplotypes/sample1.fa': { sha256: 'c88d7d2fa1eb6f7b17966fea50ac9216e69a04246ac1590adc615663576b95bf', bytes: 4066 },
    'haplotypes/sample2.fa': { sha256: '087f559759f329691db34953278195142c79221ef8fc30c0ec3575f30ec22903', bytes: 4081 },
    'reads/sample1_L1_1.fastq.gz': {
      sha256: '93b0edf835ee22bd17ec3c59ccdd0bf87ee096dc4bd6f5db41b8c1adb12345eb',
      bytes: 51237,
      path: here('./reads/sample1_L1_1.fastq.gz'),
    },
    'reads/sample1_L1_2.fastq.gz': {
      sha256: '2fda3c7f0bc87809dfb7146c69fa67cffae8b6908bfa1e9545c379cdbc016525',
      bytes: 51237,
      path: here('./reads/sample1_L1_2.fastq.gz'),
    },
    'reads/sample1_L2_1.fastq.gz': {
      sha256: '769ebd9a5415f6ed4133d5187827db150c2aab84b57366b7e210c1b2eeb0b1bf',
      bytes: 51237,
      path: here('./reads/sample1_L2_1.fastq.gz'),
    },
    'reads/sample1_L2_2.fastq.gz': {
      sha256: '57b665079b6f29fead6ec76d9b54c71848163f8597db0b11fe85d67675da8fa2',
      bytes: 51237,
      path: here('./reads/sample1_L2_2.fastq.gz'),
    },
    'reads/sample2_L1_1.fastq.gz': {
      sha256: '85e0f8d815bbc95366e93fc9670b9e0b36fe3d1ac0c35c6db59ce11457aafde1',
      bytes: 51493,
      path: here('./reads/sample2_L1_1.fastq.gz'),
    },
    'reads/sample2_L1_2.fastq.gz': {
      sha256: '2236b31648880579b9daf20a5d98f80418537629f6ffa12d6568e40f729ece78',
      bytes: 51493,
      path: here('./reads/sample2_L1_2.fastq.gz'),
    },
    'reads/sample2_L2_1.fastq.gz': {
      sha256: '2dd4861b07696433fc6a28aa8de1562189ffe65967ca51e5b19bfcd4ef83d7dc',
      bytes: 51519,
      path: here('./reads/sample2_L2_1.fastq.gz'),
    },
    'reads/sample2_L2_2.fastq.gz': {
      sha256: '32a7ae432150db8d2693f0248a2d48f59d9115b8d8a02e308060ca47cb150392',
      bytes: 51519,
      path: here('./reads/sample2_L2_2.fastq.gz'),
    },
    'truth/sample1.vcf.gz': {
      sha256: 'ec9c45772ba65eed6c79a7917608f08ecd1e9b825944505646dcca066ae7e70a',
      bytes: 1793,
      path: here('./truth/sample1.vcf.gz'),
    },
    'truth/sample2.vcf.gz': {
      sha256: '91cef80885229121ade8209f52c0444092e1160a807bb3ce14169fe8c45ceb43',
      bytes: 1792,
      path: here('./truth/sample2.vcf.gz'),
    },
  },
  counts: { contigs: 2, bases: 4000, samples: samples.length, lanes: samples.length * lanes, pairs: 798, snps: 48, indels: 16 },
  make,
} satisfies Dataset
