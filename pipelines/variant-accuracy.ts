import { named, pipeline, sameAs } from 'trireme-bio'
import { vcf } from 'trireme-bio/kinds'
import { compare } from '../steps/truth/compare.ts'
import { summary } from '../steps/truth/summary.ts'
import { variantCalling } from './variant-calling.ts'

const { inputs, params, layout } = variantCalling.spec

/** Calls variants and compares them with the truth of each sample: how a setting, or a tool's new version, is judged. */
export const variantAccuracy = pipeline({
  name: 'variant-accuracy',
  about: 'Variant calling, and its precision, recall and F1 against known variants',
  inputs: { ...inputs, truth: named(vcf({ reference: sameAs('reference') })) },
  params,
  layout: { ...layout, accuracy: sample => `accuracy/${sample}` },
  build: ({ truth, ...at }) => {
    const called = variantCalling(at)
    const samples = Object.entries(truth).map(([sample, truth]) =>
      compare({ truth, calls: called.variants, confident: [], strata: {}, sample }),
    )
    const pooled = summary({ reports: samples.map(({ report }) => report) })
    return { ...called, accuracy: { accuracy: pooled.report, table: pooled.table, text: pooled.text } }
  },
})
