import { readFileSync } from 'node:fs'
import { TriremeError } from '../../../errors.ts'
import { type Keys, keys as keysOf, sha256, versionFrom } from '../../../graph/key.ts'
import { labels } from '../../../graph/labels.ts'
import { type EachNode, type Node, type Ref, refsIn, type StepNode } from '../../../graph/node.ts'
import type { Plan } from '../../../graph/plan.ts'
import { bodyOf } from '../../../graph/walk.ts'
import { jobFile } from '../../../inside/job.ts'
import { chainScript, podScript } from '../../../inside/scripts.ts'
import { type BranchKeys, branchKeys } from '../../../pods/branch-recipes.ts'
import { bodyName, gathersOf } from '../../../pods/branches.ts'
import { graphOf } from '../../../pods/pod-graph.ts'
import { type PodContext, type PodWork, workOf } from '../../../pods/pod-job.ts'
import { type Needed, neededOf } from '../../../pods/remaining-work.ts'
import { type Branching, isPod, type Pod } from '../../../pods/shared-pods.ts'
import type { Compiled, CompiledEntry, CompiledTask, CompileOptions } from './compiled.ts'
import { checkManifests } from './manifest-check.ts'
import type { DagTask, DagTemplate } from './manifest-schema.ts'
import { taskNames } from './names.ts'
import { argumentsOf, gatherKey, type KeyText, type LooseTask, type OwnParameters, ownParameters } from './tasks.ts'
import { Templates } from './template-cache.ts'
import { workflowsOf } from './workflows.ts'

/**
 * A plan as Workflows and the objects that they refer to. Pure: nothing is uploaded, nothing asked of a cluster.
 * @throws TriremeError `RESOURCES` for a step that needs more than the environment has; `ENVIRONMENT` for a plan that does not fit
 */
export function compile(plan: Plan, options: CompileOptions): Compiled {
  const compiled = new Compiler(plan, options).go()
  checkManifests(compiled)
  return compiled
}
class Compiler {
  readonly #plan: Plan
  readonly #options: CompileOptions
  readonly #needed: Needed
  readonly #keys: Keys
  readonly #labels: ReadonlyMap<string, string>
  readonly #objects = new Map<string, string | Uint8Array>()
  readonly #sources = new Map<string, string>()
  readonly #templates: Templates
  readonly #context: PodContext
  readonly #bodies = new Map<string, DagTemplate>()
  readonly #tasks: Omit<CompiledTask, 'workflow'>[] = []
  readonly #branchKeys = new Map<EachNode, BranchKeys>()
  /** By key of the step that writes their list. */
  readonly #eachesOver = new Map<string, readonly EachNode[]>()

