import { readFileSync } from 'node:fs'
import type { ArgoEnvironment } from '../../environment.ts'
import { TriremeError } from '../../errors.ts'
import { bodyOf } from '../../graph.ts'
import { type Keys, keys as keysOf } from '../../key.ts'
import { fileOf, suffixesOf } from '../../kind.ts'
import type { EachNode, StepNode } from '../../node.ts'
import type { Plan } from '../../plan.ts'
import { rung } from '../../quantity.ts'
import { type Ref, refsIn } from '../../ref.ts'
import { type Chain, chainsOf } from '../../run/chains.ts'
import { labels } from '../../run/labels.ts'
import { jobFile } from '../inside/job.ts'
import { chainScript, podScript } from '../inside/scripts.ts'
import { check } from './check.ts'
import type { Compiled, CompiledEntry, CompiledTask, There } from './compiled.ts'
import { sha256, taskNames } from './names.ts'
import { type Needed, neededOf } from './needed.ts'
import { amountsOf, checkLimits, deadlineOf, gpusOf, poolOf, retriesOf } from './needs.ts'
import { piecesOf } from './pieces.ts'
import { type PodMember, type PodWork, workOf } from './podjob.ts'
import { type Branching, isPod, type Pod, podsOf } from './pods.ts'
import { type BranchKeys, branchKeys } from './recipes.ts'
import type { DagTask, DagTemplate, PodTemplate } from './schema.ts'
import { argumentsOf, gatherKey, type LooseTask, likeness, ownParameters, takesOf } from './tasks.ts'
import { type Shape, templateOf } from './templates.ts'
import { workflowsOf } from './workflows.ts'

export interface CompileOptions {
  readonly environment: ArgoEnvironment
  /** Versions of the tools in the images, which are part of the keys. */
  readonly versions: ReadonlyMap<string, string>
  /** The image that stands for a step's name of it: a repository with its digest. */
  readonly image: (name: string) => string
  /** Entries that the bucket holds: what they make is pruned, and a list among them is expanded. @default none */
  readonly there?: There
  /** Joins steps whose both ends can stream by pipes. @default true */
  readonly stream?: boolean
  /** Lets short steps share a pod with the one they follow. @default true */
  readonly share?: boolean
}
/**
 * A plan as Workflows and the objects that they refer to. Pure: nothing is uploaded, nothing asked of a cluster.
 * @throws TriremeError `RESOURCES` for a step that needs more than the environment has; `ENVIRONMENT` for an `each` that Argo cannot run
 */
