import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { scratch } from '../../core/testing.ts'
import { slots } from '../conformance/slots.ts'
import type { FakeBucket } from './fake-bucket.ts'
import type { FakeCluster, Json } from './fake-cluster.ts'

// A controller in memory that runs the pods of a Workflow as processes of this machine: DAGs, loops over lists, artifacts by key.

type Values = ReadonlyMap<string, string>
interface NamedValue {
  readonly name: string
  readonly value: string
}
interface Artifact {
  readonly path: string
  readonly optional?: true
  readonly s3: { readonly key: string }
}
interface Task {
  readonly name: string
  readonly template: string
  readonly dependencies?: readonly string[]
  readonly withParam?: string
  readonly arguments?: { readonly parameters: readonly NamedValue[] }
}
interface Template {
  readonly name: string
  readonly dag?: { readonly tasks: readonly Task[] }
  readonly inputs: { readonly artifacts: readonly Artifact[] }
  readonly outputs: {
    readonly artifacts: readonly Artifact[]
    readonly parameters?: readonly { readonly name: string; readonly valueFrom: { readonly path: string; readonly default: string } }[]
  }
  readonly container: { readonly env: readonly NamedValue[] }
}
interface Ended {
  readonly phase: 'Succeeded' | 'Failed' | 'Omitted'
  readonly outputs: Values
}
const none: Values = new Map()
const filled = (text: string, values: Values) => text.replace(/\{\{([^}]+)\}\}/g, (whole, name) => values.get(name) ?? whole)

