import { sha256 } from '../../../graph/key.ts'
import { startScript } from '../../../inside/scripts.ts'
import type { ArgoEnvironment } from '../settings.ts'
import type { PodTemplate } from './manifest-schema.ts'
import { plainName } from './names.ts'
import { type Rungs, retries, startOf } from './retries.ts'

/** What tasks of one template have in common. Two tasks with equal shapes share a template; all that differs is a parameter. */
export interface PodShape extends Rungs {
  /** Name of the image as steps have it: the template's name begins with it. */
  readonly name: string
  readonly image: string
  /** Steps that leave files. */
  readonly places: readonly { readonly place: number; readonly parameter: string; readonly files: readonly string[] }[]
  readonly takes: readonly Take[]
  readonly assets: readonly { readonly mount: string; readonly sha256: string }[]
  /** Numbers of the lists that it reports to the tasks that run over them. */
  readonly items: readonly string[]
  /** Where results of a branch are gathered: by place, the parameter that holds the key. */
  readonly gathers: readonly { readonly place: number; readonly parameter: string }[]
  readonly gpu: number
  readonly pool: ArgoEnvironment['gpuPools'][number] | undefined
  readonly deadline: number | undefined
}
/** One artifact that a pod takes: `key` and `path` below the bucket's prefix and `/w/from/<mount>/`, with parameters in them. */
export interface Take {
  readonly mount: string
  readonly kind: 'entry' | 'source' | 'gather' | 'item'
  readonly files: readonly { readonly name: string; readonly key: string; readonly path: string; readonly optional: boolean }[]
  readonly parameters: readonly string[]
}
export const work = '/w'
const parametersGiven = (parameter: string) => `{{inputs.parameters.${parameter}}}`
/** Digests of the scripts that every pod runs. */
export interface Scripts {
  readonly pod: string
  readonly chain: string
}
/** What every key in the bucket begins with. */
export const prefixOf = ({ bucket }: ArgoEnvironment): string => (bucket.prefix === '' ? '' : `${bucket.prefix.replace(/\/+$/, '')}/`)
export function templateOf(shape: PodShape, environment: ArgoEnvironment, scripts: Scripts): PodTemplate {
  const prefix = prefixOf(environment)
  const artifact = (name: string, path: string, key: string, optional = false) => ({
    name,
    path,
    ...(optional && { optional: true as const }),
    archive: { none: {} },
    s3: { key: prefix + key },
  })
  const branch = shape.takes.some(({ kind }) => kind === 'item') || shape.gathers.length > 0
  const parameters = [
    ...shape.places.map(({ parameter }) => parameter),
    'w',
    ...shape.takes.flatMap(take => take.parameters),
    ...shape.gathers.map(({ parameter }) => parameter),
    ...(branch ? ['i'] : []),
  ]
  const first = shape.places[0]!.parameter
  // A pod whose work is all done has nothing to do, unless other tasks need what only its run gives: a list's items, results to gather.
  const tells = shape.items.length > 0 || shape.gathers.length > 0
  const entries = (name: string, folder: string) =>
    shape.places.flatMap(({ place, parameter, files }) =>
      [...files, 'record.json'].map((file, n) =>
        artifact(
          `${name}${place}-${file === 'record.json' ? 'record' : n + 1}`,
          `${work}/${folder}/${place}/${file}`,
          `entries/${parametersGiven(parameter)}/${file}`,
          true,
        ),
      ),
    )
  return {
    name: `${plainName(shape.name, 30, 'image')}-${sha256(JSON.stringify(shape)).slice(0, 8)}`,
    inputs: {
      parameters: parameters.map(name => ({ name })),
      artifacts: [
        artifact('pod', `${work}/run/pod.sh`, `objects/${scripts.pod}`),
        artifact('chain', `${work}/run/chain.sh`, `objects/${scripts.chain}`),
        artifact('job', `${work}/run/job`, `objects/${parametersGiven('w')}`),
        ...shape.assets.map(({ mount, sha256 }) => artifact(mount, `${work}/from/${mount}/${sha256}`, `objects/${sha256}`)),
        ...(tells ? [] : entries('own', 'own')),
        ...shape.takes.flatMap(({ files }) => files.map(file => artifact(file.name, work + file.path, file.key, file.optional))),
      ],
    },
    outputs: {
      ...(shape.items.length > 0 && {
        parameters: shape.items.map(name => ({
          name: `items-${name}`,
          valueFrom: { path: `${work}/report/items-${name}`, default: '[]' },
        })),
      }),
      artifacts: [
        // All may be missing: a step that is skipped, or whose entry is there, publishes nothing. One that is there is whole, by its record.
        ...entries('o', 'out'),
        ...shape.gathers.map(({ place, parameter }) =>
          artifact(parameter, `${work}/out/${place}`, `gathers/${parametersGiven(parameter)}/${parametersGiven('i')}`, true),
        ),
        artifact('report', `${work}/report`, `runs/{{workflow.name}}/${parametersGiven(first)}/{{retries}}`, true),
      ],
    },
    ...(shape.deadline !== undefined && { activeDeadlineSeconds: shape.deadline }),
    ...podPlacement(shape, environment),
    volumes: [
      // Each may take all that the pod may write; together they are held to it by the container's limit.
      { name: 'work', emptyDir: { sizeLimit: shape.amounts[0].disk.limit } },
      { name: 'tmp', emptyDir: { sizeLimit: shape.amounts[0].disk.limit } },
      ...environment.volumes.map(volumeOf),
    ],
    container: mainContainer(shape, environment, scripts),
    ...retries(shape),
  }
}
/** A template's own node selector stands in place of the Workflow's, so it holds both. */
function podPlacement({ pool }: PodShape, environment: ArgoEnvironment) {
  if (!pool) return {}
  const selector = { ...environment.nodeSelector, ...pool.nodeSelector }
  const tolerations = [...environment.tolerations, ...pool.tolerations].map(toleration)
  return {
    ...(Object.keys(selector).length > 0 && { nodeSelector: selector }),
    ...(tolerations.length > 0 && { tolerations }),
  }
}
/** Without the fields that are not set. */
export const toleration = (it: ArgoEnvironment['tolerations'][number]) => ({
  ...(it.key !== undefined && { key: it.key }),
  ...(it.operator !== undefined && { operator: it.operator }),
  ...(it.value !== undefined && { value: it.value }),
  ...(it.effect !== undefined && { effect: it.effect }),
  ...(it.tolerationSeconds !== undefined && { tolerationSeconds: it.tolerationSeconds }),
})
function volumeOf({ name, readOnly, claim, configMap, secret }: ArgoEnvironment['volumes'][number]): PodTemplate['volumes'][number] {
  if (claim !== undefined) return { name, persistentVolumeClaim: { claimName: claim, readOnly } }
  return configMap === undefined ? { name, secret: { secretName: secret! } } : { name, configMap: { name: configMap } } // one of three, by the schema
}
function mainContainer(shape: PodShape, environment: ArgoEnvironment, scripts: Scripts): PodTemplate['container'] {
  const { cpu, memory, disk } = shape.amounts[startOf(shape)]!
  const all = (disk: string) => ({ cpu, memory, 'ephemeral-storage': disk, ...(shape.gpu > 0 && { 'nvidia.com/gpu': String(shape.gpu) }) })
  const items = shape.takes.filter(({ kind }) => kind === 'item')
  const run = [`${scripts.pod}  run/pod.sh`, `${scripts.chain}  run/chain.sh`, `${parametersGiven('w')}  run/job`]
  return {
    image: shape.image,
    imagePullPolicy: environment.images.pullPolicy,
    workingDir: work,
    command: ['bash', '-c', startScript, 'start', ...run],
    env: [
      { name: 'TRIREME_RUN', value: '{{workflow.name}}' },
      { name: 'TRIREME_ATTEMPT', value: '{{retries}}' },
      ...shape.places.map(({ place, parameter }) => ({ name: `TRIREME_KEY_${place}`, value: parametersGiven(parameter) })),
      ...items.map(({ mount }) => ({ name: `TRIREME_ITEM_${mount}`, value: parametersGiven('i') })),
    ],
    volumeMounts: [
      { name: 'work', mountPath: work },
      { name: 'tmp', mountPath: '/tmp' },
      ...environment.volumes.map(({ name, mountPath, readOnly }) => ({ name, mountPath, ...(readOnly && { readOnly }) })),
    ],
    ...(environment.podSecurity === 'restricted' && { securityContext: restricted }),
    resources: { requests: all(disk.request), limits: all(disk.limit) },
  }
}
/** What Pod Security `restricted` asks of every container. */
export const restricted = {
  allowPrivilegeEscalation: false as const,
  readOnlyRootFilesystem: true as const,
  runAsNonRoot: true as const,
  capabilities: { drop: ['ALL' as const] },
}