  constructor(plan: Plan, options: CompileOptions) {
    this.#plan = plan
    this.#options = options
    const keys = keysOf(versionFrom(options.versions))
    this.#needed = neededOf(plan, keys, options.there ?? new Map())
    this.#keys = this.#needed.keys
    const nodes = [...new Set([...plan.nodes, ...this.#needed.steps])]
    for (const each of this.#needed.eaches) {
      const list = keys.of(each.list.node)
      this.#eachesOver.set(list, [...(this.#eachesOver.get(list) ?? []), each])
    }
    this.#labels = new Map([...labels(nodes, this.#keys)].map(([node, label]) => [this.#keys.of(node), label]))
    const scripts = { pod: this.#object(podScript()), chain: this.#object(chainScript()) }
    this.#templates = new Templates(options, scripts, node => this.#label(node))
    this.#context = {
      keys: this.#keys,
      cpu: options.environment.limits.cpu,
      numberOf: this.#needed.numberOf,
      gatherKey: ref => gatherKey(this.#keys.of(ref.node), ref.port),
    }
  }
  go(): Compiled {
    const { steps, eaches, wanted, later } = this.#needed
    const graph = this.#graph(steps, eaches, wanted)
    const left = stepsWithin(later)
    this.#graph(left, [], []) // what could never run is refused before anything does
    const bodies = new Map(graph.flatMap(it => (isPod(it) ? [] : [[it, this.#body(it.each)] as const])))
    const names = this.#names([...graph, ...[...bodies.values()].flat()])
    for (const [{ each }, body] of bodies) this.#branch(each, body, names)
    const top = this.#dag(graph, names)
    const { workflows, home } = workflowsOf(this.#plan.name, top, {
      environment: this.#options.environment,
      templates: this.#templates.all,
      bodies: this.#bodies,
    })
    const inWorkflow = (name: string, each: EachNode | undefined) => home.get(each ? bodyName(this.#keys.of(each)) : name) ?? 0
    return {
      workflows,
      objects: this.#objects,
      sources: [...this.#sources].map(([sha256, url]) => ({ sha256, url })),
      later: left.map(node => this.#label(node)),
      tasks: this.#tasks.map(task => ({ ...task, workflow: inWorkflow(task.name, task.each) })),
    }
  }
  #graph(steps: readonly StepNode[], eaches: readonly EachNode[], wanted: readonly Ref[]): readonly (Pod | Branching)[] {
    return graphOf({ steps, eaches, wanted }, this.#keys, this.#options, node => this.#label(node))
  }
  #body(each: EachNode): readonly Pod[] {
    const steps = [...new Map(bodyOf(each).flatMap(node => (node.kind === 'step' ? [[this.#keys.of(node), node] as const] : []))).values()]
    this.#branchKeys.set(each, branchKeys(each, '', this.#keys))
    return this.#graph(steps, [], Object.values(each.body)).filter(it => isPod(it))
  }
  #label(node: StepNode): string {
    return this.#labels.get(this.#keys.of(node)) ?? node.step.name
  }
  #names(all: readonly (Pod | Branching)[]): ReadonlyMap<Pod | Branching, string> {
    const named = taskNames(
      all.map(it => {
        if (!isPod(it)) return { step: 'each', key: this.#keys.of(it.each) }
        const last = it.chains.at(-1)!.members.at(-1)!
        return { step: last.step.name, key: this.#keys.of(last) }
      }),
    )
    return new Map(all.map((it, n) => [it, named[n]!]))
  }
  /** The DAG of one branch: its keys are parameters, k0 and so on. */
  #branch(each: EachNode, pods: readonly Pod[], names: ReadonlyMap<Pod | Branching, string>): void {
    const { parameters } = this.#branchKeys.get(each)!
    const own = pods.flatMap(pod => pod.chains.flatMap(chain => chain.members)).map(node => parameters.get(this.#keys.of(node))!)
    const tasks = this.#dag(pods, names, each)
    if (tasks.length > 200)
      throw new TriremeError('ENVIRONMENT', `The body of an each makes ${tasks.length} pods, and Argo takes 200 in one DAG. Divide it.`)
    const name = bodyName(this.#keys.of(each))
    const dag = tasks.map(({ task, before }): DagTask => {
      const dependencies = before.map(n => tasks[n]!.task.name)
      return { name: task.name, template: task.template, ...(dependencies.length > 0 && { dependencies }), arguments: task.arguments }
    })
    this.#bodies.set(name, { name, inputs: { parameters: ['i', ...own].map(name => ({ name })) }, dag: { tasks: dag } })
  }
  #dag(graph: readonly (Pod | Branching)[], names: ReadonlyMap<Pod | Branching, string>, each?: EachNode): readonly LooseTask[] {
    const numbers = new Map(graph.map((it, n) => [it, n]))
    const lists = new Map<string, { task: string; name: string }>()
    return graph.map((it): LooseTask => {
      const before = Array.from(it.before, other => numbers.get(other)!)
      const name = names.get(it)!
      if (isPod(it)) return { ...this.#pod(it, name, each, lists), before }
      const list = lists.get(this.#keys.of(it.each))!
      const keys = [...this.#branchKeys.get(it.each)!.parameters.values()]
      return {
        task: {
          name,
          template: bodyName(this.#keys.of(it.each)),
          withParam: `{{tasks.${list.task}.outputs.parameters.items-${list.name}}}`,
          arguments: { parameters: ['i', ...keys].map(key => ({ name: key, value: `{{item.${key}}}` })) },
        },
        before,
        top: true,
      }
    })
  }
  #pod(pod: Pod, name: string, each: EachNode | undefined, lists: Map<string, { task: string; name: string }>): Omit<LooseTask, 'before'> {
    const work = workOf(pod.chains, this.#context)
    const branch = each && this.#branchKeys.get(each)!.parameters
    const keyText: KeyText = key => (branch?.has(key) ? `{{inputs.parameters.${branch.get(key)}}}` : key)
    const parameters = ownParameters(work.members)
    const items = each ? [] : this.#items(work)
    for (const [n, { each }] of items.entries()) lists.set(this.#keys.of(each), { task: name, name: String(n + 1) })
    const gathers = each ? gathersOf(each, work.members, this.#keys) : []
    const job = this.#object(
      jobFile({
        title: work.members.map(({ node }) => node.step.name).join(', '),
        chains: work.chains,
        ...(items.length > 0 && {
          items: items.map(({ each, place }, n) => ({ ...this.#branchKeys.get(each)!.items, name: String(n + 1), place })),
        }),
      }),
    )
    for (const { path, sha256 } of work.assets.values())
      if (!this.#objects.has(`objects/${sha256}`)) this.#objects.set(`objects/${sha256}`, readFileSync(path))
    for (const { node } of work.members) this.#note(node)
    const template = this.#templates.of(pod, { work, parameters, items: items.length, gathers })
    this.#tasks.push({ name, entries: this.#entries(work, parameters), ...(each && { each }) })
    const all: { name: string; value: string }[] = []
    for (const { node, place } of work.members) {
      const parameter = parameters.get(place)
      if (parameter !== undefined) all.push({ name: parameter, value: keyText(this.#keys.of(node)) })
    }
    all.push({ name: 'w', value: job }, ...argumentsOf(work, keyText))
    for (const [n, { port }] of gathers.entries()) all.push({ name: `g${n + 1}`, value: gatherKey(this.#keys.of(each!), port) }) // gathers are of an each
    if (gathers.length > 0 || (each && [...work.inputs.mounts.values()].some(({ from }) => from === 'item')))
      all.push({ name: 'i', value: '{{inputs.parameters.i}}' })
    if (all.length > mostParameters)
      throw new TriremeError(
        'ENVIRONMENT',
        `Step ${this.#label(pod.chains[0]!.members[0]!)} takes files of so many others that its pod would have ${all.length} parameters, and Argo takes ${mostParameters}. Join the files in groups first, or take an environment without that limit: this machine, or its containers.`,
      )
    return { task: { name, template, arguments: { parameters: all } }, top: items.length > 0 }
  }
  /** Those that run over a list which the pod writes. */
  #items({ members }: PodWork): readonly { readonly each: EachNode; readonly place: number }[] {
    if (this.#eachesOver.size === 0) return []
    return members.flatMap(({ node, place }) => (this.#eachesOver.get(this.#keys.of(node)) ?? []).map(each => ({ each, place })))
  }
  #entries({ members, chains }: PodWork, parameters: OwnParameters): readonly CompiledEntry[] {
    const entries: CompiledEntry[] = []
    for (const own of chains)
      for (const { rungs } of own.members) {
        const { node, place, chain, kept } = members[entries.length]!
        const key = this.#keys.of(node)
        const label = this.#label(node)
        entries.push({ place, key, parameter: parameters.get(place) ?? '', label, node, chain, kept, argv: rungs[0].argv })
      }
    return entries
  }
  #object(content: string): string {
    const digest = sha256(content)
    this.#objects.set(`objects/${digest}`, content)
    return digest
  }
  #note({ inputs }: StepNode): void {
    for (const given of Object.values(inputs))
      for (const { node } of refsIn(given))
        if (node.kind === 'source') for (const { sha256, url } of Object.values(node.files)) this.#sources.set(sha256, url)
  }
}
/** Those of bodies, too. */
const stepsWithin = (nodes: readonly Node[]): readonly StepNode[] =>
  nodes.flatMap(node => (node.kind === 'step' ? [node] : node.kind === 'each' ? stepsWithin(bodyOf(node)) : []))
/** Argo's own limit for a template. */
const mostParameters = 500