export function compile(plan: Plan, options: CompileOptions): Compiled {
  const compiled = new Compiler(plan, options).go()
  check(compiled)
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
  readonly #templates = new Map<string, PodTemplate>()
  readonly #bodies = new Map<string, DagTemplate>()
  readonly #tasks: Omit<CompiledTask, 'workflow'>[] = []
  readonly #scripts: { readonly pod: string; readonly chain: string }
  readonly #branchKeys = new Map<EachNode, BranchKeys>()
  /** By key of the step that writes their list. */
  readonly #eachesOver = new Map<string, readonly EachNode[]>()

  constructor(plan: Plan, options: CompileOptions) {
    this.#plan = plan
    this.#options = options
    const keys = keysOf(tool => options.versions.get(tool) ?? 'unknown')
    this.#needed = neededOf(plan, keys, options.there ?? new Map())
    this.#keys = this.#needed.keys
    const nodes = [...new Set([...plan.nodes, ...this.#needed.steps])]
    for (const each of this.#needed.eaches) {
      const list = keys.of(each.list.node)
      this.#eachesOver.set(list, [...(this.#eachesOver.get(list) ?? []), each])
    }
    this.#labels = new Map([...labels(nodes, this.#keys)].map(([node, label]) => [this.#keys.of(node), label]))
    this.#scripts = { pod: this.#object(podScript()), chain: this.#object(chainScript()) }
  }
  go(): Compiled {
    const { steps, eaches, wanted } = this.#needed
    for (const each of eaches) this.#accept(each)
    const graph = this.#graph(steps, eaches, wanted)
    const bodies = new Map(graph.flatMap(it => (isPod(it) ? [] : [[it, this.#body(it.each)] as const])))
    const names = this.#names([...graph, ...[...bodies.values()].flat()])
    for (const [{ each }, body] of bodies) this.#branch(each, body, names)
    const top = this.#dag(graph, names)
    const { workflows, home } = workflowsOf(this.#plan.name, top, {
      environment: this.#options.environment,
      templates: this.#templates,
      bodies: this.#bodies,
    })
    const inWorkflow = (name: string, each: EachNode | undefined) => home.get(each ? bodyName(this.#keys.of(each)) : name) ?? 0
    return {
      workflows,
      objects: this.#objects,
      sources: [...this.#sources].map(([sha256, url]) => ({ sha256, url })),
      tasks: this.#tasks.map(task => ({ ...task, workflow: inWorkflow(task.name, task.each) })),
    }
  }
  /** @throws TriremeError `ENVIRONMENT` for what can be run over only when its list is there */
  #accept(each: EachNode): void {
    const cannot = (what: string) =>
      new TriremeError(
        'ENVIRONMENT',
        `Plan ${this.#plan.name} has an each ${what}, which Argo cannot run before that list is there. Run the step that writes the list first, locally or as a plan of its own: what is there is known when the rest is compiled.`,
      )
    if (each.list.node.kind !== 'step') throw cannot('over what another each gathers')
    const body = bodyOf(each)
    if (body.some(node => node.kind === 'each')) throw cannot('within an each')
    for (const { node } of Object.values(each.body))
      if (!body.includes(node)) throw cannot('that returns a file which no step of its body makes')
  }
  #graph(steps: readonly StepNode[], eaches: readonly EachNode[], wanted: readonly Ref[]): readonly (Pod | Branching)[] {
    const { environment, stream = true, share = true } = this.#options
    const kept = new Set(wanted.map(ref => this.#keys.ofRef(ref)))
    const streaming = stream && steps.some(({ step }) => step.streams.length > 0)
    const chains: readonly Chain[] = streaming
      ? chainsOf(steps, this.#keys, {
          kept: (key, port) => kept.has(`${key}#${port}`),
          memory: environment.limits.memory ?? Number.POSITIVE_INFINITY,
          memoryOf: ({ needs }) => rung(needs.memory, 0),
        })
      : steps.map(node => ({ members: [node], links: [] }))
    checkLimits(chains, environment, node => this.#label(node))
    const machine = (chain: Chain) => {
      const pool = poolOf(chain, environment, node => this.#label(node))
      const images = new Set(chain.members.map(({ step }) => this.#options.image(step.image)))
      return `${[...images].join()} ${gpusOf(chain)} ${pool?.model ?? ''}`
    }
    return podsOf(piecesOf(chains.flatMap(oneImage), eaches, this.#keys), { machine, share })
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
      const dependencies = [...before].map(n => tasks[n]!.task.name)
      return { name: task.name, template: task.template, ...(dependencies.length > 0 && { dependencies }), arguments: task.arguments }
    })
    this.#bodies.set(name, { name, inputs: { parameters: ['i', ...own].map(name => ({ name })) }, dag: { tasks: dag } })
  }
  #dag(graph: readonly (Pod | Branching)[], names: ReadonlyMap<Pod | Branching, string>, each?: EachNode): readonly LooseTask[] {
    const numbers = new Map(graph.map((it, n) => [it, n]))
    const lists = new Map<string, { task: string; name: string }>()
    return graph.map((it): LooseTask => {
      const before = new Set([...it.before].map(other => numbers.get(other)!))
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
    const { environment } = this.#options
    const work = workOf(pod.chains, {
      keys: this.#keys,
      cpu: environment.limits.cpu,
      numberOf: this.#needed.numberOf,
      gatherKey: ref => gatherKey(this.#keys.of(ref.node), ref.port),
    })
    const branch = each && this.#branchKeys.get(each)!.parameters
    const told = (key: string) => (branch?.has(key) ? `{{inputs.parameters.${branch.get(key)}}}` : key)
    const parameters = ownParameters(work.members)
    const given = argumentsOf(work, told)
    const items = each
      ? []
      : work.members.flatMap(({ node, place }) => (this.#eachesOver.get(this.#keys.of(node)) ?? []).map(over => ({ each: over, place })))
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
    const template = this.#template(pod, work, items.length, gathers)
    const keyed = work.members.flatMap(({ node, place }) => {
      const parameter = parameters.get(place)
      return parameter === undefined ? [] : [{ name: parameter, value: told(this.#keys.of(node)) }]
    })
    const branched = gathers.length > 0 || (each !== undefined && [...work.letters.parcels.values()].some(({ from }) => from === 'item'))
    this.#tasks.push({ name, entries: this.#entries(work, parameters), ...(each && { each }) })
    const all = [
      ...keyed,
      { name: 'w', value: job },
      ...given,
      ...gathers.map(({ port }, n) => ({ name: `g${n + 1}`, value: gatherKey(this.#keys.of(each!), port) })), // gathers are of an each
      ...(branched ? [{ name: 'i', value: '{{inputs.parameters.i}}' }] : []),
    ]
    if (all.length > mostParameters)
      throw new TriremeError(
        'ENVIRONMENT',
        `Step ${this.#label(pod.chains[0]!.members[0]!)} takes files of so many others that its pod would have ${all.length} parameters, and Argo takes ${mostParameters}. Join the files in groups first.`,
      )
    return { task: { name, template, arguments: { parameters: all } }, top: items.length > 0 }
  }
  #entries({ members, chains }: PodWork, parameters: ReadonlyMap<number, string>): readonly CompiledEntry[] {
    const argv = chains.flatMap(chain => chain.members.map(({ rungs }) => rungs[0].argv))
    return members.map(({ node, place, chain, kept }, n) => ({
      place,
      key: this.#keys.of(node),
      parameter: parameters.get(place) ?? '',
      label: this.#label(node),
      node,
      chain,
      kept,
      argv: argv[n]!,
    }))
  }
  /** By what tells shapes apart, told cheaply: a plan has few shapes and many tasks. */
  readonly #shapes = new Map<string, string>()
  readonly #numbers = new Map<object | string, number>()
  #number(of: object | string): number {
    const known = this.#numbers.get(of)
    if (known !== undefined) return known
    this.#numbers.set(of, this.#numbers.size)
    return this.#numbers.size - 1
  }
  /** Needs are most often one object for all calls of a step; those made for each call are told apart by their text. */
  #needs(needs: StepNode['needs']): number {
    const known = this.#numbers.get(needs)
    if (known !== undefined) return known
    const own = this.#number(JSON.stringify(needs))
    this.#numbers.set(needs, own)
    return own
  }
  #template(pod: Pod, work: PodWork, items: number, gathers: readonly { readonly place: number }[]): string {
    let text = `${items}`
    for (const { place } of gathers) text += `,${place}`
    for (const { node, chain, kept } of work.members)
      text += ` ${this.#number(node.step)}.${this.#needs(node.needs)}.${chain}${kept ? 'k' : ''}`
    text += likeness(work)
    const known = this.#shapes.get(text)
    if (known !== undefined) return known
    const template = templateOf(this.#shape(pod, work, items, gathers), this.#options.environment, this.#scripts)
    this.#shapes.set(text, template.name)
    this.#templates.set(template.name, template)
    return template.name
  }
  #shape({ chains }: Pod, work: PodWork, items: number, gathers: readonly { readonly place: number }[]): Shape {
    const { environment, image } = this.#options
    const parameters = ownParameters(work.members)
    const name = chains[0]!.members[0]!.step.image
    return {
      name,
      image: image(name),
      places: work.members
        .filter(({ kept }) => kept)
        .map(({ node, place }) => ({ place, parameter: parameters.get(place)!, files: filesOf(node) })),
      own: work.members.map(({ place, chain }) => ({
        place,
        parameter: parameters.get(place) ?? parameters.get(work.members.findLast(member => member.chain === chain)!.place)!,
      })),
      takes: takesOf(work),
      assets: [...work.assets].map(([letter, { sha256 }]) => ({ letter, sha256 })),
      items: Array.from({ length: items }, (_, n) => String(n + 1)),
      gathers: gathers.map(({ place }, n) => ({ place, parameter: `g${n + 1}` })),
      amounts: amountsOf(chains, environment.limits.cpu),
      gpu: Math.max(...chains.map(gpusOf)),
      pool: poolOf(chains[0]!, environment, node => this.#label(node)),
      retries: retriesOf(chains),
      deadline: deadlineOf(chains),
    }
  }
  #object(content: string): string {
    const digest = sha256(content)
    this.#objects.set(`objects/${digest}`, content)
    return digest
  }
  #note(node: StepNode): void {
    for (const ref of Object.values(node.inputs).flatMap(refsIn))
      if (ref.node.kind === 'source') for (const { sha256, url } of Object.values(ref.node.files)) this.#sources.set(sha256, url)
  }
}
/** A chain whose steps are of different images cannot be one pod: it falls apart where the image changes. */
function oneImage({ members, links }: Chain): readonly Chain[] {
  const ends = members.flatMap(({ step }, n) => (step.image === members[n + 1]?.step.image ? [] : [n + 1]))
  return ends.map((end, n) => {
    const from = ends[n - 1] ?? 0
    return { members: members.slice(from, end), links: links.slice(from, end - 1) }
  })
}
/** Argo's own limit for a template. */
const mostParameters = 500
const bodyName = (key: string) => `each-${key.slice(0, 12)}`
/** Files of a step's entry: a list is a folder. */
const filesOf = ({ step }: StepNode): readonly string[] =>
  Object.entries(step.outputs).flatMap(([port, kind]) => ('many' in kind ? [port] : suffixesOf(fileOf(kind)).map(suffix => port + suffix)))
const gathersOf = (
  each: EachNode,
  members: readonly PodMember[],
  keys: Keys,
): readonly { readonly port: string; readonly place: number }[] =>
  Object.entries(each.body).flatMap(([port, ref]) => {
    const maker = members.find(({ node }) => keys.of(node) === keys.of(ref.node))
    return maker ? [{ port, place: maker.place }] : []
  })