/** Whenever a workflow comes, runs it. @returns names of the workflows that came, and how many pods each ran */
export function runsPods(cluster: FakeCluster, bucket: FakeBucket): ReadonlyMap<string, number> {
  const pods = new Map<string, number>()
  cluster.onWorkflow = (name, workflow) => {
    pods.set(name, 0)
    const controller = new Controller(name, workflow, bucket, nodes => {
      pods.set(name, Object.values(nodes).filter(({ type }) => type === 'Pod').length)
      cluster.setWorkflow(name, { phase: 'Running', nodes })
    })
    void controller.go().then(status => cluster.setWorkflow(name, status))
  }
  return pods
}
class Controller {
  readonly #nodes: Record<string, Json> = {}
  readonly #templates: ReadonlyMap<string, Template>
  readonly #slot = slots(4)
  readonly #name: string
  readonly #bucket: FakeBucket
  readonly #told: (nodes: Record<string, Json>) => void
  constructor(name: string, workflow: Json, bucket: FakeBucket, told: (nodes: Record<string, Json>) => void) {
    const { templates } = workflow.spec as { readonly templates: readonly Template[] }
    this.#templates = new Map(templates.map(each => [each.name, each]))
    this.#name = name
    this.#bucket = bucket
    this.#told = told
  }
  async go(): Promise<Json> {
    const { phase } = await this.#dag(this.#templates.get('main')!, this.#name, none)
    return { phase, nodes: this.#nodes }
  }
  async #dag({ dag }: Template, at: string, given: Values): Promise<Ended> {
    const ended = new Map<string, Promise<Ended>>()
    for (const task of dag!.tasks) ended.set(task.name, this.#task(task, `${at}.${task.name}`, given, ended))
    const all = await Promise.all(ended.values())
    return { phase: all.every(({ phase }) => phase === 'Succeeded') ? 'Succeeded' : 'Failed', outputs: none }
  }
  /** Tasks stand after those that they wait for. */
  async #task(task: Task, at: string, given: Values, others: ReadonlyMap<string, Promise<Ended>>): Promise<Ended> {
    const before = new Map<string, Ended>()
    for (const name of task.dependencies ?? []) before.set(name, await others.get(name)!)
    if ([...before.values()].some(({ phase }) => phase !== 'Succeeded')) {
      this.#nodes[at] = { id: at, name: at, displayName: task.name, type: 'Skipped', phase: 'Omitted' }
      return { phase: 'Omitted', outputs: none }
    }
    const inputs = (item: Values) =>
      new Map((task.arguments?.parameters ?? []).map(({ name, value }) => [name, filled(value, new Map([...given, ...item]))]))
    const [, list, output] = /^\{\{tasks\.([^.]+)\.outputs\.parameters\.([^.]+)\}\}$/.exec(task.withParam ?? '') ?? []
    if (list === undefined) return this.#one(task, at, inputs(none))
    const items: readonly Readonly<Record<string, string>>[] = JSON.parse(before.get(list)!.outputs.get(output!)!)
    const branches = items.map(async (item, n) => {
      const values = Object.entries(item)
      await this.#known(values.map(([, value]) => value))
      const own = inputs(new Map(values.map(([name, value]) => [`item.${name}`, value])))
      return this.#one(task, `${at}(${n}:${values.map(pair => pair.join(':')).join()})`, own)
    })
    const ended = await Promise.all(branches)
    return { phase: ended.every(({ phase }) => phase === 'Succeeded') ? 'Succeeded' : 'Failed', outputs: none }
  }
  /** A client takes what is there before it knows of a step for another run's: so the steps of a branch wait until it has looked for one. */
  async #known(keys: readonly string[]): Promise<void> {
    const places = keys.map(key => `/entries/${key}/`)
    while (![...this.#bucket.asked].some(asked => places.some(place => asked.includes(place))))
      await new Promise(done => setTimeout(done, 20))
  }
  #one(task: Task, at: string, parameters: Values): Promise<Ended> {
    const template = this.#templates.get(task.template)!
    const values = new Map([...parameters].map(([name, value]) => [`inputs.parameters.${name}`, value]))
    if (template.dag) return this.#dag(template, at, values)
    return this.#slot(() => this.#pod(template, at, parameters, new Map([...values, ['workflow.name', this.#name], ['retries', '0']])))
  }
  async #pod(template: Template, at: string, parameters: Values, values: Values): Promise<Ended> {
    const root = scratch()
    const inPod = (file: string) => root + filled(file, values).slice('/w'.length)
    for (const { path: file, s3, optional } of template.inputs.artifacts)
      if (!this.#take(filled(s3.key, values), inPod(file)) && !optional) throw new Error(`no ${filled(s3.key, values)} in the bucket`)
    const env = Object.fromEntries(template.container.env.map(({ name, value }) => [name, filled(value, values)]))
    const bash = spawn('bash', [`${root}/run/pod.sh`], {
      cwd: root,
      env: { PATH: process.env.PATH, TRIREME_ROOT: root, ...env },
      stdio: 'ignore',
    })
    const status = await new Promise<number | null>(done => bash.on('close', done))
    for (const { path: file, s3 } of template.outputs.artifacts) this.#give(inPod(file), filled(s3.key, values))
    const told = (template.outputs.parameters ?? []).map(({ name, valueFrom }) => {
      const file = inPod(valueFrom.path)
      return [name, existsSync(file) ? readFileSync(file, 'utf8') : valueFrom.default] as const
    })
    rmSync(root, { recursive: true, force: true })
    const phase = status === 0 ? 'Succeeded' : 'Failed'
    this.#tell(at, phase, status, parameters)
    return { phase, outputs: new Map(told) }
  }
  #tell(at: string, phase: string, status: number | null, parameters: Values): void {
    const inputs = { parameters: [...parameters].map(([name, value]) => ({ name, value })) }
    const message = status === 0 ? '' : `main: Error (exit code ${status})`
    const all = { phase, message, inputs, outputs: { exitCode: String(status) } }
    this.#nodes[at] = { id: at, name: at, displayName: at, type: 'Retry', ...all }
    this.#nodes[`${at}(0)`] = { id: `${at}(0)`, name: `${at}(0)`, displayName: at, type: 'Pod', ...all }
    this.#told({ ...this.#nodes })
  }
  /** A file, or else all that lies below. @returns whether there is any */
  #take(key: string, to: string): boolean {
    const { objects } = this.#bucket
    const below = objects.has(key) ? [key] : [...objects.keys()].filter(other => other.startsWith(`${key}/`))
    for (const each of below) {
      const file = to + each.slice(key.length)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, objects.get(each)!)
    }
    return below.length > 0
  }
  #give(from: string, key: string): void {
    if (!existsSync(from)) return
    if (statSync(from).isDirectory()) for (const name of readdirSync(from)) this.#give(`${from}/${name}`, `${key}/${name}`)
    else this.#bucket.objects.set(key, readFileSync(from))
  }
}
