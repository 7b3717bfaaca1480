import { existsSync } from 'node:fs'
import { TriremeError } from '../../../errors.ts'
import type { Cluster, Resource } from '../../../kubernetes/client.ts'
import type { Store } from '../../../store/store.ts'
import type { ArgoEnvironment } from '../settings.ts'
import type { FollowedSteps } from './followed-steps.ts'
import { isOver, type LiveWorkflow } from './status.ts'
import { placeSent, type Submission, type SubmittedTask, submissionsIn } from './submission.ts'

/** Label of a Workflow: the run that has sent it. */
export const runLabel = 'trireme/run'

/**
 * A Workflow that another run of this store has sent, and that goes on making what is open in this run: its client may be gone, or alive
 * beside this one. It is followed, since sending the same once more would make everything twice, in the same places.
 */
export async function joinable(
  cluster: Cluster,
  at: { readonly store: Store; readonly run: string; readonly environment: ArgoEnvironment },
  steps: FollowedSteps,
): Promise<Submission | undefined> {
  const query = { labelSelector: `${runLabel},workflows.argoproj.io/completed!=true` }
  const { items = [] } = await cluster.get<Resource & { readonly items?: readonly LiveWorkflow[] }>(cluster.path('workflows'), { query })
  const place = JSON.stringify(placeSent(at.environment))
  for (const workflow of items) {
    const { name = '', labels = {} } = workflow.metadata ?? {}
    const joined = labels[runLabel]
    if (isOver(workflow) || joined === undefined || joined === at.run) continue
    for (const sent of sentBy(at.store, joined)) {
      const { environment, context, namespace, bucket, workflows, files } = sent
      const n = workflows.indexOf(name)
      if (n < 0 || JSON.stringify({ environment, context, namespace, bucket }) !== place) continue
      const tasks = sent.tasks.filter(task => task.workflow === n && isKnown(task, steps)).map(task => ({ ...task, workflow: 0 }))
      if (!tasks.some(task => hasOpen(task, steps))) continue
      return { ...sent, folder: process.cwd(), joined, workflows: [name], files: [`../${joined}/${files[n]}`], tasks }
    }
  }
  return undefined
}
/** Live runs of this store, but this one, that follow a Workflow. */
export const othersOf = (store: Store, run: string, workflow: string): readonly string[] =>
  store.running().filter(other => other !== run && sentBy(store, other).some(({ workflows }) => workflows.includes(workflow)))

function sentBy(store: Store, run: string): readonly Submission[] {
  if (!existsSync(store.runFolder(run))) return []
  try {
    return submissionsIn(store, run)
  } catch (cause) {
    if (cause instanceof TriremeError) return [] // it sent nothing, or what it noted of that cannot be read
    throw cause
  }
}
/** Whether all steps of its pod are of this run, too. What a branch is, only its keys tell. */
const isKnown = ({ each, entries }: SubmittedTask, { state }: FollowedSteps) => each || entries.every(({ key }) => state.steps.has(key))
function hasOpen({ each, entries }: SubmittedTask, steps: FollowedSteps): boolean {
  if (!each) return entries.some(({ key }) => steps.state.isOpen(key))
  return steps.state.open().some(key => entries.some(general => steps.sibling(key, general.key) !== undefined))
}
