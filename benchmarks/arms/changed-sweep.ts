// A sweep, the same again, and one with a value changed: node changed-sweep.js; how many steps ran each time goes to figures.json
import { writeFileSync } from 'node:fs'
import { tables } from '../../datasets/idr0042-twin/make.ts'
import type { SweepPlan } from '../../pipelines/configurations.ts'
import { idrSweep } from '../../pipelines/idr-sweep.ts'
import { runPlan } from './run-plan.ts'

async function ran(sweep: SweepPlan): Promise<readonly string[]> {
  const study = { ...tables(), twin: true, train: 8, test: 8, rois: 2, holdout: 0 }
  const steps: string[] = []
  await runPlan('store', idrSweep({ ...study, sweep: { ...sweep, base: { epochs: 1, patches: 2, batch: 8 } } }), {
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
