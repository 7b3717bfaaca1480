import { z } from 'zod'
import * as of from './fields.ts'

/** Where images come from. An image of our own is `registry/prefix/name`, by the digest in the lock, or by `tag` where one is given. */
const images = z.strictObject({
  /** @default the lock's own repositories */
  registry: of.registry.optional(),
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
const shared = {
  about: z.string().optional(),
  /** The most that steps may use together. @default all that there is */
  limits: z.strictObject({ cpu: of.some.optional(), memory: of.memory.optional(), gpu: of.count.optional() }).prefault({}),
  /** Where networks run, unless a parameter says otherwise. It is part of the key of what they compute. */
  device: of.device.optional(),
  /** Threads of networks, unless a parameter says otherwise. */
  threads: of.some.optional(),
  images: images.prefault({}),
  /** Row of benchmarks/prices. */
  price: of.tag.optional(),
}
const local = z.strictObject({ target: z.literal('local'), ...shared })
const container = z.strictObject({
  target: z.literal('container'),
  ...shared,
  /** @default the first of podman, docker and apptainer that is there */
  engine: z.enum(['podman', 'docker', 'apptainer'], 'expected podman, docker or apptainer').optional(),
  /** What steps with `needs.network` get; all others have none. */
  network: z.enum(['bridge', 'host'], 'expected bridge or host').default('bridge'),
})

const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal'], 'expected Exists or Equal').optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], 'expected NoSchedule, PreferNoSchedule or NoExecute').optional(),
  tolerationSeconds: of.count.optional(),
})
const placement = { nodeSelector: of.labels.default({}), tolerations: z.array(toleration).default([]) }
const volume = z
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
const bucket = z.strictObject({
  /** Host and port. */
  endpoint: z
    .string()
    .regex(/^[a-zA-Z0-9][-a-zA-Z0-9.]*(:[0-9]{1,5})?$/, 'expected host and port, such as s3.example.org:9000, without "https://"'),
  name: z
    .string()
    .regex(/^[a-z0-9][-a-z0-9.]{1,61}[a-z0-9]$/, 'expected the name of a bucket: 3 to 63 lower-case letters, digits, "-" and "."'),
  region: z.string().min(1).default('us-east-1'),
  prefix: of.prefix.default('trireme'),
  /** http in place of https. */
  insecure: z.boolean().default(false),
  forcePathStyle: z.boolean().default(true),
  credentials: z
    .strictObject({
      /** The Secret, in the namespace, by which pods get at the bucket. @default the pods' own identity */
      secret: z.strictObject({ name: of.objectName, accessKey: of.secretKey, secretKey: of.secretKey }).optional(),
      /** Names of the variables that hold the client's own keys. */
      client: z
        .strictObject({
          accessKey: of.variable.default('AWS_ACCESS_KEY_ID'),
          secretKey: of.variable.default('AWS_SECRET_ACCESS_KEY'),
          sessionToken: of.variable.default('AWS_SESSION_TOKEN'),
        })
        .prefault({}),
    })
    .prefault({}),
})
/** Nodes with one model of GPU. A step takes the first pool whose GPUs have the memory that it needs. */
const gpuPool = z.strictObject({
  model: z.string().min(1),
  memory: of.memory,
  ...placement,
  /** Nodes that may be taken away at any time, for less money. */
  spot: z.boolean().default(false),
  price: of.tag.optional(),
})
const argo = z.strictObject({
  target: z.literal('argo'),
  ...shared,
  /** Of the kubeconfig, by name: the current one is never taken silently. */
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
  volumes: z.array(volume).default([]),
  /** On every workflow and pod: for the attribution of cost. */
  labels: of.labels.default({}),
  runAs: z.strictObject({ user: of.some, group: of.some }).default({ user: 1000, group: 1000 }),
  hostNetwork: z.boolean().default(false),
  podSecurity: z.enum(['restricted', 'none'], 'expected restricted or none').default('restricted'),
  gpuPools: z.array(gpuPool).default([]),
  /** Longest time of a whole run. */
  deadline: of.duration.optional(),
  /** How long a finished workflow stays. */
  ttl: of.duration.default(of.duration.parse('7d')),
})
export const environment = z.discriminatedUnion('target', [local, container, argo])

type Named<E> = E & { readonly name: string }
export type LocalEnvironment = Named<z.output<typeof local>>
export type ContainerEnvironment = Named<z.output<typeof container>>
export type ArgoEnvironment = Named<z.output<typeof argo>>
/** Where a plan may run: a target and its settings, as data. */
export type Environment = LocalEnvironment | ContainerEnvironment | ArgoEnvironment
export type ImageSettings = Environment['images']
export type Limits = Environment['limits']
export type GpuPool = ArgoEnvironment['gpuPools'][number]
/** What `environments` of a trireme.config.ts holds, by name: `export const environments = { … } satisfies Environments`. */
export type Environments = Readonly<Record<string, z.input<typeof environment>>>
