import { expect, test } from 'vitest'
import { each, source } from '../../../define/pipeline.ts'
import { step } from '../../../define/step.ts'
import { plan } from '../../../graph/plan.ts'
import { run } from '../../../vocabulary/command.ts'
import { kind, many } from '../../../vocabulary/kind.ts'
import { hours, mib } from '../../../vocabulary/quantity.ts'
import { settings as schema } from '../settings.ts'
import { compile } from './compile.ts'
import type { Compiled } from './compiled.ts'
import { checkManifests } from './manifest-check.ts'
import { type DagTask, workflow } from './manifest-schema.ts'

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64), time: hours(1) } as const
const split = step({
  name: 'split',
  image: 'a',
  inputs: { from: text },
  outputs: { parts: many(text) },
  needs,
  command: at => run('split', at.from, at.parts),
})
const copy = step({
  name: 'copy',
  image: 'b',
  inputs: { from: text },
  outputs: { to: text },
  needs,
  command: at => run('cp', at.from, at.to),
})
const join = step({
  name: 'join',
  image: 'c',
  inputs: { all: many(text) },
  outputs: { one: text },
  needs,
  command: at => run('cat', at.all).into(at.one),
})
const environment = {
  name: 'cluster',
  ...schema.parse({ target: 'argo', context: 'c', namespace: 'n', bucket: { endpoint: 's3.example.org', name: 'bucket' } }),
}
const file = source('file', text, { url: 'file.txt', sha256: 'abcdef01'.repeat(8) })
const whole = plan('checked', { one: join({ all: each(split({ from: file }).parts, part => ({ to: copy({ from: part }).to })).to }).one })

