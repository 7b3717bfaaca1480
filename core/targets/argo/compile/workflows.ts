import { isByTag } from '../../../environment/images.ts'
import { TriremeError } from '../../../errors.ts'
import { sha256 } from '../../../graph/key.ts'
import type { ArgoEnvironment } from '../settings.ts'
import { type DagGroup, mostTasks, unitsOf } from './dag-split.ts'
import { type DagTask, type DagTemplate, imagesAnnotation, type PodTemplate, type Template, type Workflow } from './manifest-schema.ts'
import { plainName } from './names.ts'
import type { LooseTask } from './tasks.ts'
import { specOf } from './workflow-spec.ts'

/** A manifest that the API server takes and a person can still open. */
export const mostBytes = 600_000
/** The controller stops at 1 MiB for spec and compressed status together. */
const mostWithStatus = 1_000_000
/**
 * Bytes of a status once compressed, as measured: a task's node and its pod's hold every parameter, whose digests do not compress.
 * Those of the branches of an `each`, which nobody can count before, come on top.
 */
const statusBytes = (parameters: number) => 100 + 160 * parameters
/** Left free for the main DAG, labels and the settings of the environment. */
const margin = 20_000

export interface Parts {
  readonly environment: ArgoEnvironment
  readonly templates: ReadonlyMap<string, PodTemplate>
  /** DAGs of the bodies of each, by name. */
  readonly bodies: ReadonlyMap<string, DagTemplate>
}
/** One Workflow in the making. */
interface Draft {
  readonly units: DagGroup[]
  readonly templates: Set<string>
  bytes: number
  status: number
}
/**
 * Tasks as Workflows within Argo's limits: 200 tasks a DAG, 200 templates and 600 kB a Workflow, 1 MB with its status. What does not fit into one is several,
 * each submitted when the one before has succeeded.
 * @returns also the number of the workflow of each task or body, by name
 */
