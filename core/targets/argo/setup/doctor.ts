import { TriremeError } from '../../../errors.ts'
import { Cluster, type Resource } from '../../../kubernetes/client.ts'
import type { Finding } from '../../target.ts'
import type { ArgoEnvironment } from '../settings.ts'
import { bucketOfPods, bucketWorks } from './bucket-checks.ts'
import { bad, type ClusterCheck, type ExaminedCluster, lookAt, ok, unknown } from './checks.ts'
import { kubectl, setupCommand, userRights } from './setup.ts'

/** Looks at all that a run in the environment needs. Nothing is changed, but for one small object in the bucket that is written, read and removed. */
export async function* examineCluster(environment: ArgoEnvironment): AsyncGenerator<Finding> {
  const { context, kubeconfig, namespace, name } = environment
  let cluster: Cluster | undefined
  try {
    cluster = await Cluster.open({ context, namespace, environment: name, ...(kubeconfig !== undefined && { kubeconfig }) })
  } catch (cause) {
    yield bad('cluster', 'an API server', faultMessage(cause), 'see above: without the cluster nothing else of it can be looked at')
  }
  if (cluster) for (const check of checks) yield* await findingsOf(check, { cluster, environment })
  yield* await bucketWorks(environment)
}
async function findingsOf(check: ClusterCheck, patient: ExaminedCluster): Promise<readonly Finding[]> {
  try {
    return await check(patient)
  } catch (cause) {
    if (!(cause instanceof TriremeError)) throw cause
    return [bad('cluster', 'an answer', cause.message, 'see there')]
  }
}

