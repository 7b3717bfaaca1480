import { z } from 'zod'

// One comparison in one place: what was compared, where, every run of it, and what follows from the runs. Figures, verdict, claims and warnings are computed from the rest
// by `derive`, when the record is written and again whenever somebody wants to know whether they follow.

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const number = z.number() // finite: JSON has no other
const seconds = number.nonnegative()
const bounds = { least: number.optional(), most: number.optional() }
const named = <T extends z.ZodType>(value: T) => z.record(z.string(), value)
const resource = z.enum(['wall', 'cpu', 'memory'])
const caches = z.enum(['cold', 'warm'])

/** Everything of a comparison that is data. What is code is named by the digests of its files, under `sources`. */
export const definition = z.strictObject({
  /** Part of the file's name. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower case, digits and hyphens'),
  about: z.string(),
  pipeline: z.string().optional(),
  profile: z.string().optional(),
  /** Of a command its words, folders written as {folder}, {shared} and {files}; of a pipeline's arm its arguments, a file as its name and digest. */
  arms: named(z.union([z.strictObject({ command: z.array(z.string()) }), z.strictObject({ arguments: named(z.unknown()) })])),
  /** How arms were run, where not as all others. */
  settings: named(
    z.strictObject({
      cpu: z.int().positive().optional(),
      gpu: z.int().nonnegative().optional(),
      stream: z.boolean().optional(),
      once: z.boolean().optional(),
    }),
  ),
  baseline: z.strictObject({ arm: z.string(), environment: z.string() }),
  environments: z.array(z.string()),
  measures: named(z.array(z.string())),
  quality: named(
    z.strictObject({
      about: z.string(),
      unit: z.string().optional(),
      floor: number.optional(),
      ceiling: number.optional(),
      arms: z.array(z.string()),
    }),
  ),
  outputs: z.strictObject({ tolerance: number, equal: z.array(z.array(z.string())) }).optional(),
  given: z.array(z.string()),
  warmups: z.int().nonnegative(),
  runs: z.strictObject({ least: z.int().positive(), most: z.int().positive(), width: number }),
  caches: z.array(caches),
  scaling: z.strictObject({ law: z.enum(['strong', 'weak']), cores: named(number) }).optional(),
  claims: z.array(
    z.union([
      z.strictObject({
        ratio: z.tuple([z.string(), z.string()]),
        of: resource,
        measure: z.string(),
        environment: z.string().optional(),
        ...bounds,
      }),
      z.strictObject({
        quality: z.string(),
        arm: z.string(),
        take: z.enum(['least', 'median', 'most', 'mean']),
        environment: z.string().optional(),
        ...bounds,
      }),
      z.strictObject({ of: resource, arm: z.string(), measure: z.string(), environment: z.string().optional(), ...bounds }),
    ]),
  ),
})
/** An event of a run, by seconds since the run began. A step's usage is as the runner measured it; a part of a command is a step, as the command measured it. */
const event = z.strictObject({
  at: number,
  event: z.enum(['planned', 'cached', 'damaged', 'started', 'retried', 'succeeded']),
  step: z.string(),
  /** Of a planned step: the step's own name, the first digits of its key, GPUs that it asked for. */
  name: z.string().optional(),
  key: z.string().optional(),
  gpu: z.int().optional(),
  /** Of one that started: the place of its GPU pool among those of the environment. */
  pool: z.int().nonnegative().optional(),
  /** Of a step that has succeeded. */
  seconds: seconds.optional(),
  /** When it began by the clock of another machine, which it ran on; there it took `seconds`. What its runner saw of it came later. */
  from: number.optional(),
  cpu: seconds.optional(),
  memory: number.optional(),
})
/** One run of one arm in one environment. */
export const run = z.strictObject({
  round: z.int().nonnegative(),
  arm: z.string(),
  environment: z.string(),
  caches,
  /** Not counted: it came before. */
  warmup: z.boolean(),
  began: z.iso.datetime(),
  /** Seconds by the monotonic clock, start of the program included. */
  wall: number.positive(),
  /** The same by the clock of the calendar: where the two differ, somebody set the clock. */
  calendar: number,
  /** CPU seconds, user and system: of the program and all it waited for; of steps that ran elsewhere, as their events say. */
  cpu: seconds,
  /** Bytes, resident, of the largest single process. */
  memory: number.nonnegative(),
  /** CPU seconds of all other programs of this machine meanwhile. */
  others: seconds,
  /** CPU seconds of the harness itself meanwhile. */
  harness: seconds,
  load: z.strictObject({ before: number, after: number }),
  /** Of the first core, in MHz, where the kernel tells. */
  frequency: z.strictObject({ before: number, after: number }).optional(),
  /** Seconds in which a limit of the control group held the processes back. */
  throttled: seconds,
  events: z.array(event),
  quality: named(number),
  outputs: named(z.union([z.string(), number])),
})
export type Run = z.infer<typeof run>

