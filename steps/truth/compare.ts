import { asset, gib, many, named, run, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bed, json, tsv, vcf } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { sampleName } from 'trireme-bio/values'
import { z } from 'zod'

/**
 * TP, FP, FN, precision, recall and F1 of one sample's calls, for SNPs and indels apart, genotype concordance among the TPs apart, in all and in each stratum.
 * Compares record by record: both files must be split, atomised and left-aligned on the reference (steps/bcftools/norm); a record that is not split or not
 * atomic is an error. Says how many misses have an extra call nearby, which RTG vcfeval or hap.py would look at as haplotypes.
 */
export const compare = step({
  name: 'truth-compare',
  about: 'Compare calls with the truth: precision, recall, F1 and genotype concordance, by stratum',
  edam: ['operation_2424', 'operation_2428'],
  tools: [node],
  image: images.variants,
  inputs: {
    truth: vcf({ reference: sameAs('calls') }),
    calls: vcf({}),
    /** Only records inside of all these count; none: the whole genome counts. */
    confident: many(bed),
    /** Each gives rows of its own, beside the row of all. */
    strata: named(bed),
  },
  params: {
    sample: sampleName.describe('Column of the calls'),
    truthSample: sampleName.optional().describe('Column of the truth, where it is called otherwise'),
    filtered: z.enum(['out', 'in']).default('out').describe('Whether calls whose FILTER is neither PASS nor . count as calls'),
    within: z
      .int()
      .min(0)
      .default(20)
      .describe('Bases within which a false negative and a false positive may be one haplotype written twice'),
  },
  assets: { script: asset(import.meta.url, './compare.script.mjs') },
  outputs: { report: json, table: tsv },
  needs: { cpu: 1, memory: [gib(1), gib(4), gib(16)] },
  tag: ({ sample }) => sample,
  command: ({ script, truth, calls, confident, strata, report, table, sample, truthSample = sample, filtered, within }) =>
    run(
      'node',
      script,
      ['--truth', truth, '--calls', calls, '--sample', sample, '--truth-sample', truthSample, '--filtered', filtered, '--within', within],
      ['--json', report, '--tsv', table],
      Object.entries(strata).flatMap(([name, regions]) => [word`--stratum=${name}`, word`--bed=${regions}`]),
      ['--', confident],
    ),
})
