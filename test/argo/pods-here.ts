import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { DagTask, DagTemplate, PodTemplate, Template, Workflow } from '../../core/targets/argo/compile/manifest-schema.ts'
import { scratch } from '../../core/testing.ts'
import { slots } from '../conformance/slots.ts'
import type { FakeBucket } from './fake-bucket.ts'
import type { FakeCluster, Json } from './fake-cluster.ts'

// A controller that really runs what a pod runs, as processes of this machine: artifacts come from the bucket in memory and go back there as
// Argo carries them. For trials of client and scripts together; what images and nodes add is tried on a real cluster.

type Values = ReadonlyMap<string, string>
const filled = (text: string, values: Values) =>
  text.replace(/\{\{(?:inputs\.parameters\.)?([^}]+)\}\}/g, (_, name) => values.get(name) ?? '')

/** Whenever a workflow comes, runs it. @returns how many pods each workflow that came has run, in their order */
export function runsPods(cluster: FakeCluster, bucket: FakeBucket): ReadonlyMap<string, number> {
  const pods = new Map<string, number>()
  cluster.onWorkflow = (name, sent) => {
    pods.set(name, 0)
    void new Controller(cluster, bucket, { name, sent, counted: () => pods.set(name, pods.get(name)! + 1) }).go()
  }
  return pods
}
class Controller {
  readonly #cluster: FakeCluster
  readonly #bucket: FakeBucket
  readonly #counted: () => void
  readonly #slot = slots(4)
  readonly #name: string
  readonly #templates: ReadonlyMap<string, Template>
  readonly #nodes: Record<string, Json> = {}
  /** What pods report of lists, by task and parameter. */
  readonly #told = new Map<string, string>()
  constructor(
    cluster: FakeCluster,
    bucket: FakeBucket,
    { name, sent, counted }: { readonly name: string; readonly sent: Json; readonly counted: () => void },
  ) {
    this.#cluster = cluster
    this.#bucket = bucket
    this.#counted = counted
    this.#name = name
    this.#templates = new Map((sent.spec as Workflow['spec']).templates.map(template => [template.name, template]))
  }
  async go(): Promise<void> {
    const well = await this.#dag(this.#templates.get('main') as DagTemplate, new Map(), this.#name)
    this.#cluster.setWorkflow(this.#name, { phase: well ? 'Succeeded' : 'Failed', nodes: this.#nodes })
  }
  async #dag({ dag }: DagTemplate, values: Values, at: string): Promise<boolean> {
    const done = new Map<string, Promise<boolean>>()
    const task = (name: string): Promise<boolean> => {
      const known = done.get(name) ?? this.#task(dag.tasks.find(each => each.name === name)!, values, at, task)
      done.set(name, known)
      return known
    }
    const all = await Promise.all(dag.tasks.map(({ name }) => task(name)))
    return all.every(Boolean)
  }
  async #task(task: DagTask, outer: Values, at: string, others: (name: string) => Promise<boolean>): Promise<boolean> {
    const before = await Promise.all((task.dependencies ?? []).map(others))
    const name = `${at}.${task.name}`
    if (!before.every(Boolean)) {
      this.#note(name, 'Skipped', 'Omitted', {})
      return false
    }
    const template = this.#templates.get(task.template)!
    const given = (item: Values) =>
      new Map((task.arguments?.parameters ?? []).map(({ name, value }) => [name, filled(value, new Map([...outer, ...item]))] as const))
    if (task.withParam === undefined) {
      const values = given(new Map())
      return 'dag' in template ? this.#dag(template, values, name) : this.#slot(() => this.#pod(template, values, name))
    }
    const [, list = '', output = ''] = /tasks\.([^.]+)\.outputs\.parameters\.([^.}]+)/.exec(task.withParam) ?? []
    const items: readonly Record<string, string>[] = JSON.parse(this.#told.get(`${list} ${output}`) ?? '[]')
    const all = items.map(async (item, n) => {
      await this.#lookedFor(Object.values(item))
      const values = new Map(Object.entries(item).map(([name, value]) => [`item.${name}`, value]))
      return this.#dag(template as DagTemplate, given(values), `${name}(${n}:i:${item.i})`)
    })
    return (await Promise.all(all)).every(Boolean)
  }
  /** A client takes what is there before it knows of a step for another run's: so the steps of a branch wait until it has looked for one. */
  async #lookedFor(keys: readonly string[]): Promise<void> {
    const places = keys.map(key => `/entries/${key}/`)
    while (![...this.#bucket.asked].some(asked => places.some(place => asked.includes(place))))
      await new Promise(done => setTimeout(done, 20))
  }
  async #pod(template: PodTemplate, values: Values, name: string): Promise<boolean> {
    const inputs = { parameters: [...values].map(([name, value]) => ({ name, value })) }
    for (let retries = 0; ; retries++) {
      const own = new Map([...values, ['retries', String(retries)], ['workflow.name', this.#name]])
      const { code, message } = await this.#attempt(template, own, name)
      const phase = code === 0 ? 'Succeeded' : 'Failed'
      this.#note(`${name}(${retries})`, 'Pod', phase, { message, inputs, outputs: { exitCode: String(code) } })
      if (code === 75 && retries < Number(template.retryStrategy.limit)) continue
      this.#note(name, 'Retry', phase, { message, inputs })
      return code === 0
    }
  }
  async #attempt({ inputs, outputs, container }: PodTemplate, values: Values, name: string) {
    this.#counted()
    const root = scratch()
    const at = (file: string) => path.join(root, filled(file, values).replace(/^\/w\//, ''))
    for (const { name, path: to, s3, optional } of inputs.artifacts)
      if (!this.#bring(filled(s3.key, values), at(to)) && !optional)
        return {
          code: undefined,
          message: `init: Error (exit code 64): artifact ${name} failed to load: The specified key does not exist.`,
        }
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, filled(value, values)]))
    const [program = '', ...words] = container.command.map(word => filled(word, values))
    const child = spawn(program, words, { cwd: root, env: { PATH: process.env.PATH ?? '', TRIREME_ROOT: root, ...env }, stdio: 'ignore' })
    const code = await new Promise<number | null>(done => child.on('close', done))
    for (const { path: from, s3 } of outputs.artifacts) this.#take(at(from), filled(s3.key, values))
    for (const { name: output, valueFrom } of outputs.parameters ?? [])
      if (existsSync(at(valueFrom.path))) this.#told.set(`${name.split('.').at(-1)} ${output}`, readFileSync(at(valueFrom.path), 'utf8'))
    rmSync(root, { recursive: true })
    return { code: code ?? 137, message: code === 0 ? '' : `main: Error (exit code ${code})` }
  }
  #bring(key: string, to: string): boolean {
    const file = this.#bucket.objects.get(key)
    const below = [...this.#bucket.objects].filter(([other]) => other.startsWith(`${key}/`))
    for (const [place, content] of file ? [[to, file] as const] : below.map(([other, of]) => [to + other.slice(key.length), of] as const)) {
      mkdirSync(path.dirname(place), { recursive: true })
      writeFileSync(place, content)
    }
    return file !== undefined || below.length > 0
  }
  #take(from: string, key: string): void {
    if (!existsSync(from)) return
    if (!statSync(from).isDirectory()) return void this.#bucket.objects.set(key, readFileSync(from))
    for (const name of readdirSync(from)) this.#take(path.join(from, name), `${key}/${name}`)
  }
  #note(name: string, type: string, phase: string, more: object): void {
    this.#nodes[name] = { id: name, name, displayName: name, type, phase, ...more }
    this.#cluster.setWorkflow(this.#name, { phase: 'Running', nodes: { ...this.#nodes } })
  }
}
