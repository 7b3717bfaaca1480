import type { Profile } from 'trireme-bio'
import { demo, whole } from './idr0042-twin/arguments.ts'
import { idr0042Twin } from './idr0042-twin/dataset.ts'
import { lambda } from './lambda/dataset.ts'
import { sim5m } from './sim5m/dataset.ts'
import { toy } from './toy/dataset.ts'
import { toy as here } from './toy/files.ts'

/** Reads of one amplicon begin in one place: that marks them as duplicates, and makes their depth. */
const amplicon: Profile = {
  about: 'For reads of amplicons: no duplicates are looked for, and calling looks at all reads of a place',
  arguments: () => ({ duplicates: 'off', maxDepth: 0 }),
}

/** Ready arguments by pipeline and name: `trireme run variant-calling --profile test`. */
export const profiles: Readonly<Record<string, Readonly<Record<string, Profile>>>> = {
  'variant-calling': { test: test(false), lambda: onLambda(false), sim5m: onSim5m(false), amplicon },
  'variant-accuracy': { test: test(true), lambda: onLambda(true), sim5m: onSim5m(true), amplicon },
  'idr-classification': {
    test: {
      about: 'SYNTHETIC images of 24 + 24 patients, four each: half a minute',
      dataset: idr0042Twin,
      arguments: files => ({ ...demo(files), ...brief, seed: 1 }),
    },
    twin: {
      about: 'All 2,299 SYNTHETIC images: some minutes',
      dataset: idr0042Twin,
      arguments: whole,
    },
  },
  'idr-sweep': {
    test: {
      about: 'Four configurations on SYNTHETIC images of 24 + 24 patients, four each: two minutes',
      dataset: idr0042Twin,
      arguments: files => ({ ...demo(files), sweep: { base: brief, grid: { augment: ['d4', 'd4+stain'], lr: [0.003, 0.001] } } }),
    },
    twin: {
      about: 'All 2,299 SYNTHETIC images, six configurations: some minutes each',
      dataset: idr0042Twin,
      arguments: whole,
    },
  },
  'simulate-reads': {
    test: {
      about: toy.title,
      dataset: toy,
      arguments: () => ({ genome: here.genome, samples: ['mutant'], snps: 8, indels: 4, maxIndel: 8, edge: 200, coverage: 5 }),
    },
  },
}
/** As many steps as few images need: the default of 8 x 4 patches would end before anything is learnt. */
const brief = { epochs: 4, patches: 31 }
function test(truth: boolean): Profile {
  const samplesheet = here.lanes.map(({ reads, ...names }) => ({ ...names, fastq_1: reads.first, fastq_2: reads.second }))
  return {
    about: `${toy.title}: some seconds`,
    dataset: toy,
    arguments: () => ({ samplesheet, reference: here.genome, ploidy: 1, parts: 2, ...(truth && { truth: here.truth }) }),
  }
}
function onLambda(truth: boolean): Profile {
  return {
    about: `${lambda.title}: half a minute, the first time with the making of the reads`,
    dataset: lambda,
    arguments: files => ({
      samplesheet: ['phage1', 'phage2'].flatMap(sample =>
        ['L1', 'L2'].map(lane => ({
          ...{ patient: sample, sample, lane },
          fastq_1: files[`reads/${sample}_${lane}_1.fastq.gz`],
          fastq_2: files[`reads/${sample}_${lane}_2.fastq.gz`],
        })),
      ),
      reference: files['NC_001416.fa'],
      ploidy: 1,
      ...(truth && {
        truth: { phage1: files['truth/phage1.vcf.gz'], phage2: files['truth/phage2.vcf.gz'] },
        stratum: files['homopolymers.bed'],
      }),
    }),
  }
}
function onSim5m(truth: boolean): Profile {
  return {
    about: `${sim5m.title}: a minute or two, the first time with the making of the reads`,
    dataset: sim5m,
    arguments: files => ({
      samplesheet: [
        { patient: 'sim', sample: 'sim', lane: 'L1', fastq_1: files['reads/sim_L1_1.fastq.gz'], fastq_2: files['reads/sim_L1_2.fastq.gz'] },
      ],
      reference: files['genome/genome.fa'],
      ...(truth && { truth: { sim: files['truth/sim.vcf.gz'] } }),
    }),
  }
}
