import type { StepNode } from '../../../graph/node.ts'
import type { Gathered } from '../../../pods/branches.ts'
import type { PodWork } from '../../../pods/pod-job.ts'
import { amountsOf, deadlineOf, gpusOf, laddersOf, poolOf } from '../../../pods/resource-requests.ts'
import type { Pod } from '../../../pods/shared-pods.ts'
import { fileOf, suffixesOf } from '../../../vocabulary/kind.ts'
import { type Climbed, lowest } from '../../../vocabulary/quantity.ts'
import type { CompileOptions } from './compiled.ts'
import type { PodTemplate } from './manifest-schema.ts'
import { likeness, type OwnParameters, takesOf } from './tasks.ts'
import { type PodShape, type Scripts, templateOf } from './templates.ts'

/** What a pod's template depends on, besides the pod itself. */
export interface PodFacts {
  readonly work: PodWork
  readonly parameters: OwnParameters
  /** How many lists it reports to the tasks that run over them. */
  readonly items: number
  readonly gathers: readonly Gathered[]
}
/** The templates of a plan. It has few different templates and many tasks, so a template is looked up by a cheap text and made once. */
export class Templates {
  readonly all = new Map<string, PodTemplate>()
  readonly #options: CompileOptions
  readonly #scripts: Scripts
  readonly #label: (node: StepNode) => string
  /** Name of the template by the text that distinguishes it. */
  readonly #known = new Map<string, string>()
  readonly #numbers = new Map<object | string, number>()
  constructor(options: CompileOptions, scripts: Scripts, label: (node: StepNode) => string) {
    this.#options = options
    this.#scripts = scripts
    this.#label = label
  }
  /** @returns the name of the pod's template */
  of(pod: Pod, facts: PodFacts): string {
    let text = `${facts.items}`
    for (const { place } of facts.gathers) text += `,${place}`
    for (const { node, chain, kept } of facts.work.members)
      text += ` ${this.#number(node.step)}.${this.#needs(node.needs)}.${chain}${kept ? 'k' : ''}`
    const { memory, time } = this.#start(facts.work)
    text += `${likeness(facts.work)} ${memory},${time}`
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const template = templateOf(this.#shape(pod, facts), this.#options.environment, this.#scripts)
    this.#known.set(text, template.name)
    this.all.set(template.name, template)
    return template.name
  }
  #number(of: object | string): number {
    const known = this.#numbers.get(of)
    if (known !== undefined) return known
    this.#numbers.set(of, this.#numbers.size)
    return this.#numbers.size - 1
  }
  /** Needs are most often one object for all calls of a step; those made for each call are compared by their text. */
  #needs(needs: StepNode['needs']): number {
    const known = this.#numbers.get(needs)
    if (known !== undefined) return known
    const own = this.#number(JSON.stringify(needs))
    this.#numbers.set(needs, own)
    return own
  }
  /** The highest rungs that any of its steps is known to need. */
  #start({ members }: PodWork): Climbed {
    const { start } = this.#options
    if (!start) return lowest
    const known = members.map(({ node }) => start(node))
    return { memory: Math.max(...known.map(({ memory }) => memory)), time: Math.max(...known.map(({ time }) => time)) }
  }
  #shape({ chains }: Pod, { work, parameters, items, gathers }: PodFacts): PodShape {
    const { environment, image } = this.#options
    const name = chains[0]!.members[0]!.step.image
    return {
      name,
      image: image(name),
      places: work.members
        .filter(({ kept }) => kept)
        .map(({ node, place }) => ({ place, parameter: parameters.get(place)!, files: entryFiles(node) })),
      takes: takesOf(work),
      assets: [...work.assets].map(([mount, { sha256 }]) => ({ mount, sha256 })),
      items: Array.from({ length: items }, (_, n) => String(n + 1)),
      gathers: gathers.map(({ place }, n) => ({ place, parameter: `g${n + 1}` })),
      amounts: amountsOf(chains, { cpu: environment.limits.cpu, disk: environment.disk }),
      gpu: Math.max(...chains.map(gpusOf)),
      pool: poolOf(chains[0]!, environment, this.#label),
      ladders: laddersOf(chains),
      start: this.#start(work),
      deadline: deadlineOf(chains),
    }
  }
}
/** Files of a step's entry: a list is a folder. */
const entryFiles = ({ step }: StepNode): readonly string[] =>
  Object.entries(step.outputs).flatMap(([port, kind]) => ('many' in kind ? [port] : suffixesOf(fileOf(kind)).map(suffix => port + suffix)))
