import { TriremeError } from '../../../errors.ts'
import type { Cluster } from '../../../kubernetes/client.ts'
import { type Change, follow } from '../../../kubernetes/watch.ts'
import { isOver, type LivePod, type LiveWorkflow } from './status.ts'
import { TaskStates } from './task-states.ts'

/** How one workflow ended, once nothing more is to come from it. */
export type Ending =
  | { readonly how: 'over'; readonly phase: string; readonly message: string; readonly nodes: number }
  | { readonly how: 'deleted' }
  /** Nobody gave it a phase: no controller sees it. */
  | { readonly how: 'unseen' }
  /** It goes on, and is not looked at any more. */
  | { readonly how: 'left' }
export interface Following {
  readonly cluster: Cluster
  readonly name: string
  /** Called whenever something may have changed, never twice at a time. @returns whether enough was seen */
  readonly look: (tasks: TaskStates) => Promise<boolean>
  /** Looks at once when it is set off. */
  readonly signal?: AbortSignal
  /** Milliseconds after which a workflow without a phase is given up. */
  readonly patience: number
}
const over = (workflow: LiveWorkflow, nodes: number): Ending => ({
  how: 'over',
  phase: workflow.status?.phase ?? '',
  message: workflow.status?.message ?? '',
  nodes,
})
/**
 * Follows one workflow and its pods to the end. Both are watched: the workflow's status is as late as its controller, pods know no
 * outcome of a task.
 */
export async function followWorkflow({ cluster, name, look, patience, signal }: Following): Promise<Ending> {
  const tasks = new TaskStates()
  const stop = new AbortController()
  let ending: Ending | undefined
  let seen = false
  let wake = () => {}
  let broken: { readonly cause: unknown } | undefined
  const changed = () => wake()
  signal?.addEventListener('abort', changed)
  const unseen = setTimeout(() => {
    if (!seen) ending ??= { how: 'unseen' }
    changed()
  }, patience)
  const onWorkflow = (change: Change<LiveWorkflow>) => {
    const workflow = change.type === 'all' ? change.items[0] : change.item
    if (change.type === 'deleted' || !workflow) ending ??= { how: 'deleted' }
    else {
      seen ||= workflow.status?.phase !== undefined && workflow.status.phase !== ''
      const nodes = tasks.seeWorkflow(workflow)
      if (isOver(workflow)) ending ??= over(workflow, nodes)
    }
    changed()
  }
  const onPods = (change: Change<LivePod>) => {
    if (change.type !== 'deleted') tasks.seePods(change)
    changed()
  }
  const failed = (cause: unknown) => {
    broken ??= { cause }
    changed()
  }
  const watching = [
    follow<LiveWorkflow>(cluster, cluster.path('workflows'), { fieldSelector: `metadata.name=${name}` }, onWorkflow, stop.signal),
    follow<LivePod>(cluster, cluster.path('pods'), { labelSelector: `workflows.argoproj.io/workflow=${name}` }, onPods, stop.signal),
  ].map(watch => watch.catch(failed))
  try {
    for (;;) {
      const woken = new Promise<void>(done => {
        wake = done
      })
      if (broken) throw broken.cause
      const last = ending // what came during the look was not looked at
      if (await look(tasks)) return last ?? { how: 'left' }
      if (last) return last
      if (ending) continue
      // Looked at again from time to time: how long a pod has been waiting is told by no change.
      await Promise.race([woken, new Promise<void>(done => setTimeout(done, 5_000))])
    }
  } finally {
    clearTimeout(unseen)
    signal?.removeEventListener('abort', changed)
    stop.abort()
    await Promise.all(watching)
  }
}
/** What to say of an ending that is not the steps' own. */
export function endingFault(name: string, ending: Ending, namespace: string): TriremeError | undefined {
  const says = (text: string) => new TriremeError('ENVIRONMENT', text)
  if (ending.how === 'deleted')
    return says(
      `The workflow ${name} was deleted while it ran, not by this run. What is finished is kept: the same command goes on from there.`,
    )
  if (ending.how === 'left') return undefined
  if (ending.how === 'unseen')
    return says(
      `No controller of Argo Workflows has looked at the workflow ${name} for a minute. See whether workflow-controller runs, and whether it manages the namespace ${namespace}: kubectl get deployments -A | grep workflow-controller. The workflow was removed; give the same command again.`,
    )
  if (ending.nodes > 0 || ending.phase === 'Succeeded') return undefined
  if (/maximum allowed size|too large/i.test(ending.message))
    return says(
      `The workflow ${name} is larger than its controller takes: ${ending.message}. Report it: Trireme divides plans so that this does not happen.`,
    )
  if (/quota/i.test(ending.message))
    return says(`The namespace ${namespace} has no quota left: ${ending.message}. Wait until other work has ended, or ask for more.`)
  return says(
    `The cluster refused the workflow ${name}: ${ending.message || ending.phase}. "trireme doctor" says whether its version of Argo fits; report it where it does.`,
  )
}
/** Of steps that were sent and of which nothing was heard. */
export function unheardOf([first = '', ...others]: readonly string[], workflows: readonly string[]): TriremeError {
  const steps = others.length === 0 ? first : `${first} and ${others.length} more`
  return new TriremeError(
    'ENVIRONMENT',
    `The cluster ended the workflow ${workflows.at(-1) ?? 'of this run'} and told nothing of ${steps}, which neither ran nor failed. Give the same command again; "trireme doctor" looks at the cluster.`,
  )
}
