import type { ArgoEnvironment } from '../settings.ts'
import type { Template, WorkflowSpec } from './manifest-schema.ts'
import { prefixOf, restricted, toleration } from './templates.ts'

/** The settings of an environment as those of a Workflow. */
export function specOf(
  environment: ArgoEnvironment,
  labels: Readonly<Record<string, string>>,
  templates: readonly Template[],
): WorkflowSpec {
  const { artifactRepositoryRef, deadline, ttl, priorityClassName, pullSecrets, nodeSelector, tolerations, runAs } = environment
  const strict = environment.podSecurity === 'restricted'
  return {
    entrypoint: 'main',
    serviceAccountName: environment.serviceAccount,
    // The steps themselves get no token; Argo's own containers get one of the executor's account, see `patch`.
    automountServiceAccountToken: false,
    executor: { serviceAccountName: environment.executorServiceAccount ?? environment.serviceAccount },
    ...(artifactRepositoryRef ? { artifactRepositoryRef } : { templateDefaults: { archiveLocation: bucketOf(environment) } }),
    ...(deadline !== undefined && { activeDeadlineSeconds: Math.ceil(deadline) }),
    ttlStrategy: { secondsAfterCompletion: Math.ceil(ttl) },
    podGC: { strategy: 'OnPodSuccess', deleteDelayDuration: '600s' },
    podMetadata: { labels },
    ...(priorityClassName !== undefined && { podPriorityClassName: priorityClassName }),
    ...(environment.hostNetwork && { hostNetwork: true as const, dnsPolicy: 'ClusterFirstWithHostNet' as const }),
    ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets.map(name => ({ name })) }),
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations: tolerations.map(toleration) }),
    ...(strict && {
      securityContext: {
        runAsNonRoot: true as const,
        runAsUser: runAs.user,
        runAsGroup: runAs.group,
        fsGroup: runAs.group,
        seccompProfile: { type: 'RuntimeDefault' as const },
      },
    }),
    podSpecPatch: JSON.stringify(patch(strict)),
    templates: [...templates],
  }
}
/** The bucket, where the cluster has no artifact repository of its own for it; secrets by name only. */
function bucketOf(environment: ArgoEnvironment) {
  const { bucket } = environment
  const { secret } = bucket.credentials
  return {
    archiveLogs: false as const,
    s3: {
      endpoint: bucket.endpoint,
      bucket: bucket.name,
      // Argo ignores a location without a key, and silently uses the controller's own repository in its place. Nothing is written
      // there: every artifact has a key of its own, and logs are not archived.
      key: `${prefixOf(environment)}logs/{{workflow.name}}/{{pod.name}}`,
      region: bucket.region,
      insecure: bucket.insecure,
      ...(secret
        ? { accessKeySecret: { name: secret.name, key: secret.accessKey }, secretKeySecret: { name: secret.name, key: secret.secretKey } }
        : { useSDKCreds: true as const }),
    },
  }
}
/** What they need to carry files of any size: the S3 client uploads in parts of some tens of MiB. */
const ofArgo = { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '512Mi' } }
/**
 * Argo's own containers: they get what Pod Security `restricted` asks for, which the pod's settings alone do not give them, and a short-lived
 * token in place of the secret that Argo expects and clusters of today do not make.
 */
const patch = (strict: boolean) => {
  const security = strict && { securityContext: restricted }
  return {
    volumes: [
      {
        name: 'exec-sa-token',
        secret: null,
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token', expirationSeconds: 86400 } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
          ],
        },
      },
    ],
    initContainers: [{ name: 'init', resources: ofArgo, ...security }],
    containers: [{ name: 'wait', resources: ofArgo, ...security }],
  }
}
