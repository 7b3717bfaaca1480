import { z } from 'zod'

// Exactly the fields of Argo Workflows that the compiler emits, and no other. A cluster that does not validate strictly accepts unknown fields
// silently, so a misspelt one would have no effect.

/** Kubernetes' names: a DNS label. */
const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
/** Argo's names of templates, tasks, parameters and artifacts, with the 128 characters of its CRD. */
const name = z.string().regex(/^[a-zA-Z0-9][-a-zA-Z0-9]{0,127}$/)
const labelsSchema = z.record(z.string(), z.string().regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/))
const key = z
  .string()
  .min(1)
  .regex(/^[^\s{}]*(\{\{(inputs\.parameters\.[a-z0-9]+|workflow\.name|retries)\}\}[^\s{}]*)*$/)
const absolutePathSchema = z.string().regex(/^\/[^\s]*$/)
const quantity = z.string().regex(/^[0-9]+(m|Mi|Gi)?$/)
const noArchive = z.strictObject({ none: z.strictObject({}) })

const artifact = z.strictObject({
  name,
  path: absolutePathSchema,
  optional: z.literal(true).optional(),
  archive: noArchive,
  s3: z.strictObject({ key }),
})
const parameter = z.strictObject({ name, value: z.string().optional() })
const outputSchema = z.strictObject({ name, valueFrom: z.strictObject({ path: absolutePathSchema, default: z.string() }) })

export const dagTask = z.strictObject({
  name,
  template: name,
  dependencies: z.array(name).min(1).optional(),
  withParam: z
    .string()
    .regex(/^\{\{tasks\.[-a-zA-Z0-9]+\.outputs\.parameters\.[-a-zA-Z0-9]+\}\}$/)
    .optional(),
  arguments: z.strictObject({ parameters: z.array(z.strictObject({ name, value: z.string() })).min(1) }).optional(),
})
export type DagTask = z.infer<typeof dagTask>

const capabilities = z.strictObject({ drop: z.array(z.literal('ALL')) })
const containerSecurity = z.strictObject({
  allowPrivilegeEscalation: z.literal(false),
  readOnlyRootFilesystem: z.literal(true),
  runAsNonRoot: z.literal(true),
  capabilities,
})
const amounts = z.strictObject({
  cpu: quantity,
  memory: quantity,
  'ephemeral-storage': quantity,
  'nvidia.com/gpu': z
    .string()
    .regex(/^[0-9]+$/)
    .optional(),
})
const mount = z.strictObject({ name: label, mountPath: absolutePathSchema, readOnly: z.boolean().optional() })
const volumeSchema = z.strictObject({
  name: label,
  emptyDir: z.strictObject({ sizeLimit: quantity }).optional(),
  persistentVolumeClaim: z.strictObject({ claimName: z.string(), readOnly: z.boolean().optional() }).optional(),
  configMap: z.strictObject({ name: z.string() }).optional(),
  secret: z.strictObject({ secretName: z.string() }).optional(),
})
const tolerationSchema = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.number().optional(),
})
const podTemplate = z.strictObject({
  name,
  inputs: z.strictObject({ parameters: z.array(parameter).max(500), artifacts: z.array(artifact) }),
  outputs: z.strictObject({ parameters: z.array(outputSchema).optional(), artifacts: z.array(artifact) }),
  activeDeadlineSeconds: z.number().int().positive().optional(),
  nodeSelector: z.record(z.string(), z.string()).optional(),
  tolerations: z.array(tolerationSchema).optional(),
  volumes: z.array(volumeSchema),
  container: z.strictObject({
    image: z.string().min(1),
    imagePullPolicy: z.enum(['IfNotPresent', 'Always', 'Never']).optional(),
    workingDir: absolutePathSchema,
    command: z.array(z.string()).min(1),
    env: z.array(z.strictObject({ name: z.string().regex(/^[A-Z][A-Za-z0-9_]*$/), value: z.string() })),
    volumeMounts: z.array(mount),
    securityContext: containerSecurity.optional(),
    resources: z.strictObject({ requests: amounts, limits: amounts }),
  }),
  podSpecPatch: z.string().optional(),
  retryStrategy: z.strictObject({
    limit: z.string().regex(/^[0-9]+$/),
    retryPolicy: z.literal('Always'),
    expression: z.string(),
  }),
})
export type PodTemplate = z.infer<typeof podTemplate>
const dagTemplate = z.strictObject({
  name,
  inputs: z.strictObject({ parameters: z.array(parameter).max(500) }).optional(),
  dag: z.strictObject({ tasks: z.array(dagTask).max(200) }),
})
export type DagTemplate = z.infer<typeof dagTemplate>
export type Template = PodTemplate | DagTemplate