const estimate = z.strictObject({ value: number, low: number.optional(), high: number.optional() })
const cell = { measure: z.string(), arm: z.string(), environment: z.string(), caches }
/** What a measure takes in a cell of arm, environment and caches. */
const figure = z.strictObject({
  ...cell,
  runs: z.int(),
  wall: estimate,
  /** Where the next run will lie, with 95 %. */
  next: z.strictObject({ low: number, high: number }).optional(),
  /** Only where all of its steps told it, in every run. */
  cpu: estimate.optional(),
  /** Bytes: the most of any of its runs. */
  memory: number.optional(),
  /** GPU seconds: those of its steps, times the GPUs they asked for. */
  gpu: number.optional(),
  /** Model of the GPUs, where something told that they were there. Without it GPU seconds are those for which GPUs were reserved. */
  device: z.string().optional(),
  /** By the price rows of the environment and of its GPU pools, counted as their bills do; not where some of its steps have no price. */
  cost: z.strictObject({ currency: z.string(), value: number }).optional(),
  /** Baseline's wall / this one's: how many times as fast, paired by round; with the baseline's own seconds in these rounds. */
  speedup: estimate.extend({ base: number, pairs: z.int() }).optional(),
  /** The smallest change of the wall that this noise and this many runs would show, as a share of it. */
  visible: number.optional(),
  /** Runs whose wall lies far from the rest: they are kept, and count. */
  outliers: z.int(),
})
const quality = z.strictObject({
  quality: z.string(),
  arm: z.string(),
  environment: z.string(),
  runs: z.int(),
  least: number,
  median: number,
  most: number,
  floor: number.optional(),
  ceiling: number.optional(),
})
const fit = z.strictObject({
  law: z.enum(['Amdahl', 'Gustafson']),
  measure: z.string(),
  environment: z.string(),
  caches,
  points: z.array(z.strictObject({ cores: number, speedup: number })),
  /** Share of the work that runs on one core only; from four points on. */
  serial: estimate.optional(),
  /** The most that any number of cores could give (strong), by the fit or else by the last point. */
  bound: number.optional(),
})
/** Without an estimate and a verdict where nothing was measured that could tell. */
const claim = z.strictObject({ what: z.string(), estimate: estimate.optional(), ...bounds, met: z.boolean().optional() })
/** All that follows from the rest of a record. */
export const derived = z.strictObject({
  /** Why nothing may be concluded; empty where the comparison holds. */
  refusals: z.array(z.string()),
  figures: z.array(figure),
  quality: z.array(quality),
  fits: z.array(fit),
  claims: z.array(claim),
  warnings: z.array(z.string()),
})
export type Derived = z.infer<typeof derived>

const price = z.strictObject({
  name: z.string(),
  currency: z.string(),
  hour: number.positive(),
  /** Of the machine, which a step may have a share of. */
  gpus: z.int().positive().optional(),
  billed: z.strictObject({ by: z.string(), least: z.string() }).optional(),
  source: z.string(),
  date: z.string(),
})
export const record = z.strictObject({
  format: z.literal(2),
  definition,
  /** Of the definition in its canonical form. */
  digest: sha256,
  /** Modules and scripts that the comparison is made of, by their place in the package or project. */
  sources: named(sha256),
  /** `commit` is clean and on a branch, or not there, with the reason. */
  code: z.strictObject({ version: z.string(), commit: z.string().optional(), why: z.string().optional() }),
  dataset: z
    .strictObject({
      name: z.string(),
      source: z.string(),
      licence: z.string(),
      files: named(z.strictObject({ sha256, bytes: z.int().optional() })),
    })
    .optional(),
  /** Versions of programs by name. */
  programs: named(z.string()),
  /** Digests of container images by name. */
  images: named(z.string()),
  environments: named(
    z.strictObject({
      target: z.string(),
      settings: sha256,
      price: price.optional(),
      /** Of a cluster, in its order: what is asked for, which is not what was seen. */
      pools: z.array(z.strictObject({ model: z.string(), spot: z.literal(true).optional(), price: price.optional() })).optional(),
    }),
  ),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int().positive(),
    memory: z.int().positive(),
    system: z.string(),
    architecture: z.string(),
    governor: z.string().optional(),
    container: z.string().optional(),
    gpu: z.strictObject({ model: z.string(), driver: z.string(), count: z.int() }).optional(),
    /** Of the control group of this process. */
    limits: z.strictObject({ cores: number.optional(), memory: number.optional() }),
    /** Smallest step of the clock, in seconds. */
    clock: number,
  }),
  quick: z.boolean(),
  seed: z.int(),
  /** Of each time that the comparison was begun or went on. */
  sessions: z.array(
    z.strictObject({
      began: z.iso.datetime(),
      ended: z.iso.datetime(),
      load: z.strictObject({ before: number, after: number }),
      usage: z.strictObject({ wall: seconds, own: seconds, others: seconds }),
    }),
  ),
  runs: z.array(run),
  /** Runs that do not count, and why. */
  failed: z.array(z.strictObject({ round: z.int(), arm: z.string(), environment: z.string(), caches, why: z.string() })),
  /** Arms that cannot be measured in an environment, and what it lacks. */
  unmeasured: z.array(z.strictObject({ arm: z.string(), environment: z.string(), why: z.string() })),
  derived,
  /** SHA-256 of the file's lines before this one: finds a careless change. A deliberate one is found where the record is signed. */
  seal: sha256,
})
export type Record2 = z.infer<typeof record>
/** What was seen, before anything is concluded from it. */
export type Observed = Omit<Record2, 'derived' | 'seal'>
