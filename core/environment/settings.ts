import { z } from 'zod'
import * as of from './fields.ts'

/** Where images come from. An image of our own is `registry/prefix/name`, by the digest in the lock, or by `tag` where one is given. */
const imageSettings = z.strictObject({
  /** @default the lock's own repositories */
  registry: of.registryAddress.optional(),
  prefix: of.prefix.default('trireme'),
  /** For images that were built here and not pushed: no digest is looked up. */
  tag: of.tag.optional(),
  /** The file that `trireme images` writes when it pushes. @default images.lock of the working directory, else that of the package */
  lock: of.path.optional(),
  pullPolicy: z.enum(['IfNotPresent', 'Always', 'Never'], 'expected IfNotPresent, Always or Never').default('IfNotPresent'),
  /** Other images in place of ours, by the name that steps use: `training: training-cuda`, or one of BioContainers. */
  swap: z
    .record(
      z.string(),
      z.preprocess(
        given => (typeof given === 'string' ? { reference: given } : given),
        z.strictObject({
          reference: of.reference,
          /** Versions of the tools in it, as their version commands print them. @default read once by these commands, in the image */
          versions: z.record(z.string(), z.string()).optional(),
        }),
      ),
    )
    .default({}),
})
/** Of every environment, to be spread into the settings of a target: `z.strictObject({ target: z.literal('local'), ...shared })`. */
export const shared = {
  about: z.string().optional(),
  /** The most that steps may use together. @default all that there is */
  limits: z.strictObject({ cpu: of.some.optional(), memory: of.memorySize.optional(), gpu: of.countField.optional() }).prefault({}),
  /** Where networks run, unless a parameter says otherwise. It is part of the key of what they compute. */
  device: of.device.optional(),
  /** Threads of networks, unless a parameter says otherwise. */
  threads: of.some.optional(),
  images: imageSettings.prefault({}),
  /** Row of benchmarks/prices. */
  price: of.tag.optional(),
}

/** Settings of an environment, as read: what all targets share. Each target has its own in addition. */
export interface Settings extends z.output<z.ZodObject<typeof shared>> {
  readonly target: string
}
export type WithName<S> = S & { readonly name: string }
/** Where a plan may run: a target and its settings, as data. */
export type Environment = WithName<Settings>
export type ImageSettings = Settings['images']
export type Limits = Settings['limits']
