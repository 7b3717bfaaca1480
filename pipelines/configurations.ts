import { grid, PlanError } from 'trireme-bio'
import { uniform } from 'trireme-bio/steps/statistics'
import { training } from 'trireme-bio/values'
import { z } from 'zod'

const configuration = z.strictObject(training)
/** Everything that tells one training from another. */
export type Configuration = z.output<typeof configuration>
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
 * the same seed. Names are those of the parameters of training.
 */
export const sweep = z.strictObject({
  base: z.record(z.string(), value).default({}),
  grid: z.record(z.string(), z.array(value).min(1)).optional(),
  random: z.strictObject({ count: z.int().min(1).max(1000), seed: z.int().min(0).default(1), of: z.record(z.string(), range) }).optional(),
})
export type SweepPlan = z.input<typeof sweep>

/** The configurations of a sweep by name; equal ones are one. @throws PlanError `PARAMETER` when a value is no value of its parameter */
export function configurations(given: SweepPlan): Readonly<Record<string, Configuration>> {
  const { base, grid: axes, random } = sweep.parse(given)
  const next = uniform(random?.seed ?? 1)
  const drawn = Array.from({ length: random?.count ?? 0 }, () =>
    Object.fromEntries(Object.entries(random?.of ?? {}).map(([name, range]) => [name, draw(range, next())])),
  )
  const raw: readonly Record<string, unknown>[] = [...(axes || drawn.length === 0 ? grid(axes ?? {}) : []), ...drawn]
  const all = raw.map(own => parsed({ ...base, ...own }))
  const names = Object.keys(training).filter(name => new Set(all.map(each => each[name as keyof Configuration])).size > 1) // its own names
  const short = (each: Configuration) =>
    names
      .map(name =>
        ['model', 'augment'].includes(name) ? each[name as keyof Configuration] : `${name}${each[name as keyof Configuration]}`,
      )
      .join('_')
  return Object.fromEntries(all.map(each => [nameOf(short(each)) || nameOf(each.model), each]))
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
const alone = z.object(training)
/** The configuration among the parameters of a pipeline, without the others. */
export const configurationOf = (parameters: Configuration): Configuration => alone.parse(parameters)
/** Name of a configuration among results. */
export const nameOf = (words: string): string => words.replaceAll(':', '.')