const secretKeySchema = z.strictObject({ name: z.string(), key: z.string() })
/** All fields are required: otherwise Argo uses the controller's own repository. */
const location = z.strictObject({
  archiveLogs: z.literal(false),
  s3: z
    .strictObject({
      endpoint: z.string().min(1),
      bucket: z.string().min(1),
      key: z.string().regex(/^([^\s{}]+\/)?logs\/\{\{workflow\.name\}\}\/\{\{pod\.name\}\}$/),
      region: z.string().min(1),
      insecure: z.boolean(),
      accessKeySecret: secretKeySchema.optional(),
      secretKeySecret: secretKeySchema.optional(),
      useSDKCreds: z.literal(true).optional(),
    })
    .refine(
      ({ accessKeySecret, secretKeySecret, useSDKCreds = false }) =>
        (accessKeySecret !== undefined) !== useSDKCreds && (secretKeySecret !== undefined) !== useSDKCreds,
      'expected both secrets, or the identity of the pod',
    ),
})
const settingsSchema = z.strictObject({
  entrypoint: name,
  serviceAccountName: z.string(),
  automountServiceAccountToken: z.literal(false),
  executor: z.strictObject({ serviceAccountName: z.string() }),
  artifactRepositoryRef: z.strictObject({ configMap: z.string(), key: z.string() }).optional(),
  templateDefaults: z.strictObject({ archiveLocation: location }).optional(),
  activeDeadlineSeconds: z.number().int().positive().optional(),
  ttlStrategy: z.strictObject({ secondsAfterCompletion: z.number().int().positive() }),
  podGC: z.strictObject({ strategy: z.literal('OnPodSuccess'), deleteDelayDuration: z.string() }),
  podMetadata: z.strictObject({ labels: labelsSchema }),
  podPriorityClassName: z.string().optional(),
  hostNetwork: z.literal(true).optional(),
  dnsPolicy: z.literal('ClusterFirstWithHostNet').optional(),
  imagePullSecrets: z.array(z.strictObject({ name: z.string() })).optional(),
  nodeSelector: z.record(z.string(), z.string()).optional(),
  tolerations: z.array(tolerationSchema).optional(),
  securityContext: z
    .strictObject({
      runAsNonRoot: z.literal(true),
      runAsUser: z.number(),
      runAsGroup: z.number(),
      fsGroup: z.number(),
      seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
    })
    .optional(),
  podSpecPatch: z.string(),
  templates: z
    .array(z.union([podTemplate, dagTemplate]))
    .min(1)
    .max(200),
})
const spec = settingsSchema.refine(
  ({ artifactRepositoryRef, templateDefaults }) => (artifactRepositoryRef === undefined) !== (templateDefaults === undefined),
  'expected a bucket, or an artifact repository of the cluster by name',
)
/** Said of images that are named by a tag, for whoever reads or admits a manifest. */
export const imagesAnnotation = 'trireme/images'
const annotationsSchema = z.strictObject({ [imagesAnnotation]: z.literal('by tag: pin before you submit') })
const metadata = { namespace: label, labels: labelsSchema, annotations: annotationsSchema.exactOptional() }
export const workflow = z.strictObject({
  apiVersion: z.literal('argoproj.io/v1alpha1'),
  kind: z.literal('Workflow'),
  metadata: z.strictObject({ generateName: z.string().regex(/^[a-z0-9][-a-z0-9]{0,40}-$/), ...metadata }),
  spec,
})
/** A Workflow, with the fields that the compiler writes. */
export type Workflow = z.infer<typeof workflow>
export type WorkflowSpec = Workflow['spec']
export const workflowTemplate = z.strictObject({
  apiVersion: z.literal('argoproj.io/v1alpha1'),
  kind: z.literal('WorkflowTemplate'),
  metadata: z.strictObject({ name: label, ...metadata }),
  spec,
})
export type WorkflowTemplate = z.infer<typeof workflowTemplate>
/** What starts a WorkflowTemplate. */
export const thinWorkflow = z.strictObject({
  apiVersion: z.literal('argoproj.io/v1alpha1'),
  kind: z.literal('Workflow'),
  metadata: z.strictObject({ generateName: z.string().regex(/^[a-z0-9][-a-z0-9]{0,40}-$/), ...metadata }),
  spec: z.strictObject({ workflowTemplateRef: z.strictObject({ name: label }) }),
})
export type ThinWorkflow = z.infer<typeof thinWorkflow>
