import { z } from 'zod'
import type { Event } from '../../core/events.ts'

const usage = z.object({ user: z.number(), system: z.number(), peakMemory: z.number() })
const ofStep = { at: z.iso.datetime(), step: z.string() }
const ofKey = { ...ofStep, key: z.string().regex(/^[0-9a-f]{64}$/) }
const grant = { cpu: z.number(), memory: z.number() }
const ofRun = { at: z.iso.datetime(), run: z.string() }

/** A line of `events.jsonl` as it is read back. */
export const eventSchema: z.ZodType<Event> = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('run-started'),
    ...ofRun,
    plan: z.string(),
    steps: z.int(),
    lists: z.literal(true).exactOptional(),
    ...grant,
  }),
  z.object({ event: z.literal('planned'), ...ofKey, name: z.string(), ...grant, gpu: z.number().exactOptional() }),
  z.object({ event: z.literal('cached'), ...ofKey }),
  z.object({ event: z.literal('damaged'), ...ofKey, reason: z.string() }),
  z.object({
    event: z.literal('started'),
    ...ofKey,
    attempt: z.int(),
    ...grant,
    group: z.string().exactOptional(),
    pool: z.int().exactOptional(),
  }),
  z.object({ event: z.literal('progress'), ...ofStep, text: z.string(), share: z.number().exactOptional() }),
  z.object({ event: z.literal('retried'), ...ofStep, attempt: z.int(), reason: z.string() }),
  z.object({
    event: z.literal('succeeded'),
    ...ofKey,
    seconds: z.number(),
    usage: usage.exactOptional(),
    began: z.string().exactOptional(),
  }),
  z.object({
    event: z.literal('failed'),
    ...ofKey,
    message: z.string(),
    folder: z.string().exactOptional(),
    cancelled: z.literal(true).exactOptional(),
  }),
  z.object({ event: z.literal('skipped'), ...ofKey, reason: z.string() }),
  z.object({
    event: z.literal('run-ended'),
    ...ofRun,
    state: z.enum(['succeeded', 'failed', 'cancelled']),
    seconds: z.number(),
    message: z.string().exactOptional(),
  }),
])
