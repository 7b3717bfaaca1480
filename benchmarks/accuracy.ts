import { comparison } from 'trireme-bio/benchmarks'
import { variantAccuracy } from '../pipelines/variant-accuracy.ts'
import { f1 } from './calling/variants.ts'

export const accuracy = comparison({
  name: 'accuracy',
  about: 'F1 against the truth of sim5m, by caller',
  pipeline: variantAccuracy,
  profile: 'sim5m',
  arms: { bcftools: { caller: 'bcftools', qc: false }, freebayes: { caller: 'freebayes', qc: false } },
  quality: { SNPs: f1('snp'), indels: f1('indel') },
  warmups: 0,
  runs: { least: 1, most: 1 }, // the same in every run
  quick: { profile: 'test' },
  claims: [
    { quality: 'SNPs', arm: 'bcftools', take: 'least', least: 0.99 },
    { quality: 'indels', arm: 'bcftools', take: 'least', least: 0.99 },
    { quality: 'SNPs', arm: 'freebayes', take: 'least', least: 0.985 },
    { quality: 'indels', arm: 'freebayes', take: 'least', least: 0.96 },
  ],
})
