import { named, optional, pipeline, sameAs } from 'trireme-bio'
import { bed, vcf } from 'trireme-bio/kinds'
import { compare } from '../steps/truth/compare.ts'
import { summary } from '../steps/truth/summary.ts'
import { variantCalling } from './variant-calling.ts'

const { inputs, params, layout, highlights, steps = [] } = variantCalling.spec

/** Calls variants and compares them with the truth of each sample: how a setting, or a tool's new version, is judged. */
export const variantAccuracy = pipeline({
  name: 'variant-accuracy',
  about: 'Variant calling, and its precision, recall and F1 against known variants',
  inputs: {
    ...inputs,
    /** Known variants by sample, split, atomic and left-aligned. */
    truth: named(vcf({ reference: sameAs('reference') })),
    /** Regions in which the truth is known; without it, everywhere. */
    confident: optional(bed),
    /** Regions that are told apart in the table, such as homopolymers. */
    stratum: optional(bed),
  },
  params,
  layout: { ...layout, accuracy: name => `accuracy/${name}` },
  highlights: { ...highlights, accuracy: { text: 'Accuracy' } },
  steps: [...steps, compare, summary],
  build: ({ truth, confident, stratum, ...at }) => {
    const called = variantCalling(at)
    const regions = { confident: confident ? [confident] : [], strata: Object.fromEntries(stratum ? [['stratum', stratum]] : []) }
    const samples = Object.entries(truth).map(([sample, truth]) => compare({ truth, calls: called.variants, ...regions, sample }))
    const pooled = summary({ reports: samples.map(({ report }) => report) })
    return { ...called, accuracy: { accuracy: pooled.report, table: pooled.table, text: pooled.text, headline: pooled.headline } }
  },
})
