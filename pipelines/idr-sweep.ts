import { pipeline } from 'trireme-bio'
import { training } from 'trireme-bio/values'
import { highlights, layout } from './classification.ts'
import { configurations, type SweepPlan, sweep } from './configurations.ts'
import { classifyStudy, steps, study } from './idr-classification.ts'

/** Two models, three ways to augment: a sweep to begin with. */
const first: SweepPlan = {
  grid: { model: ['nirschl', 'mobilenet_v3_small'], augment: ['none', 'd4', 'd4+stain'] },
}

/** Trains and judges many networks; tables and pixels are made once, and a changed value runs only what it changes. */
export const idrSweep = pipeline({
  name: 'idr-sweep',
  about: 'Train and validate many image classifiers, rank them on held-out patients, describe the best',
  inputs: study.inputs,
  params: {
    ...study.params,
    holdout: study.params.holdout.default(0.25),
    sweep: sweep.default(sweep.parse(first)).describe('What to try, as JSON or the name of a YAML or JSON file: base, grid, random'),
    device: training.device,
    threads: training.threads,
  },
  layout,
  highlights,
  steps,
  build: ({ sweep, device, threads, ...given }) => {
    const tried = configurations({ ...sweep, base: { device, threads, ...sweep.base } })
    return classifyStudy(given, `Image classification: ${Object.keys(tried).length} configurations`, tried)
  },
})