/** What is compiled, as a copy that may be spoiled. */
function spoiled(spoil: (main: DagTask[], made: Compiled) => void): Compiled {
  const made = structuredClone({ ...compile(whole, { environment, versions: new Map(), image: name => name }), tasks: [] })
  const [main] = made.workflows[0]!.spec.templates
  if (!main || !('dag' in main)) throw new Error('no DAG')
  spoil(main.dag.tasks, made)
  return made
}
const task = (main: readonly DagTask[], name: string) => main.find(each => each.name === name)!
const pod = (made: Compiled, name: string) => {
  const found = made.workflows[0]!.spec.templates.find(each => each.name.startsWith(name))
  if (!found || !('container' in found)) throw new Error(`no pod ${name}`)
  return found
}
test('what is compiled is sound', () => expect(() => checkManifests(spoiled(() => {}))).not.toThrow())
test.each<readonly [string, (main: DagTask[], made: Compiled) => void]>([
  [
    'task join waits for nobody, which is not there',
    main => {
      task(main, 'join').dependencies = ['nobody']
    },
  ],
  [
    'is of template nothing, which is not there',
    main => {
      task(main, 'join').template = 'nothing'
    },
  ],
  ['two tasks have one name', main => void main.push(task(main, 'join'))],
  [
    'tasks wait for one another: split, each, join',
    main => {
      task(main, 'split').dependencies = ['join']
    },
  ],
  ['task join lacks the parameter w', main => void task(main, 'join').arguments!.parameters.splice(1, 1)],
  [
    'task join has "{{workflow.uid}}" for o, which is neither a key nor a parameter',
    main => {
      task(main, 'join').arguments!.parameters[0]!.value = '{{workflow.uid}}'
    },
  ],
  [
    'task join has "{{item.o}}" for o, which is neither a key nor a parameter',
    main => {
      task(main, 'join').arguments!.parameters[0]!.value = '{{item.o}}'
    },
  ],
  [
    `task join has a job that is no object: ${'0'.repeat(64)}`,
    main => {
      task(main, 'join').arguments!.parameters[1]!.value = '0'.repeat(64)
    },
  ],
  [
    'runs over {{tasks.split.outputs.parameters.items-2}}, which no task that it waits for tells',
    main => {
      task(main, 'each').withParam = '{{tasks.split.outputs.parameters.items-2}}'
    },
  ],
  [
    'runs over {{tasks.split.outputs.parameters.items-1}}, which no task that it waits for tells',
    main => {
      task(main, 'each').dependencies = []
    },
  ],
  [
    'artifact job has {{inputs.parameters.nope}}, which is not known',
    (_, made) => {
      pod(made, 'c-').inputs.artifacts[2]!.s3.key = '{{inputs.parameters.nope}}'
    },
  ],
  [
    'artifact job has braces that are none of ours: x{{y',
    (_, made) => {
      pod(made, 'c-').inputs.artifacts[2]!.s3.key = 'x{{y'
    },
  ],
  [
    'TRIREME_RUN has {{=1+1}}, which is not known',
    (_, made) => {
      pod(made, 'c-').container.env[0]!.value = '{{=1+1}}'
    },
  ],
  [
    'two artifacts have one name',
    (_, made) => {
      pod(made, 'c-').inputs.artifacts[1]!.name = 'pod'
    },
  ],
  ['parameter unused serves nothing', (_, made) => void pod(made, 'c-').inputs.parameters.push({ name: 'unused' })],
  [
    'there is no template first, where it begins',
    (_, made) => {
      made.workflows[0]!.spec.entrypoint = 'first'
    },
  ],
  ['template main calls itself', main => void main.push({ name: 'again', template: 'main' })],
  ['serves nothing', (_, made) => void made.workflows[0]!.spec.templates.push({ name: 'lonely', dag: { tasks: [] } })],
  [
    'pods would use the artifact repository of the controller: archiveLocation has no key',
    (_, made) => {
      made.workflows[0]!.spec.templateDefaults!.archiveLocation.s3.key = ''
    },
  ],
  [
    'pods would use the artifact repository of the controller: archiveLocation has no endpoint, bucket, key',
    (_, made) => {
      delete made.workflows[0]!.spec.templateDefaults
    },
  ],
  [
    'archiveLocation has {{pod.nam}}, which is not known',
    (_, made) => {
      made.workflows[0]!.spec.templateDefaults!.archiveLocation.s3.key = 'logs/{{pod.nam}}'
    },
  ],
  [
    'bytes, more than 600000',
    (_, made) => {
      pod(made, 'c-').container.command[1] = 'x'.repeat(600_000)
    },
  ],
])('a fault is told: %s', (fault, spoil) => {
  const wrong = spoiled(spoil)
  expect(() => checkManifests(wrong)).toThrow(fault)
  expect(() => checkManifests(wrong)).toThrow('The plan was compiled to something that Argo would not run:')
})
test.each<readonly [string, (main: DagTask[], made: Compiled) => void]>([
  ['an unknown field of a task', main => void Object.assign(task(main, 'join'), { withItemz: [] })],
  ['an unknown field of a container', (_, made) => void Object.assign(pod(made, 'c-').container, { privileged: true })],
  [
    'a quantity with an expression',
    (_, made) => {
      pod(made, 'c-').container.resources.limits.memory = '{{=64}}Mi'
    },
  ],
  [
    'text of a user in a key',
    (_, made) => {
      pod(made, 'c-').inputs.artifacts[2]!.s3.key = 'a b'
    },
  ],
  [
    'a location without a key, which Argo takes for none',
    (_, made) => {
      Reflect.deleteProperty(made.workflows[0]!.spec.templateDefaults!.archiveLocation.s3, 'key')
    },
  ],
  [
    'a bucket without a way in',
    (_, made) => {
      delete made.workflows[0]!.spec.templateDefaults!.archiveLocation.s3.useSDKCreds
    },
  ],
  [
    'a Workflow that names no bucket',
    (_, made) => {
      delete made.workflows[0]!.spec.templateDefaults
    },
  ],
  [
    'a name with a dot',
    main => {
      task(main, 'join').name = 'a.b'
    },
  ],
])('the schema refuses %s', (_, spoil) => {
  const wrong = spoiled(spoil)
  expect(workflow.safeParse(wrong.workflows[0]).success).toBe(false)
  expect(workflow.safeParse(spoiled(() => {}).workflows[0]).success).toBe(true)
})