const faultMessage = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
const apiServer: ClusterCheck = async ({ cluster, environment }) => {
  const { text, date } = await cluster.ask('GET', '/version')
  const version = String(JSON.parse(text).gitVersion)
  const skew = date === undefined ? 0 : Math.abs(Date.now() - Date.parse(date)) / 1000
  const clock = 'within 60 s of the cluster'
  return [
    ok('cluster', `context ${environment.context}`, `Kubernetes ${version}`),
    skew > 60
      ? bad('clock', clock, `off by ${Math.round(skew)} s`, 'set this machine’s clock right: timedatectl set-ntp true')
      : ok('clock', clock, `off by ${Math.round(skew)} s`),
  ]
}
const namespaceThere: ClusterCheck = async ({ cluster, environment: { namespace, context } }) => {
  const found = await lookAt(cluster, `/api/v1/namespaces/${namespace}`)
  const needed = `namespace ${namespace}`
  const mend = `correct "namespace" of the environment, or make it: ${kubectl(context)} create namespace ${namespace}`
  if (found === 'missing') return [bad('namespace', needed, 'missing', mend)]
  return [found === 'hidden' ? unknown('namespace', needed, 'you may not look') : ok('namespace', needed, 'there')]
}
interface Discovery extends Resource {
  readonly resources?: readonly { readonly name: string }[]
}
const definitions: ClusterCheck = async ({ cluster }) => {
  const needed = 'workflows, workflowtaskresults'
  const found = await lookAt<Discovery>(cluster, '/apis/argoproj.io/v1alpha1')
  const names = typeof found === 'string' ? [] : (found.resources ?? []).map(({ name }) => name)
  const missing = ['workflows', 'workflowtaskresults'].filter(name => !names.includes(name))
  if (missing.length === 0) return [ok('Argo CRDs', needed, 'there')]
  return [bad('Argo CRDs', needed, `no ${missing.join(', ')}`, 'install Argo Workflows 4.0.2 or later, or 3.7.11, with its full CRDs')]
}
interface Deployments extends Resource {
  readonly items?: readonly (Resource & {
    readonly spec?: { readonly template?: { readonly spec?: { readonly containers?: readonly PodContainer[] } } }
    readonly status?: { readonly readyReplicas?: number }
  })[]
}
interface PodContainer {
  readonly image?: string
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
}
interface Pods extends Resource {
  readonly items?: readonly Resource[]
}
/** By its Deployment where that can be seen, else by what its executor wrote into the log of a pod. */
const controller: ClusterCheck = async ({ cluster, environment: { namespace } }) => {
  const needed = '≥ 4.0.2 or ≥ 3.7.11'
  const requeue = 'DEFAULT_REQUEUE_TIME of 1s to 2s'
  for (const place of new Set([namespace, 'argo'])) {
    const found = await lookAt<Deployments>(cluster, `/apis/apps/v1/namespaces/${place}/deployments`)
    const own =
      typeof found === 'string' ? undefined : found.items?.find(({ metadata }) => /workflow-controller/.test(metadata?.name ?? ''))
    const [container] = own?.spec?.template?.spec?.containers ?? []
    if (!own || !container) continue
    const version = /:v?(\d+\.\d+\.\d+)/.exec(container.image ?? '')?.[1]
    const time = container.env?.find(({ name }) => name === 'DEFAULT_REQUEUE_TIME')?.value
    return [
      version === undefined ? unknown('Argo', needed, `${container.image}`) : versionFinding(version, needed),
      ...((own.status?.readyReplicas ?? 0) > 0
        ? []
        : [bad('Argo controller', 'running', 'no replica is ready', `kubectl -n ${place} get pods`)]),
      slow(time)
        ? {
            ...unknown('requeue time', requeue, time ?? '10s, its default'),
            mend: `every level of a pipeline costs that much: kubectl -n ${place} set env deployment/${own.metadata?.name} DEFAULT_REQUEUE_TIME=2s`,
          }
        : ok('requeue time', requeue, time ?? ''),
    ]
  }
  const pods = await lookAt<Pods>(cluster, cluster.path('pods'), { labelSelector: 'workflows.argoproj.io/workflow', limit: '5' })
  for (const pod of typeof pods === 'string' ? [] : (pods.items ?? [])) {
    const log = await cluster.log(pod.metadata?.name ?? '', undefined, 'wait', 200)
    const version = /version=v?(\d+\.\d+\.\d+)/.exec(log ?? '')?.[1]
    if (version !== undefined) return [versionFinding(version, needed), unknown('requeue time', requeue, 'its Deployment cannot be seen')]
  }
  return [
    unknown('Argo', needed, 'its Deployment cannot be seen, and there is no pod of it: "trireme doctor --trial" starts one'),
    unknown('requeue time', requeue, 'its Deployment cannot be seen'),
  ]
}
/** 4.0.2 and 3.7.11 are the first that mend what lets one user's workflow read another's secrets through templates. */
export function versionFinding(version: string, needed: string): Finding {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const fits = major > 4 || (major === 4 && (minor > 0 || patch >= 2)) || (major === 3 && (minor > 7 || (minor === 7 && patch >= 11)))
  return fits ? ok('Argo', needed, version) : bad('Argo', needed, version, 'have Argo Workflows brought up to date')
}
const slow = (time: string | undefined) => {
  const [, figure = '10', unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(time ?? '10s') ?? []
  return Number(figure) * (unit === 'ms' ? 0.001 : unit === 'm' ? 60 : 1) > 2
}
const rights: ClusterCheck = async ({ cluster, environment: { name } }) => {
  const asked = userRights.flatMap(right => right.verbs.map(verb => ({ ...right, verb })))
  const answers = await Promise.all(asked.map(({ verb, group, resource, subresource }) => cluster.may(verb, group, resource, subresource)))
  const refused = asked.filter((_, n) => !answers[n])
  const lacking = refused.map(
    ({ verb, resource, subresource }) => `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`,
  )
  const needed = 'submit and follow workflows'
  const mend = `have the Role of "trireme cluster-setup --on ${name}" bound to you`
  if (lacking.length === 0) return [ok('your rights', needed, 'all there')]
  const may = `may not: ${lacking.join(', ')}`
  if (refused.every(({ optional }) => optional !== undefined))
    return [{ ...unknown('your rights', needed, may), mend: `${refused.map(({ optional }) => optional).join('; ')}: ${mend}` }]
  return [bad('your rights', needed, may, mend)]
}
interface Secret extends Resource {
  readonly data?: Readonly<Record<string, string>>
}
const objects: ClusterCheck = async ({ cluster, environment }) => {
  const { serviceAccount, executorServiceAccount, pullSecrets, priorityClassName, bucket, namespace, name, context } = environment
  const { secret } = bucket.credentials
  const core = `/api/v1/namespaces/${namespace}`
  const create = `${kubectl(context)} -n ${namespace} create secret`
  const accounts = [...new Set([serviceAccount, executorServiceAccount ?? serviceAccount])].map(account => ({
    name: 'service account',
    needed: account,
    path: `${core}/serviceaccounts/${account}`,
    mend: `correct "serviceAccount" of the environment, or make it: ${setupCommand(name, context)}`,
  }))
  const keys = secret && {
    name: 'bucket key of pods',
    needed: `secret ${secret.name}`,
    path: `${core}/secrets/${secret.name}`,
    mend: `correct bucket.credentials.secret of the environment, or make it: ${create} generic ${secret.name} --from-literal=${secret.accessKey}=… --from-literal=${secret.secretKey}=…`,
    holds: [secret.accessKey, secret.secretKey],
  }
  const pulls = pullSecrets.map(pull => ({
    name: 'pull secret',
    needed: `secret ${pull}`,
    path: `${core}/secrets/${pull}`,
    mend: `correct "pullSecrets" of the environment, or make it: ${create} docker-registry ${pull} --docker-server=… --docker-username=… --docker-password=…`,
  }))
  const priority = priorityClassName !== undefined && {
    name: 'priority class',
    needed: priorityClassName,
    path: `/apis/scheduling.k8s.io/v1/priorityclasses/${priorityClassName}`,
    mend: 'have it made, or take priorityClassName out of the environment',
  }
  const wanted: readonly (NeededObject | false | undefined)[] = [...accounts, keys, ...pulls, priority]
  return Promise.all(wanted.flatMap(each => (each ? [found(cluster, each)] : [])))
}
interface NeededObject {
  readonly name: string
  readonly needed: string
  readonly path: string
  readonly mend: string
  /** Fields that its data must have. */
  readonly holds?: readonly string[]
}
async function found(cluster: Cluster, { name, needed, path, mend, holds = [] }: NeededObject): Promise<Finding> {
  const object = await lookAt<Secret>(cluster, path)
  if (object === 'missing') return bad(name, needed, 'missing', mend)
  if (object === 'hidden') return unknown(name, needed, 'you may not look')
  const { data = {} } = object
  const lacking = holds.filter(key => !(key in data))
  if (lacking.length === 0) return ok(name, needed, 'there')
  return bad(name, needed, `it has no ${lacking.join(', no ')}; it has ${Object.keys(data).join(', ') || 'nothing'}`, mend)
}
interface Nodes extends Resource {
  readonly items?: readonly (Resource & { readonly status?: { readonly allocatable?: Readonly<Record<string, string>> } })[]
}
const gpus: ClusterCheck = async ({ cluster, environment: { gpuPools, nodeSelector } }) =>
  Promise.all(
    gpuPools.map(async ({ model, nodeSelector: own }) => {
      const selector = Object.entries({ ...nodeSelector, ...own }).map(([name, value]) => `${name}=${value}`)
      const found = await lookAt<Nodes>(cluster, '/api/v1/nodes', { labelSelector: selector.join(',') })
      const needed = `nodes with ${model}`
      if (typeof found === 'string') return unknown('GPU nodes', needed, 'you may not look at nodes')
      const count = (found.items ?? []).reduce((sum, { status }) => sum + Number(status?.allocatable?.['nvidia.com/gpu'] ?? 0), 0)
      if (count > 0) return ok('GPU nodes', needed, `${count} GPUs on ${found.items?.length} nodes`)
      return {
        ...unknown('GPU nodes', needed, `no GPU on ${found.items?.length ?? 0} nodes of ${selector.join(',') || 'any label'}`),
        mend: 'a pool that grows from nothing is all right; otherwise check its labels, and that the device plugin runs',
      }
    }),
  )
const checks: readonly ClusterCheck[] = [apiServer, namespaceThere, definitions, controller, rights, objects, bucketOfPods, gpus]
