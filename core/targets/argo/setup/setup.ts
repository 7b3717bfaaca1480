import { stringify } from 'yaml'
import { quoted } from '../../../vocabulary/command.ts'
import type { Subject } from '../../target.ts'
import { visible } from '../compile/yaml.ts'
import type { ArgoEnvironment } from '../settings.ts'

export interface Right {
  readonly group: '' | 'argoproj.io'
  readonly resource: string
  readonly subresource?: string
  readonly verbs: readonly string[]
  /** What goes without it only tells less: for what it serves. */
  readonly optional?: string
}
/** The rights of users who submit runs, and nothing more. */
export const userRights: readonly Right[] = [
  { group: 'argoproj.io', resource: 'workflows', verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'] },
  { group: '', resource: 'pods', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'pods', subresource: 'log', verbs: ['get'] },
  { group: '', resource: 'events', verbs: ['list'], optional: 'without it a run cannot say why a pod does not start' },
]
/** The rights of Argo's own containers in a pod: to report the outcome. The step's container has no token at all. */
export const executorRights: readonly Right[] = [{ group: 'argoproj.io', resource: 'workflowtaskresults', verbs: ['create', 'patch'] }]

const setupMetadata = (name: string, { namespace, labels }: ArgoEnvironment) => ({
  name,
  namespace,
  labels: { ...labels, 'app.kubernetes.io/managed-by': 'trireme' },
})
const role = (name: string, rights: readonly Right[], at: ArgoEnvironment) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: setupMetadata(name, at),
  rules: rights.map(({ group, resource, subresource, verbs }) => ({
    apiGroups: [group],
    resources: [subresource === undefined ? resource : `${resource}/${subresource}`],
    verbs: [...verbs],
  })),
})
const binding = (name: string, subjects: readonly object[], at: ArgoEnvironment) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: setupMetadata(name, at),
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
  subjects: [...subjects],
})
/** The objects that a namespace needs, once, for the runs of an environment. */
export function setupObjects(environment: ArgoEnvironment, subjects: readonly Subject[]): readonly object[] {
  const { namespace, serviceAccount, executorServiceAccount = serviceAccount } = environment
  const accounts = [...new Set([serviceAccount, executorServiceAccount])]
  return [
    ...accounts.map(name => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: setupMetadata(name, environment),
      automountServiceAccountToken: false,
      ...(environment.pullSecrets.length > 0 && { imagePullSecrets: environment.pullSecrets.map(name => ({ name })) }),
    })),
    role('trireme-executor', executorRights, environment),
    binding(
      'trireme-executor',
      accounts.map(name => ({ kind: 'ServiceAccount', name, namespace })),
      environment,
    ),
    role('trireme-user', userRights, environment),
    binding(
      'trireme-user',
      subjects.map(subject => ({ apiGroup: 'rbac.authorization.k8s.io', ...subject })),
      environment,
    ),
    ...repository(environment),
  ]
}
/** Where the environment refers to an artifact repository by name: the same bucket, for the cluster's own tools. */
function repository(environment: ArgoEnvironment): readonly object[] {
  const { artifactRepositoryRef: ref, bucket } = environment
  if (!ref) return []
  const { secret } = bucket.credentials
  const s3 = {
    endpoint: bucket.endpoint,
    insecure: bucket.insecure,
    bucket: bucket.name,
    region: bucket.region,
    ...(secret
      ? { accessKeySecret: { name: secret.name, key: secret.accessKey }, secretKeySecret: { name: secret.name, key: secret.secretKey } }
      : { useSDKCreds: true }),
  }
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        ...setupMetadata(ref.configMap, environment),
        annotations: { 'workflows.argoproj.io/default-artifact-repository': ref.key },
      },
      data: { [ref.key]: stringify({ s3 }) },
    },
  ]
}
export const kubectl = (context: string) => `kubectl --context ${quoted(context)}`
/** How the objects of an environment are made. @param subjects who may submit runs, where the command named any */
export const setupCommand = (environment: string, context: string, subjects: readonly Subject[] = []) =>
  [
    `trireme cluster-setup --on ${environment}`,
    ...subjects.map(({ kind, name }) => `${kind === 'User' ? '--user' : '--group'} ${quoted(name)}`),
    `| ${kubectl(context)} apply -f -`,
  ].join(' ')
/** YAML to read, and then to apply. What holds a secret, or is not in this namespace, is described in a comment. */
export function setupText(environment: ArgoEnvironment, subjects: readonly Subject[]): string {
  const { name, context, namespace, bucket, pullSecrets } = environment
  const { secret } = bucket.credentials
  const command = kubectl(context)
  const comments = [
    `What the namespace ${namespace} needs for runs of the environment "${name}": least rights, and nothing of the whole cluster.`,
    'Read it, then apply it:',
    `  ${setupCommand(name, context, subjects)}`,
    '',
    ...(secret
      ? [
          'The key by which pods get at the bucket is no part of this. Make it by hand, once:',
          `  ${command} -n ${namespace} create secret generic ${secret.name} --from-literal=${secret.accessKey}=… --from-literal=${secret.secretKey}=…`,
          '',
        ]
      : ['Pods get at the bucket by an identity of their own (a role bound to their service account), which the cloud grants.', '']),
    ...pullSecrets.flatMap(secret => [
      'Images are pulled with a secret, made by hand, once:',
      `  ${command} -n ${namespace} create secret docker-registry ${secret} --docker-server=… --docker-username=… --docker-password=…`,
      '',
    ]),
    'Each level of a pipeline costs one round of the controller: 10 s, unless it is set otherwise. 1 to 2 s is better for runs of many',
    'short steps; where the controller runs, its administrator sets:',
    '  kubectl -n argo set env deployment/workflow-controller DEFAULT_REQUEUE_TIME=2s',
    '',
    `"trireme doctor --on ${name}" then looks whether all is as it should be.`,
  ]
  const objects = setupObjects(environment, subjects).map(object => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 }))
  return `${comments.map(line => `# ${visible(line)}`.trimEnd()).join('\n')}\n---\n${objects.join('---\n')}`
}