export function workflowsOf(
  plan: string,
  tasks: readonly LooseTask[],
  parts: Parts,
): { readonly workflows: readonly Workflow[]; readonly home: ReadonlyMap<string, number> } {
  const drafts = draftsOf(tasks, unitsOf(tasks), parts)
  const home = new Map<string, number>()
  for (const [n, { units }] of drafts.entries())
    for (const { task } of units.flat().map(number => tasks[number]!)) {
      home.set(task.name, n)
      if (task.withParam !== undefined) home.set(task.template, n)
    }
  checkLists(tasks, home, plan)
  return { workflows: drafts.map(draft => workflowOf(plan, draft, tasks, parts)), home }
}
function draftsOf(tasks: readonly LooseTask[], units: readonly DagGroup[], { templates, bodies }: Parts): readonly Draft[] {
  const sizes = new Map<string, number>()
  const needs = new Map<string, readonly string[]>()
  for (const [name, template] of [...templates, ...bodies]) sizes.set(name, JSON.stringify(template).length)
  for (const [name, { dag }] of bodies) needs.set(name, [name, ...new Set(dag.tasks.map(task => task.template))])
  const drafts: Draft[] = []
  for (const unit of units) {
    const own = new Set(unit.flatMap(n => needs.get(tasks[n]!.task.template) ?? [tasks[n]!.task.template]))
    const bytes = unit.reduce((sum, n) => sum + bytesOf(tasks, n), 200)
    const status = unit.reduce((sum, n) => sum + statusBytes(tasks[n]!.task.arguments?.parameters?.length ?? 0), 0)
    const last = drafts.at(-1)
    const added = [...own].filter(name => !last?.templates.has(name))
    const more = bytes + added.reduce((sum, name) => sum + sizes.get(name)!, 0)
    const groups = (last?.units.filter(each => each.length > 1).length ?? 0) + 2
    const room =
      last &&
      last.bytes + more <= mostBytes - margin &&
      last.bytes + more + last.status + status <= mostWithStatus &&
      last.units.length < mostTasks &&
      last.templates.size + added.length + groups <= mostTasks
    const draft = room ? last : { units: [], templates: new Set<string>(), bytes: 0, status: 0 }
    if (!room) drafts.push(draft)
    draft.units.push(unit)
    for (const name of own) {
      if (!draft.templates.has(name)) draft.bytes += sizes.get(name)!
      draft.templates.add(name)
    }
    draft.bytes += bytes
    draft.status += status
  }
  return drafts
}
const bytesOf = (tasks: readonly LooseTask[], n: number): number => {
  const { task, before } = tasks[n]!
  let bytes = 90 + task.name.length + task.template.length + before.length * 45
  for (const { name, value } of task.arguments?.parameters ?? []) bytes += 25 + name.length + value.length
  return bytes
}
/** @throws TriremeError `ENVIRONMENT` when an each and the step that writes its list would be in two Workflows */
function checkLists(tasks: readonly LooseTask[], home: ReadonlyMap<string, number>, plan: string): void {
  for (const { task } of tasks) {
    const list = /^\{\{tasks\.([^.]+)\./.exec(task.withParam ?? '')?.[1]
    if (list === undefined || home.get(list) === home.get(task.name)) continue
    throw new TriremeError(
      'ENVIRONMENT',
      `Plan ${plan} is too large for one Workflow, and a list that a step writes would be in another than what runs over it. Run the steps that write lists first, as a plan of their own: what is there is known when the rest is compiled.`,
    )
  }
}
function workflowOf(plan: string, draft: Draft, tasks: readonly LooseTask[], { environment, templates, bodies }: Parts): Workflow {
  const unit = new Map<number, number>()
  for (const [n, members] of draft.units.entries()) for (const number of members) unit.set(number, n)
  const names = draft.units.map(members => {
    const { task } = tasks[members[0]!]!
    return members.length === 1 ? task.name : `part-${sha256(task.name).slice(0, 8)}`
  })
  const parts: Template[] = []
  const main = draft.units.map((members, n): DagTask => {
    const others = new Set<number>()
    for (const number of members)
      for (const before of tasks[number]!.before) {
        const other = unit.get(before)
        if (other !== undefined && other !== n) others.add(other)
      }
    const dependencies = [...others].map(other => names[other]!)
    if (members.length === 1) return placedTasks(tasks[members[0]!]!.task, dependencies)
    const own = new Set(members)
    const inner = members.map(number => {
      const { task, before } = tasks[number]!
      return placedTasks(
        task,
        before.filter(other => own.has(other)).map(other => tasks[other]!.task.name),
      )
    })
    parts.push({ name: names[n]!, dag: { tasks: inner } })
    return placedTasks({ name: names[n]!, template: names[n]! }, dependencies)
  })
  const byTag = [...draft.templates].some(name => {
    const image = templates.get(name)?.container.image // bodies of an each have none
    return image !== undefined && isByTag(image)
  })
  const used = [...draft.templates].map(name => templates.get(name) ?? bodies.get(name)!)
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: {
      generateName: `${plainName(plan, 40, 'plan')}-`,
      namespace: environment.namespace,
      labels: labelsOf(plan, environment),
      ...(byTag && { annotations: { [imagesAnnotation]: 'by tag: pin before you submit' as const } }),
    },
    spec: specOf(environment, labelsOf(plan, environment), [{ name: 'main', dag: { tasks: main } }, ...parts, ...used]),
  }
}
const placedTasks = ({ name, template, withParam, arguments: given }: Omit<DagTask, 'dependencies'>, dependencies: string[]): DagTask => ({
  name,
  template,
  ...(dependencies.length > 0 && { dependencies }),
  ...(withParam !== undefined && { withParam }),
  ...(given && { arguments: given }),
})
/** Labels of every workflow and pod: the usual ones, and those by which the environment attributes cost. */
const labelsOf = (plan: string, { labels }: ArgoEnvironment) => ({
  'app.kubernetes.io/name': plainName(plan, 60, 'plan'),
  'app.kubernetes.io/managed-by': 'trireme',
  ...labels,
})
