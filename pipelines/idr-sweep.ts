import { grid, PlanError, pipeline } from 'trireme-bio'
import { uniform } from 'trireme-bio/steps/statistics'
import { training } from 'trireme-bio/values'
import { z } from 'zod'
import { type Configuration, classify, highlights, layout, steps, study } from './idr-classification.ts'

const configuration = z.strictObject(training)
const value = z.union([z.string(), z.number(), z.boolean()])
/** Numbers between two ends, evenly or by their logarithms, or one of some values. */
const range = z.union([
  z.strictObject({
    from: z.number(),
    to: z.number(),
    scale: z.enum(['linear', 'log']).default('linear'),
    whole: z.boolean().default(false),
  }),
  z.array(value).min(1),
])
/**
 * What to try. `base` holds for all; `grid` gives every combination of its values; `random` draws so many configurations, the same ones for
 * the same seed. Names are those of the parameters of idr-classification.
 */
const plan = z.strictObject({
  base: z.record(z.string(), value).default({}),
  grid: z.record(z.string(), z.array(value).min(1)).optional(),
  random: z.strictObject({ count: z.int().min(1).max(1000), seed: z.int().min(0).default(1), of: z.record(z.string(), range) }).optional(),
})
export type SweepPlan = z.input<typeof plan>

/** The configurations of a sweep by name; equal ones are one. @throws PlanError `PARAMETER` when a value is no value of its parameter */
export function configurations(given: SweepPlan): Readonly<Record<string, Configuration>> {
  const { base, grid: axes, random } = plan.parse(given)
  const next = uniform(random?.seed ?? 1)
  const drawn = Array.from({ length: random?.count ?? 0 }, () =>
    Object.fromEntries(Object.entries(random?.of ?? {}).map(([name, range]) => [name, draw(range, next())])),
  )
  const raw: readonly Record<string, unknown>[] = [...(axes || drawn.length === 0 ? grid(axes ?? {}) : []), ...drawn]
  const all = raw.map(own => parsed({ ...base, ...own }))
  refuseOtherPatients(all)
  const names = Object.keys(training).filter(name => new Set(all.map(each => each[name as keyof Configuration])).size > 1) // its own names
  const short = (each: Configuration) =>
    names
      .map(name =>
        ['model', 'augment'].includes(name) ? each[name as keyof Configuration] : `${name}${each[name as keyof Configuration]}`,
      )
      .join('_')
  return Object.fromEntries(all.map(each => [short(each).replaceAll(':', '.') || each.model.replace(':', '.'), each]))
}
/** @throws PlanError `PARAMETER` where configurations would be judged on different patients, so that their figures could not be compared */
function refuseOtherPatients(all: readonly Configuration[]): void {
  for (const name of ['holdout', 'monitor'] as const) {
    const values = [...new Set(all.map(each => each[name]))]
    if (values.length > 1)
      throw new PlanError(
        'PARAMETER',
        `The sweep varies ${name} (${values.slice(0, 5).join(', ')}): AUCs of different patients cannot be compared. Give one ${name} for all, in base${name === 'holdout' ? ' or with --holdout' : ''}; for another, run another sweep.`,
      )
  }
}
function parsed(raw: Readonly<Record<string, unknown>>): Configuration {
  const result = configuration.safeParse(raw)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const unknown = issue?.code === 'unrecognized_keys' ? ` It takes: ${Object.keys(training).join(', ')}.` : ''
  throw new PlanError(
    'PARAMETER',
    `The sweep has a configuration that cannot be: ${issue?.path.join('.')}${issue?.path.length ? ': ' : ''}${issue?.message}.${unknown} Got ${JSON.stringify(raw)}.`,
  )
}
function draw(among: z.output<typeof range>, at: number): unknown {
  if (Array.isArray(among)) return among[Math.floor(at * among.length)]
  const { from, to, scale, whole } = among
  const drawn = scale === 'log' ? Math.exp(Math.log(from) + at * (Math.log(to) - Math.log(from))) : from + at * (to - from)
  return whole ? Math.round(drawn) : Number(drawn.toPrecision(3)) // three digits: readable, and the same number on every machine
}
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
    sweep: plan.default(plan.parse(first)).describe('What to try, as JSON or the name of a YAML or JSON file: base, grid, random'),
    holdout: z
      .number()
      .min(0)
      .lt(1)
      .default(0.25)
      .describe('Share of the training patients left out, by which configurations are ranked; 0: by the test'),
    device: training.device,
    threads: training.threads,
  },
  layout,
  highlights,
  steps,
  build: ({
    annotation,
    paths,
    archive,
    own,
    twin,
    size,
    data,
    threshold,
    train,
    test,
    rois,
    sets,
    pathology,
    sweep,
    holdout,
    device,
    threads,
  }) => {
    const monitor = holdout > 0 ? 'holdout' : 'none'
    const tried = configurations({ ...sweep, base: { holdout, monitor, device, threads, ...sweep.base } })
    return classify({
      ...{ annotation, paths, archive, own, twin, size, data, threshold, selection: { train, test, rois, sets, pathology } },
      title: `Image classification: ${Object.keys(tried).length} configurations`,
      configurations: tried,
    })
  },
})
