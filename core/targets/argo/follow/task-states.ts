import type { Change } from '../../../kubernetes/watch.ts'
import type { Climbed } from '../../../vocabulary/quantity.ts'
import { isLost } from '../compile/lost-pods.ts'
import {
  climbedIn,
  climbedOf,
  hasBegun,
  isStoring,
  type LivePod,
  type LiveWorkflow,
  nodeNameOf,
  type Stuck,
  stuck,
  type UnstartedPod,
  unmade,
  unstartedPod,
  type WorkflowNode,
  workflowNodes,
} from './status.ts'

export interface AttemptState {
  /** Name of its pod. */
  readonly pod: string | undefined
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed'
  /** Its step's own container was seen, or must have run. */
  readonly begun: boolean
  /** That container has ended; what it made is on its way into the bucket. */
  readonly storing?: boolean
  readonly message: string
  readonly stuck?: Stuck
  /** Why it does not start may be in its events. */
  readonly unstarted?: UnstartedPod | undefined
  /** Rungs that its pod was given, where the pod was seen. */
  readonly climbed?: Climbed | undefined
  /** It was taken away, and the step has no part in that. */
  readonly lost?: boolean
}
/** One task as it runs: all attempts at it. */
export interface TaskState {
  /** Path of its node, without the number of an attempt. */
  readonly name: string
  /** Name of the DAG's task. */
  readonly task: string
  /** Values of the task's parameters, once the workflow's status has them. */
  parameters: ReadonlyMap<string, string> | undefined
  /** What the controller has decided; undefined while it has not. */
  over: { readonly state: 'succeeded' | 'failed' | 'left out'; readonly message: string } | undefined
  readonly attempts: Map<number, AttemptState>
}
/**
 * What becomes of each task, put together from the workflow's status and its pods. The status alone is 10 s behind and never shows a short
 * step as running; pods alone are gone once they are collected. Whatever was seen once is kept, and nothing else of either.
 */
export class TaskStates {
  readonly #tasks = new Map<string, TaskState>()
  all(): Iterable<TaskState> {
    return this.#tasks.values()
  }
  /** @returns how many nodes it has */
  seeWorkflow(workflow: LiveWorkflow): number {
    const nodes = workflowNodes(workflow)
    for (const node of nodes) {
      if (node.type === 'Retry') this.#seeTask(node)
      else if (node.type === 'Pod') {
        const { task, attempt } = this.#place(node.name)
        this.#seeNode(task, attempt, node)
        if (attempt === undefined) this.#seeTask(node)
      } else if (node.type === 'Skipped') this.#seeTask(node)
    }
    return nodes.length
  }
  seePods(change: Change<LivePod>): void {
    for (const pod of change.type === 'all' ? change.items : [change.item]) this.#seePod(pod)
  }
  #place(name: string): { readonly task: TaskState; readonly attempt: number | undefined } {
    const [, path = name, number] = /^(.*)\((\d+)\)$/s.exec(name) ?? []
    const task = this.#tasks.get(path) ?? { name: path, task: taskOf(path), parameters: undefined, over: undefined, attempts: new Map() }
    this.#tasks.set(path, task)
    return { task, attempt: number === undefined ? undefined : Number(number) + 1 }
  }
  #seeTask(node: WorkflowNode): void {
    const { task } = this.#place(node.name)
    task.parameters ??= new Map((node.inputs?.parameters ?? []).map(({ name, value = '' }) => [name, value]))
    const { message = '' } = node
    if (node.phase === 'Succeeded') task.over = { state: 'succeeded', message }
    if (node.phase === 'Failed' || node.phase === 'Error') task.over = { state: 'failed', message }
    if (node.phase === 'Skipped' || node.phase === 'Omitted') task.over = { state: 'left out', message }
  }
  #seeNode(task: TaskState, attempt = 1, node: WorkflowNode): void {
    const known = task.attempts.get(attempt)
    const { message = '' } = node
    const state = node.phase === 'Succeeded' ? 'succeeded' : node.phase === 'Failed' || node.phase === 'Error' ? 'failed' : undefined
    // Stopped before it began, or after: a pod that began was seen, or was so short that it ended.
    const begun = known?.begun === true || state === 'succeeded' || (state === 'failed' && node.outputs?.exitCode !== undefined)
    if (state !== undefined)
      task.attempts.set(attempt, {
        pod: known?.pod,
        state,
        begun,
        message,
        climbed: known?.climbed ?? climbedIn(message),
        lost: state === 'failed' && isLost(node),
      })
    else if (known?.pod === undefined) {
      const why = unmade(node)
      const state = node.phase === 'Running' ? 'running' : 'waiting'
      task.attempts.set(attempt, { pod: undefined, state, begun: known?.begun === true, message, ...(why && { stuck: why }) })
    }
    task.parameters ??= new Map((node.inputs?.parameters ?? []).map(({ name, value = '' }) => [name, value]))
  }
  #seePod(pod: LivePod): void {
    const name = nodeNameOf(pod)
    if (name === undefined) return
    const { task, attempt = 1 } = this.#place(name)
    const known = task.attempts.get(attempt)
    const podName = pod.metadata?.name
    if (known?.state === 'succeeded' || known?.state === 'failed') {
      if (known.pod === undefined)
        task.attempts.set(attempt, { ...known, pod: podName, begun: known.begun || hasBegun(pod), climbed: climbedOf(pod) })
      return
    }
    const phase = pod.status?.phase
    // A pod that failed is believed only when the controller says so: it may be taken for lost and made again.
    const state = phase === 'Succeeded' ? 'succeeded' : hasBegun(pod) || phase === 'Failed' ? 'running' : 'waiting'
    const why = state === 'waiting' ? stuck(pod) : undefined
    task.attempts.set(attempt, {
      pod: podName,
      state,
      begun: known?.begun === true || hasBegun(pod),
      message: pod.status?.message ?? '',
      climbed: climbedOf(pod),
      ...(isStoring(pod) && { storing: true }),
      ...(why ? { stuck: why } : { unstarted: unstartedPod(pod) }),
    })
  }
}
/** The last part of a path, where the values of a loop's item, in brackets, may hold dots. */
function taskOf(path: string): string {
  const plain = path.replace(/\(\d+:[^()]*\)/g, '')
  return plain.slice(plain.lastIndexOf('.') + 1)
}
