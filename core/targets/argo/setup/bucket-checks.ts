import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import { S3Bucket } from '../../../bucket/client.ts'
import { TriremeError } from '../../../errors.ts'
import type { Cluster, Resource } from '../../../kubernetes/client.ts'
import type { Finding } from '../../target.ts'
import type { WorkflowSpec } from '../compile/manifest-schema.ts'
import { specOf } from '../compile/workflow-spec.ts'
import type { ArgoEnvironment } from '../settings.ts'
import { bad, type ClusterCheck, lookAt, ok, unknown } from './checks.ts'
import { setupCommand } from './setup.ts'

/**
 * Whether pods will read and write in the environment's bucket: Argo silently uses the controller's own repository where a Workflow does not
 * name another completely.
 */
export const bucketOfPods: ClusterCheck = async ({ cluster, environment }) => [
  environment.artifactRepositoryRef
    ? await repositoryNames(cluster, environment, environment.artifactRepositoryRef)
    : await workflowNames(cluster, environment),
]
const podsBucket = 'bucket of pods'
/** A Workflow is sent as a dry run, so that the cluster's policies and CRDs are applied to it. */
async function workflowNames(cluster: Cluster, environment: ArgoEnvironment): Promise<Finding> {
  const { bucket, namespace, labels } = environment
  const needed = `${bucket.name}, by the workflow`
  const metadata = { name: `doctor-${randomBytes(8).toString('hex')}`, namespace, labels }
  const spec = specOf(environment, labels, [{ name: 'main', dag: { tasks: [{ name: 'main', template: 'main' }] } }]) // Argo's CRD wants a task
  const body = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata, spec }
  try {
    const query = { dryRun: 'All' }
    const { status, text } = await cluster.ask('POST', cluster.path('workflows'), { body, query, accept: [404], patience: 5_000 })
    if (status === 404) return unknown(podsBucket, needed, 'the cluster has no workflows')
    const returned: unknown = JSON.parse(text).spec?.templateDefaults?.archiveLocation
    if (isDeepStrictEqual(returned, spec.templateDefaults?.archiveLocation))
      return (await foreignDefaults(cluster, spec, needed)) ?? ok(podsBucket, needed, bucket.endpoint)
    const found = `the cluster changes spec.templateDefaults.archiveLocation of a Workflow to ${returned === undefined ? 'nothing' : JSON.stringify(returned)}`
    return bad(podsBucket, needed, found, 'ask who keeps the cluster: its CRDs of Argo or a policy of it do so')
  } catch (cause) {
    if (!(cause instanceof TriremeError)) throw cause
    return bad(podsBucket, needed, cause.message, 'see there')
  }
}

interface ConfigMap extends Resource {
  readonly data?: Readonly<Record<string, string>>
}

/** Argo merges the defaults of its controller into every Workflow, field by field: they could add another kind of store or other credentials. */
async function foreignDefaults(cluster: Cluster, { templateDefaults }: WorkflowSpec, needed: string): Promise<Finding | undefined> {
  const map = 'workflow-controller-configmap'
  for (const place of new Set([cluster.settings.namespace, 'argo'])) {
    const found = await lookAt<ConfigMap>(cluster, `/api/v1/namespaces/${place}/configmaps/${map}`)
    if (typeof found === 'string') continue
    const theirs = yamlFields(yamlIfValid(found.data?.workflowDefaults ?? ''), ['spec', 'templateDefaults', 'archiveLocation'])
    const ours = yamlFields(templateDefaults, ['archiveLocation'])
    const foreign = [
      ...Object.keys(theirs).filter(name => !(name in ours)),
      ...Object.keys(yamlFields(theirs, ['s3'])).flatMap(name => (name in yamlFields(ours, ['s3']) ? [] : [`s3.${name}`])),
    ]
    if (foreign.length === 0) continue
    const reason = `workflowDefaults of the controller add ${foreign.join(', ')} to spec.templateDefaults.archiveLocation`
    return bad(podsBucket, needed, reason, `have it taken out of the ConfigMap ${map} in ${place}`)
  }
  return undefined
}

/** Argo looks in the namespace of the Workflow first, then in that of its controller. */
async function repositoryNames(
  cluster: Cluster,
  { bucket, namespace, name, context }: ArgoEnvironment,
  { configMap, key }: NonNullable<ArgoEnvironment['artifactRepositoryRef']>,
): Promise<Finding> {
  const needed = `${bucket.name}, by ConfigMap ${configMap}`
  const mend = setupCommand(name, context)
  const places = [...new Set([namespace, 'argo'])]
  for (const place of places) {
    const found = await lookAt<ConfigMap>(cluster, `/api/v1/namespaces/${place}/configmaps/${configMap}`)
    if (found === 'missing') continue
    if (found === 'hidden') return unknown(podsBucket, needed, 'you may not look')
    const text = found.data?.[key]
    if (text === undefined) return bad(podsBucket, needed, `the ConfigMap ${configMap} has no key ${key}`, mend)
    const named = yamlFields(yamlIfValid(text), ['s3'])
    if (named.bucket === undefined) return bad(podsBucket, needed, 'it names no bucket that speaks S3', mend)
    if (named.bucket !== bucket.name || named.endpoint !== bucket.endpoint)
      return bad(podsBucket, needed, `it names the bucket ${named.bucket} at ${named.endpoint}`, mend)
    return ok(podsBucket, needed, bucket.endpoint)
  }
  return bad(podsBucket, needed, `no ConfigMap ${configMap} in ${places.join(' or ')}`, mend)
}

/** Parses YAML that others wrote; undefined where it is not valid. */
function yamlIfValid(yaml: string): unknown {
  try {
    return parse(yaml)
  } catch {
    return undefined
  }
}

/** Fields of an object within objects; none where it is not there. */
function yamlFields(within: unknown, path: readonly string[]): Readonly<Record<string, unknown>> {
  let at = within
  for (const name of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined
  return typeof at === 'object' && at !== null ? { ...at } : {}
}

/** Writes, reads and removes one small object, as this machine's client does. Whether pods reach the bucket, only a trial run shows. */
export async function bucketWorks(environment: ArgoEnvironment): Promise<readonly Finding[]> {
  const needed = `write, read, remove in ${environment.bucket.name}/${environment.bucket.prefix}`
  const key = `doctor/${randomBytes(8).toString('hex')}`
  let bucket: S3Bucket | undefined
  try {
    bucket = await S3Bucket.open(environment.bucket, process.env, { patience: { outage: 10_000 } })
    await bucket.check()
    await bucket.put(key, 'a trial')
    const back = await bucket.read(key)
    await bucket.remove(key)
    const gone = await bucket.size(key)
    if (back?.toString() !== 'a trial' || gone !== undefined)
      return [bad('bucket', needed, 'what was written did not come back', 'is this an S3 store, and only one of that name?')]
    return [ok('bucket', needed, environment.bucket.endpoint)]
  } catch (cause) {
    if (!(cause instanceof TriremeError)) throw cause
    return [bad('bucket', needed, cause.message, 'see there')]
  } finally {
    bucket?.close()
  }
}
