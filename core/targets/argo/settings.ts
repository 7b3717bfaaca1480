import { z } from 'zod'
import { bucket } from '../../bucket/settings.ts'
import * as of from '../../environment/fields.ts'
import { shared, type WithName } from '../../environment/settings.ts'
import { gpuPool, placement, volumeSettings } from '../../pods/settings.ts'

export const settings = z.strictObject({
  target: z.literal('argo'),
  ...shared,
  /** A context of the kubeconfig, by name: the current one is never used silently. */
  context: z.string().min(1),
  /** @default KUBECONFIG, else ~/.kube/config */
  kubeconfig: of.path.optional(),
  namespace: of.objectName,
  serviceAccount: of.objectName.default('pipeline'),
  executorServiceAccount: of.objectName.optional(),
  bucket,
  /** Where the cluster's own artifact repository is configured, for logs. */
  artifactRepositoryRef: z.strictObject({ configMap: of.objectName, key: z.string().min(1) }).optional(),
  pullSecrets: z.array(of.objectName).default([]),
  priorityClassName: of.objectName.optional(),
  ...placement,
  volumes: z.array(volumeSettings).default([]),
  /** On every workflow and pod: for the attribution of cost. */
  labels: of.labelMap.default({}),
  runAs: z.strictObject({ user: of.some, group: of.some }).default({ user: 1000, group: 1000 }),
  /**
   * Bytes on its node's disk that a pod may write, its inputs among them: a pod that exceeds `limit` is ended. `request` is reserved on the node,
   * nothing where it is left out: a node that does not tell its disk would take no pod at all. A step's own `needs.disk` comes first.
   */
  disk: z
    .strictObject({
      request: of.memorySize.optional(),
      limit: of.memorySize.default(of.memorySize.parse('200GiB')),
    })
    .refine(({ request, limit }) => request === undefined || request <= limit, 'expected a request that is no more than the limit')
    .prefault({}),
  hostNetwork: z.boolean().default(false),
  podSecurity: z.enum(['restricted', 'none'], 'expected restricted or none').default('restricted'),
  gpuPools: z.array(gpuPool).default([]),
  /** Longest time of a whole run. */
  deadline: of.duration.optional(),
  /** How long a finished workflow stays. */
  ttl: of.duration.default(of.duration.parse('7d')),
})
export type ArgoSettings = z.output<typeof settings>
export type ArgoEnvironment = WithName<ArgoSettings>
