// A sweep, the same again, and one with a value changed: node changed-sweep.js; how many steps ran each time goes to figures.json
import { writeFileSync } from 'node:fs'
import { tables } from '../../datasets/idr0042-twin/make.ts'
import { type Configuration, classify } from '../../pipelines/idr-classification.ts'
import { configurations, type SweepPlan } from '../../pipelines/idr-sweep.ts'
import { runPlan } from './run-plan.ts'

async function ran(sweep: SweepPlan): Promise<readonly string[]> {
  const tried: Readonly<Record<string, Configuration>> = configurations({ ...sweep, base: { epochs: 1, patches: 2, batch: 8 } })
  const study = { ...tables(), archive: undefined, own: undefined, twin: true, size: 250, data: '', threshold: 0.5, title: 'changed' }
  const steps: string[] = []
  await runPlan('store', classify({ ...study, selection: { train: 8, test: 8, rois: 2 }, configurations: tried }), {
    on: event => {
      if (event.event === 'succeeded') steps.push(event.step)
    },
  })
  return steps
}
const grid = { augment: ['none', 'd4'], lr: [0.003, 0.001] }
const first = await ran({ grid })
const again = await ran({ grid })
const changed = await ran({ grid: { ...grid, lr: [0.003, 0.01] } })
const count = (steps: readonly string[], name: string) => steps.filter(step => step.startsWith(name)).length
writeFileSync(
  'figures.json',
  JSON.stringify({
    first: count(first, 'torch-train'),
    again: again.length,
    trained: count(changed, 'torch-train'),
    drawn: count(changed, 'idr-'),
  }),
)
