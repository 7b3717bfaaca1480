import { createHash } from 'node:crypto'
import { sealedText } from '../../core/store/sealed.ts'
import type { FakeBucket } from './fake-bucket.ts'
import type { FakeCluster, Json } from './fake-cluster.ts'

/** One task of a workflow as the client sent it, by its name and arguments. */
export interface Task {
  readonly name: string
  readonly template: string
  readonly parameters: ReadonlyMap<string, string>
  readonly dependencies: readonly string[]
}
interface Template {
  readonly dag?: {
    readonly tasks: readonly {
      readonly name: string
      readonly template: string
      readonly dependencies?: readonly string[]
      readonly arguments?: { readonly parameters: readonly { readonly name: string; readonly value: string }[] }
    }[]
  }
  readonly outputs?: { readonly artifacts: readonly { readonly s3: { readonly key: string } }[] }
}
export const tasksOf = (workflow: Json): readonly Task[] =>
  templatesOf(workflow).flatMap(({ dag }) =>
    (dag?.tasks ?? []).map(({ name, template, dependencies = [], arguments: given }) => ({
      name,
      template,
      dependencies,
      parameters: new Map((given?.parameters ?? []).map(({ name, value }) => [name, value])),
    })),
  )
const templatesOf = (workflow: Json) =>
  (workflow.spec as { readonly templates: readonly (Template & { readonly name: string })[] }).templates

/** Puts into the bucket what a pod of a one-step task leaves there: its file, its record, its report. */
export function publish(
  bucket: FakeBucket,
  prefix: string,
  workflow: string,
  task: Task,
  file: string,
  content: string,
  attempt = 1,
): void {
  publishEntry(bucket, prefix, task.parameters.get('o')!, file, content, attempt)
  report(bucket, prefix, workflow, task, attempt, [
    'member 1 status=0 signal=- stopped=- seconds=1.5 user=1 system=0.5 memory=1048576 oom=0 started=x',
    'step 1 state=made',
  ])
}
/** Puts one entry into the bucket: its record, and its file unless that was left out. */
export function publishEntry(
  bucket: FakeBucket,
  prefix: string,
  key: string,
  file: string,
  content: string | undefined,
  attempt = 1,
  climbed = 0,
): void {
  const files =
    content === undefined
      ? []
      : [{ name: file, size: Buffer.byteLength(content), sha256: createHash('sha256').update(content).digest('hex') }]
  const record = {
    format: 2,
    key,
    step: 'step',
    outputs: { [file.split('.')[0]!]: files },
    attempt,
    climbed,
    started: '2026-01-01T00:00:00.000Z',
    seconds: 1.5,
    usage: { user: 1, system: 0.5, peakMemory: 2 ** 20 },
    host: { name: 'node1', platform: 'linux-x64', cpu: 'any', cores: 4 },
  }
  if (content !== undefined) bucket.objects.set(`${prefix}entries/${key}/${file}`, Buffer.from(content))
  bucket.objects.set(`${prefix}entries/${key}/record.json`, Buffer.from(sealedText(record)))
}
/** Puts a pod's report below the key of its first step that leaves files, and one log. */
export function report(
  bucket: FakeBucket,
  prefix: string,
  workflow: string,
  task: Task,
  attempt: number,
  lines: readonly string[],
  { log = '', climbed = 0 }: { readonly log?: string; readonly climbed?: number } = {},
): void {
  const place = `${prefix}runs/${workflow}/${task.parameters.get('o') ?? task.parameters.get('o1')}/${attempt - 1}`
  bucket.objects.set(
    `${place}/report`,
    Buffer.from([`pod format=1 attempt=${attempt - 1} memory=${climbed} time=0`, ...lines, ''].join('\n')),
  )
  bucket.objects.set(`${place}/1.log`, Buffer.from(log))
}
export interface NodeTold {
  readonly phase: string
  readonly message?: string
  /** Of each attempt. */
  readonly attempts?: readonly { readonly phase: string; readonly message?: string; readonly outputs?: Json }[]
}
/** Nodes of a workflow's status as the controller writes them: a Retry for each task, and a Pod below it for each attempt. */
export function nodes(workflow: string, tasks: readonly Task[], told: Readonly<Record<string, NodeTold>>): Json {
  const all: Record<string, Json> = {}
  for (const task of tasks) {
    const own = told[task.name]
    if (!own) continue
    const name = `${workflow}.${task.name}`
    const inputs = { parameters: [...task.parameters].map(([name, value]) => ({ name, value })) }
    const attempts = own.attempts ?? [{ phase: own.phase, ...(own.message !== undefined && { message: own.message }) }]
    const ids = attempts.map((_, n) => `${name}(${n})`)
    all[name] = {
      id: name,
      name,
      displayName: task.name,
      type: 'Retry',
      phase: own.phase,
      message: own.message ?? '',
      inputs,
      children: ids,
    }
    for (const [n, attempt] of attempts.entries())
      all[ids[n]!] = {
        id: ids[n],
        name: ids[n],
        displayName: `${task.name}(${n})`,
        type: 'Pod',
        outputs: { exitCode: '1' },
        ...attempt,
        inputs,
      }
  }
  return all
}
/** A pod of an attempt. */
export const pod = (workflow: string, task: string, attempt: number, status: Json): Json => ({
  metadata: {
    labels: { 'workflows.argoproj.io/workflow': workflow },
    annotations: { 'workflows.argoproj.io/node-name': `${workflow}.${task}(${attempt - 1})` },
  },
  status,
})
export const began: Json = { phase: 'Running', containerStatuses: [{ name: 'main', state: { running: {} } }] }
/** Whenever a workflow comes, runs all its tasks well. */
export function runsAll(cluster: FakeCluster, bucket: FakeBucket, prefix: string, contentOf: (task: Task) => string): void {
  cluster.onWorkflow = (name, workflow) => {
    const tasks = tasksOf(workflow)
    for (const task of tasks) publish(bucket, prefix, name, task, 'made.txt', contentOf(task))
    cluster.setWorkflow(name, {
      phase: 'Succeeded',
      nodes: nodes(name, tasks, Object.fromEntries(tasks.map(({ name }) => [name, { phase: 'Succeeded' }]))),
    })
  }
}
