import { gunzipSync } from 'node:zlib'
import type { Resource } from '../../../kubernetes/client.ts'
import type { Climbed } from '../../../vocabulary/quantity.ts'

/** The fields of a Workflow's status that are looked at. */
export interface WorkflowNode {
  readonly id: string
  /** Path of the node: `WORKFLOW.GROUP.TASK`, and `(0)` for the first attempt at it. */
  readonly name: string
  readonly displayName: string
  readonly type: string
  readonly phase?: string
  readonly message?: string
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly templateName?: string
  readonly children?: readonly string[]
  readonly inputs?: { readonly parameters?: readonly { readonly name: string; readonly value?: string }[] }
  readonly outputs?: { readonly exitCode?: string }
}
export interface LiveWorkflow extends Resource {
  readonly spec?: { readonly shutdown?: string }
  readonly status?: {
    readonly phase?: string
    readonly message?: string
    readonly startedAt?: string
    readonly finishedAt?: string
    readonly nodes?: Readonly<Record<string, WorkflowNode>>
    /** gzip and base64 of `nodes`, once the whole object passes 1 MiB. */
    readonly compressedNodes?: string
    /** The nodes are in a database of the cluster, which only Argo's own server reads. */
    readonly offloadNodeStatusVersion?: string
  }
}
/** The nodes of a workflow, whichever way its controller wrote them. */
export function workflowNodes({ status }: LiveWorkflow): readonly WorkflowNode[] {
  if (status?.compressedNodes) {
    const nodes: Readonly<Record<string, WorkflowNode>> = JSON.parse(
      gunzipSync(Buffer.from(status.compressedNodes, 'base64')).toString('utf8'),
    ) // written by the controller
    return Object.values(nodes)
  }
  return Object.values(status?.nodes ?? {})
}
export const isOver = ({ status }: LiveWorkflow): boolean => /^(Succeeded|Failed|Error)$/.test(status?.phase ?? '')

/** The fields of a pod that are looked at. */
export interface LivePod extends Resource {
  readonly spec?: {
    readonly containers?: readonly {
      readonly name: string
      readonly env?: readonly { readonly name: string; readonly value?: string }[]
    }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly message?: string
    readonly reason?: string
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
      readonly lastTransitionTime?: string
    }[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}
interface ContainerStatus {
  readonly name: string
  readonly image?: string
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string }
    readonly running?: { readonly startedAt?: string }
    readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly startedAt?: string; readonly finishedAt?: string }
  }
}
/** Path of the node that a pod is, as the controller notes it. */
export const nodeNameOf = ({ metadata }: LivePod): string | undefined => metadata?.annotations?.['workflows.argoproj.io/node-name']

/** Rungs on which the controller put a pod; undefined where that cannot be seen. */
export function climbedOf({ spec }: LivePod): Climbed | undefined {
  const env = spec?.containers?.find(({ name }) => name === 'main')?.env
  const given = (name: string) => env?.find(each => each.name === name)?.value
  return (
    env && { memory: Number(given('TRIREME_MEMORY_RUNG') ?? 0), time: Number(/time=(\d+)/.exec(given('TRIREME_CLIMBED') ?? '')?.[1] ?? 0) }
  )
}
/** The same, as the last words of a container tell it. */
export function climbedIn(message: string): Climbed | undefined {
  const [, memory, time] = /now memory=(\d+) time=(\d+)/.exec(message) ?? []
  return memory === undefined ? undefined : { memory: Number(memory), time: Number(time) }
}
/** What keeps a pod from running, in words; and whether it may pass by itself (other work ends, nodes are added). */
export interface Stuck {
  readonly why: string
  readonly passing: boolean
  /** A node would take it, once other work on it has ended. */
  readonly queued?: true
  readonly advice: string
}
const volume = 'Have the claim made, or correct "volumes" of the environment.'
const room = "Lower the step's needs, or give the cluster nodes that have it; limits of the environment cut cores."
/** What helps against what the scheduler says of nodes: it tells of each node one thing, so several may help. */
const placementAdvice: readonly (readonly [RegExp, string])[] = [
  [/Insufficient/, room],
  [/persistentvolume|volume node affinity/i, volume],
  [/Pod's node affinity/, 'No node has the labels that "nodeSelector" of the environment, or of its GPU pool, asks for: correct it.'],
  [
    /untolerated taint|were unschedulable/,
    'Nodes with a taint are short of memory or disk, or not ready, which may pass; or they are kept for other work, and "tolerations" of the environment let pods in. "kubectl describe nodes" shows the taints.',
  ],
]
const adviceFor = (message: string) =>
  placementAdvice
    .filter(([says]) => says.test(message))
    .map(([, advice]) => advice)
    .join(' ') || room
const registry = 'Check "images" of the environment, its pull secrets, and whether nodes reach the registry.'
/** The scheduler's words; where even an empty node would not do, they are "Preemption is not helpful for scheduling". */
export const isQueued = (message: string): boolean => /No preemption victims found/.test(message)
export function stuck({ status }: LivePod): Stuck | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    const message = scheduled.message ?? 'the scheduler gives no reason'
    const absent = /persistentvolumeclaim ".*" not found/.test(message)
    const queued = isQueued(message) && { queued: true as const }
    const why = `no node can take it: ${message.replace(/\.$/, '')}`
    return { why, passing: !absent, advice: adviceFor(message), ...queued }
  }
  for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { reason = '', message = '' } = container.state?.waiting ?? {}
    if (/^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|RegistryUnavailable|ImageInspectError)$/.test(reason))
      return {
        why: `its image ${container.image ?? ''} cannot be pulled (${reason}${message === '' ? '' : `: ${message}`})`,
        passing: false,
        advice: registry,
      }
    if (/^(CreateContainerConfigError|CreateContainerError|RunContainerError)$/.test(reason))
      return {
        why: `its container ${container.name} cannot be made (${reason}${message === '' ? '' : `: ${message}`})`,
        passing: false,
        advice: registry,
      }
  }
  return undefined
}
/** A pod that has a node, and whose containers have not begun: for the most part it waits for its volumes. */
export interface UnstartedPod {
  readonly name: string
  readonly uid: string
}
export function unstartedPod({ metadata, status }: LivePod): UnstartedPod | undefined {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
  const scheduled = status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'True')
  if (status?.phase !== 'Pending' || !scheduled || containers.some(({ state }) => state?.running ?? state?.terminated)) return undefined
  return { name: metadata?.name ?? '', uid: metadata?.uid ?? '' }
}
/** What keeps a pod from being made at all, which only its node tells: the controller tries again and again. */
export function unmade({ phase, message = '' }: WorkflowNode): Stuck | undefined {
  if (phase !== 'Pending' || !/forbidden|denied/.test(message)) return undefined
  const advice = /exceeded quota/.test(message)
    ? 'Wait until other work has ended, or ask for a larger quota.'
    : 'Ask who keeps the cluster, or adapt the environment.'
  return { why: `its pod is not admitted: ${message.replace(/\.$/, '')}`, passing: true, advice }
}
/** Whether the step's own container has ended, and Argo's still brings into the bucket what it made. */
export const isStoring = ({ status }: LivePod): boolean =>
  status?.phase === 'Running' &&
  (status.containerStatuses?.some(({ name, state }) => name === 'main' && state?.terminated !== undefined) ?? false)
/** Whether the step's own container has begun; init and wait are Argo's. */
export const hasBegun = ({ status }: LivePod): boolean =>
  status?.containerStatuses?.some(({ name, state }) => name === 'main' && (state?.running ?? state?.terminated) !== undefined) ?? false
