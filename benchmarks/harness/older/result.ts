import { z } from 'zod'

// Records of format 1, which benchmarks wrote before there were comparisons. They are read, and never written.

const run = z.strictObject({ wall: z.number(), cpu: z.number(), memory: z.number(), others: z.number() })
/** A figure beside its target. */
const row = z.strictObject({
  what: z.string(),
  unit: z.enum(['ratio', 'share', 'AUC', 'MiB', 'bytes', 'seconds', 'ms', 'count', 'differences', 'a second', 'operations a second']),
  value: z.number(),
  /** Interval of 95 %, where the figure is computed from at least six rounds. */
  low: z.number().optional(),
  high: z.number().optional(),
  target: z.strictObject({ least: z.number().optional(), most: z.number().optional() }),
  /** Every value the figure was taken from, where it is computed from trials. */
  all: z.array(z.number()).optional(),
  met: z.boolean(),
})
export type Row = z.infer<typeof row>
/** Everything one benchmark measured: the file that is kept. */
export const result = z.strictObject({
  format: z.literal(1),
  benchmark: z.string(),
  when: z.iso.datetime(),
  version: z.string(),
  quick: z.boolean(),
  seed: z.number(),
  machine: z.strictObject({ cpu: z.string(), cores: z.number(), memory: z.number(), system: z.string() }),
  versions: z.record(z.string(), z.string()),
  /** Load average of a minute as the benchmark began. */
  load: z.number(),
  /** All runs of each arm, in their order. */
  arms: z.record(z.string(), z.array(run)),
  rows: z.array(row),
  /** Facts that are not figures: a digest, a device, why something was not measured. */
  facts: z.record(z.string(), z.string()).optional(),
  /** From beginning to end, preparation included: seconds by the clock; of CPU, by this program and all it waited for, and by other programs. */
  usage: z.strictObject({ wall: z.number(), own: z.number(), others: z.number() }).optional(),
  warnings: z.array(z.string()),
})
export type Result = z.infer<typeof result>
