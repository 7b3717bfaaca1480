import { z } from 'zod'
import * as of from '../environment/fields.ts'

const tolerationSettings = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal'], 'expected Exists or Equal').optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], 'expected NoSchedule, PreferNoSchedule or NoExecute').optional(),
  tolerationSeconds: of.countField.optional(),
})
/** Which nodes a pod may be on. */
export const placement = { nodeSelector: of.labelMap.default({}), tolerations: z.array(tolerationSettings).default([]) }
/** What is mounted into every pod. */
export const volumeSettings = z
  .strictObject({
    name: of.objectName,
    mountPath: of.absolutePath,
    readOnly: z.boolean().default(true),
    claim: of.objectName.optional(),
    configMap: of.objectName.optional(),
    secret: of.objectName.optional(),
  })
  .refine(
    ({ claim, configMap, secret }) => [claim, configMap, secret].filter(Boolean).length === 1,
    'expected exactly one of claim, configMap and secret, with the name of the object',
  )
/** Nodes with one model of GPU. A step takes the first pool whose GPUs have the memory that it needs. */
export const gpuPool = z.strictObject({
  model: z.string().min(1),
  memory: of.memorySize,
  ...placement,
  /** Nodes that may be taken away at any time, for less money. */
  spot: z.boolean().default(false),
  price: of.tag.optional(),
})
export type GpuPool = z.output<typeof gpuPool>
