import { writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { compiled, dags, digest, file, image, needs, slow, text } from '../../../../test/argo/compiled.ts'
import { fullWords } from '../../../bucket/refusals.ts'
import { each, source } from '../../../define/pipeline.ts'
import { step } from '../../../define/step.ts'
import { after } from '../../../graph/node.ts'
import { plan } from '../../../graph/plan.ts'
import { asset } from '../../../vocabulary/asset.ts'
import { pipe, run, word } from '../../../vocabulary/command.ts'
import { kind, many, optional } from '../../../vocabulary/kind.ts'
import { gib, hours, mib } from '../../../vocabulary/quantity.ts'
import { settings as schema } from '../settings.ts'
import { refuseParts, warningsOf } from './by-hand.ts'
import type { Compiled, CompileOptions } from './compiled.ts'
import { type DagTask, type PodTemplate, thinWorkflow, workflowTemplate } from './manifest-schema.ts'
import { manifestsOf } from './manifests.ts'
import { yamlOf } from './yaml.ts'

// Goldens: `npx vitest run core/targets/argo -u` writes them anew; read the difference before you commit it.

const indexed = kind('text', { extension: '.txt', companions: ['.idx'] })
const pair = kind('pair', { extension: '' }, { parts: { first: '_1.txt', second: '_2.txt' } })
const pods = ({ workflows }: Compiled): readonly PodTemplate[] =>
  workflows.flatMap(({ spec }) => spec.templates.flatMap(each => ('container' in each ? [each] : [])))
const tasks = (of: Compiled): readonly DagTask[] => dags(of).flatMap(({ dag }) => dag.tasks)
/** Steps of each pod. */
const shared = (of: Compiled) => of.tasks.map(({ entries }) => entries.map(({ node }) => node.step.name).join(' '))

const copy = step({ name: 'copy', image, inputs: { from: text }, outputs: { to: text }, needs, command: at => run('cp', at.from, at.to) })
const count = step({
  name: 'count',
  image,
  inputs: { of: text },
  outputs: { number: text },
  needs,
  command: at => run('wc', at.of).into(at.number),
})
const upper = step({
  name: 'upper',
  image,
  inputs: { from: text },
  outputs: { to: text },
  streams: ['from', 'to'],
  needs: slow,
  command: at => run('tr', 'a-z', 'A-Z', at.from).into(at.to),
})
const numbered = step({
  name: 'numbered',
  image,
  inputs: { lines: text },
  params: { n: z.string() },
  outputs: { made: text },
  streams: ['lines', 'made'],
  needs: slow,
  command: at => run('grep', at.n, at.lines).into(at.made),
})
const split = step({
  name: 'split',
  image,
  inputs: { whole: text },
  outputs: { parts: many(text) },
  needs,
  command: at => run('split', at.whole, word`${at.parts}/part`),
})
const join = step({
  name: 'join',
  image: 'others',
  inputs: { all: many(text) },
  outputs: { whole: text },
  needs,
  command: at => run('cat', at.all).into(at.whole),
})
const maybe = step({
  name: 'maybe',
  image,
  inputs: { from: text },
  outputs: { to: optional(text) },
  needs: slow,
  command: at => run('cp', at.from, at.to),
})
const network = step({
  name: 'network',
  image: 'networks',
  inputs: { of: text, other: pair },
  outputs: { made: indexed },
  needs: { cpu: 4, memory: [gib(1), gib(2), gib(8)], time: [hours(1), hours(2)], gpu: { count: 1, memory: gib(16) } },
  retry: { times: 3, exits: [69] },
  command: at => pipe(['cat', at.of, at.other.first], ['sort', word`-S${at.memory.mib(0.5)}M`, word`--parallel=${at.cpu}`, '-o', at.made]),
})
/** Everything at once. */
const whole = () => {
  const parts = split({ whole: numbered({ lines: upper({ from: file() }).to, n: 'x' }).made }).parts
  const counted = each(parts, part => ({ number: count({ of: copy({ from: part }).to }).number })).number
  const reads = source('pair', pair, { first: { url: '/nowhere/1', sha256: digest(7) }, second: { url: '/nowhere/2', sha256: digest(8) } })
  const sure = after(file(2), count({ of: file(3) }).number)
  return plan('everything', { whole: join({ all: counted }).whole, made: network({ of: maybe({ from: sure }).to, other: reads }).made })
}
const pool = { model: 'A100', memory: '40GiB', nodeSelector: { gpu: 'a100' }, tolerations: [{ key: 'gpu', operator: 'Exists' }] }
const given = { target: 'argo', context: 'test', namespace: 'science', bucket: { endpoint: 's3.example.org', name: 'bucket' } }
const rich = {
  name: 'rich',
  ...schema.parse({
    target: 'argo',
    context: 'test',
    namespace: 'science',
    serviceAccount: 'pipeline',
    executorServiceAccount: 'executor',
    bucket: { endpoint: 's3.example.org', name: 'bucket', credentials: { secret: { name: 's3', accessKey: 'key', secretKey: 'secret' } } },
    pullSecrets: ['pull'],
    priorityClassName: 'batch',
    nodeSelector: { pool: 'cpu' },
    tolerations: [{ key: 'batch', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }],
    volumes: [{ name: 'scratch', mountPath: '/scratch', claim: 'scratch' }],
    labels: { 'example.org/cost-centre': 'lab-7' },
    gpuPools: [{ ...pool, model: 'T4', memory: '15GiB' }, pool],
    deadline: '12h',
    ttl: '1d',
  }),
} as CompileOptions['environment'] // its target is argo

/** Digests by the order they appear in: a golden shows what refers to what, not what every script's content was. */
const steady = (yaml: string): string => {
  const seen = new Map<string, string>()
  const number = (found: string) => {
    if (!seen.has(found)) seen.set(found, `<${seen.size + 1}>`)
    return seen.get(found)!
  }
  return yaml
    .replace(/"?\b[0-9a-f]{64}\b"?/g, found => number(found.replaceAll('"', '')))
    .replace(/-[0-9a-f]{8,12}\b/g, found => `-${number(found)}`)
}
test('the golden of a small plan with all there is', async () => {
  const made = compiled(whole(), { environment: rich })
  const [yaml = ''] = [...manifestsOf(made, 'workflow').values()]
  expect(yaml).not.toMatch(/\/nowhere/)
  await expect(steady(yaml)).toMatchFileSnapshot('golden/everything.yaml')
})
test('YAML says what the objects say, to readers of YAML 1.1 too', () => {
  const made = compiled(whole(), { environment: rich })
  for (const [n, each] of made.workflows.entries())
    for (const version of ['1.1', '1.2'] as const)
      expect(parse(yamlOf(made.workflows[n]!, made), { version })).toEqual(JSON.parse(JSON.stringify(each)))
})
test('as a template: what stays on the cluster, and what starts it', () => {
  const files = manifestsOf(compiled(whole(), { environment: rich }), 'template')
  expect([...files.keys()]).toEqual(['everything.template.yaml', 'everything.yaml', 'everything.sources.tsv'])
  expect(workflowTemplate.parse(parse(files.get('everything.template.yaml')!)).metadata.name).toBe('everything')
  expect(thinWorkflow.parse(parse(files.get('everything.yaml')!)).spec).toEqual({ workflowTemplateRef: { name: 'everything' } })
  expect(files.get('everything.sources.tsv')!.split('\n')[0]).toBe(`${digest(1)}\t/nowhere/file1.txt`)
})

describe('what a pod is', () => {
  test('a chain is one pod; so are short steps that follow', () => {
    const made = upper({ from: file() }).to
    const of = plan('p', { number: count({ of: numbered({ lines: made, n: 'a' }).made }).number })
    expect(shared(compiled(of))).toEqual(['upper numbered count'])
    expect(shared(compiled(of, { share: false }))).toEqual(['upper numbered', 'count'])
    expect(shared(compiled(of, { stream: false, share: false }))).toEqual(['upper', 'numbered', 'count'])
  })
  test('steps of another image have a pod of their own', () => {
    expect(shared(compiled(plan('p', { whole: join({ all: [copy({ from: file() }).to] }).whole })))).toEqual(['copy', 'join'])
  })
  test('calls of one step stay side by side', () => {
    const copies = [1, 2, 3].map(n => upper({ from: file(n) }).to)
    const of = plan('p', { whole: copies.map(of => count({ of }).number) })
    expect(shared(compiled(of))).toEqual(['upper count', 'upper count', 'upper count'])
  })
  test('lanes do not wait for one another: who joins them waits for all', () => {
    const merge = step({
      name: 'merge',
      image,
      inputs: { all: many(text) },
      outputs: { one: text },
      needs: slow,
      command: at => run('cat', at.all).into(at.one),
    })
    const lanes = [1, 2].map(n => upper({ from: file(n) }).to)
    expect(shared(compiled(plan('p', { one: merge({ all: lanes }).one }), { stream: false }))).toEqual(['upper', 'upper', 'merge'])
  })
  test('long work is not kept waiting', () => {
    const first = copy({ from: file() }).to
    // Both are long and need the first: with one of them in its pod the other would wait for both.
    const of = plan('p', { a: upper({ from: first }).to, b: numbered({ lines: first, n: 'b' }).made })
    expect(shared(compiled(of))).toEqual(['copy', 'upper', 'numbered'])
  })
})
describe('what is there', () => {
  const record = (outputs: Record<string, readonly string[]>) => ({
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([port, names]) => [port, names.map(name => ({ name, size: 1, sha256: digest(1) }))]),
    ),
  })
  const keyOf = (of: Compiled, name: string) => of.tasks.flatMap(({ entries }) => entries).find(({ node }) => node.step.name === name)!.key
  const made = split({ whole: file() }).parts
  const of = plan('p', { all: join({ all: each(made, part => ({ number: count({ of: part }).number })).number }).whole })
  test('is pruned; a list among it becomes a task for each file, in its order', () => {
    const first = compiled(of)
    expect(tasks(first).filter(({ withParam }) => withParam)).toHaveLength(1)
    const there = new Map([[keyOf(first, 'split'), record({ parts: ['parts/b.txt', 'parts/a{{x}}.txt', 'parts/c.txt'] })]])
    const second = compiled(of, { there })
    expect(shared(second)).toEqual(['count', 'count', 'count', 'join'])
    expect(tasks(second).every(({ withParam }) => withParam === undefined)).toBe(true)
    expect(
      pods(second)
        .flatMap(({ inputs }) => inputs.artifacts.map(({ path }) => path))
        .filter(path => path.includes('parts')),
    ).toEqual(['/w/from/a/parts/0001.txt', '/w/from/a/parts/0002.txt', '/w/from/a/parts/0003.txt'])
    const all = new Map([
      ...there,
      ...second.tasks.flatMap(({ entries }) =>
        entries.map(each => [each.key, record({ number: ['number.txt'], whole: ['whole.txt'] })] as const),
      ),
    ])
    expect(compiled(of, { there: all })).toMatchObject({ workflows: [], tasks: [] })
  })
  test('an empty list makes no task, and its gathering is empty', () => {
    const there = new Map([[keyOf(compiled(of), 'split'), record({ parts: [] })]])
    expect(shared(compiled(of, { there }))).toEqual(['join'])
  })
  test('what was left out is known to be: what needs it is no task', () => {
    const left = maybe({ from: file() }).to
    const of = plan('p', { number: count({ of: left }).number, whole: join({ all: [left, file(2)] }).whole })
    const first = compiled(of)
    expect(shared(first).sort()).toEqual(['join', 'maybe count'])
    const there = new Map([[keyOf(first, 'maybe'), record({ to: [] })]])
    expect(shared(compiled(of, { there }))).toEqual(['join'])
  })
  test('what is within an each, or over what another gathers, is left for when the list is there', () => {
    const inner = plan('nested', {
      all: each(made, part => ({
        one: join({ all: each(split({ whole: part }).parts, small => ({ n: count({ of: small }).number })).n }).whole,
      })).one,
    })
    const first = compiled(inner)
    expect([shared(first), first.later]).toEqual([['split'], ['split', 'count', 'join']])
    expect(() => refuseParts(first, 'nested', 'lab')).toThrow(
      'Plan nested has lists within lists, or branches over what others gather, and manifests can hold one level of them: split, count, join can only be told once a run has made the lists before. "trireme run nested --on lab" sends them in turn.',
    )
    const there = new Map([[keyOf(compiled(of), 'split'), record({ parts: ['parts/a.txt', 'parts/b.txt'] })]])
    const second = compiled(inner, { there })
    expect(tasks(second).filter(({ withParam }) => withParam)).toHaveLength(2)
    expect(second.later).toEqual([])
    const again = plan('again', {
      all: each(each(made, part => ({ n: count({ of: part }).number })).n, n => ({ m: copy({ from: n }).to })).m,
    })
    expect([shared(compiled(again)), compiled(again).later]).toEqual([['count', 'split'], ['copy']]) // bodies come first
    expect(shared(compiled(again, { there }))).toEqual(['count copy', 'count copy'])
  })
  test('what is left for later is refused at once where it can never run', () => {
    const large = step({
      name: 'large',
      image,
      inputs: { from: text },
      outputs: { to: text },
      needs: { cpu: 1, memory: gib(900) },
      command: at => run('cp', at.from, at.to),
    })
    const of = plan('p', {
      all: each(made, part => ({
        all: join({ all: each(split({ whole: part }).parts, small => ({ n: large({ from: small }).to })).n }).whole,
      })).all,
    })
    const environment = { ...rich, limits: { ...rich.limits, memory: gib(8) } }
    expect(() => compiled(of, { environment })).toThrow('Step large needs 900 GiB of memory')
  })
  test('a body that reads what known branches gather waits for them, and takes their files', () => {
    const beside = step({
      name: 'beside',
      image: 'others',
      inputs: { one: text, all: many(text) },
      outputs: { to: text },
      needs,
      command: at => run('cat', at.one, at.all).into(at.to),
    })
    const { n } = each(made, part => ({ n: count({ of: part }).number }))
    const { to } = each(split({ whole: file(2) }).parts, one => ({ to: beside({ one, all: n }).to }))
    const { late } = each(split({ whole: file(3) }).parts, one => ({ late: copy({ from: after(one, n) }).to }))
    const there = new Map([[keyOf(compiled(plan('p', { made })), 'split'), record({ parts: ['parts/a.txt', 'parts/b.txt'] })]])
    const second = compiled(plan('p', { to, late }), { there })
    const counts = second.tasks.filter(({ entries }) => entries[0]!.node.step.name === 'count')
    const branchings = tasks(second).filter(({ withParam }) => withParam)
    expect([counts.length, branchings.length]).toEqual([2, 2])
    for (const { dependencies } of branchings) expect(dependencies).toEqual(expect.arrayContaining(counts.map(({ name }) => name)))
    const body = tasks(second).find(({ template }) => template.startsWith('others'))!
    const taken = body.arguments!.parameters.map(({ value }) => value)
    expect(taken).toEqual(expect.arrayContaining(counts.flatMap(({ entries }) => entries.map(({ key }) => key))))
  })
  test('branches over what others gather, some of which left it out or were skipped, take those that are there', () => {
    const { kept } = each(made, part => ({ kept: copy({ from: maybe({ from: part }).to }).to }))
    const of = plan('p', { all: each(kept, one => ({ n: count({ of: one }).number })).n })
    const lists = new Map([[keyOf(compiled(plan('p', { made })), 'split'), record({ parts: ['parts/a.txt', 'parts/b.txt'] })]])
    const second = compiled(of, { there: lists })
    expect([shared(second).sort(), second.later]).toEqual([['maybe copy', 'maybe copy'], ['count']])
    const keys = (name: string) =>
      second.tasks.flatMap(({ entries }) => entries.filter(({ node }) => node.step.name === name).map(({ key }) => key))
    const [left, kept1] = keys('maybe')
    const there = new Map([
      ...lists,
      [left!, record({ to: [] })],
      [kept1!, record({ to: ['to.txt'] })],
      [keys('copy')[1]!, record({ to: ['to.txt'] })],
    ])
    const third = compiled(of, { there })
    expect([shared(third), third.later]).toEqual([['count'], []])
    expect(tasks(third)[0]!.arguments!.parameters).toContainEqual({ name: 'a', value: keys('copy')[1] })
  })
  test('what only steps of later read is kept', () => {
    const first = upper({ from: file() }).to
    const late = each(each(made, part => ({ n: count({ of: part }).number })).n, n => ({ n: join({ all: [n, first] }).whole })).n
    const entries = (of: Compiled) => of.tasks.flatMap(({ entries }) => entries.map(({ node, kept }) => `${node.step.name} ${kept}`)).sort()
    const next = numbered({ lines: first, n: 'x' }).made
    expect(entries(compiled(plan('p', { next })))).toEqual(['numbered true', 'upper false'])
    expect(entries(compiled(plan('p', { next, late })))).toEqual(['count true', 'numbered true', 'split true', 'upper true'])
  })
})
describe('what is asked of a node', () => {
  test('memory climbs by attempt, GPUs choose the smallest pool that fits', () => {
    const made = compiled(whole(), { environment: rich })
    const gpu = pods(made).find(({ container }) => container.resources.limits['nvidia.com/gpu'] !== undefined)!
    expect(gpu.container.resources.limits).toEqual({
      ...{ cpu: '4', memory: '1024Mi', 'ephemeral-storage': '204800Mi', 'nvidia.com/gpu': '1' },
    })
    expect(gpu.container.resources.requests).toEqual({ ...gpu.container.resources.limits, 'ephemeral-storage': '0' })
    expect(gpu.nodeSelector).toEqual({ pool: 'cpu', gpu: 'a100' })
    const says = (pattern: string) => `lastRetry.message matches '${pattern}'`
    const climbed = [2, 1].map(n => says(`OOMKilled.*now memory=${n - 1} |n(ow|ext) memory=${n} `))
    const value = (...of: readonly string[]) => `{{=${climbed[0]} ? '${of[0]}' : ${climbed[1]} ? '${of[1]}' : '${of[2]}'}}`
    const memory = value('8192Mi', '2048Mi', '1024Mi')
    expect(JSON.parse(gpu.podSpecPatch!)).toEqual({
      containers: [
        {
          name: 'main',
          resources: { requests: { memory }, limits: { memory } },
          env: [
            { name: 'TRIREME_MEMORY_RUNG', value: value('2', '1', '0') },
            {
              name: 'TRIREME_CLIMBED',
              value: `{{=${says('time=')} ? sprig.regexFind('time=[0-9]+ tried=[0-9]+', lastRetry.message) : 'time=0 tried=0'}}`,
            },
          ],
        },
      ],
    })
    expect(gpu.retryStrategy).toEqual({
      limit: '8', // two rungs of memory, one of time, three tries, two losses
      retryPolicy: 'Always',
      expression: `lastRetry.message matches 'next memory=(0|1|2) ' || lastRetry.message matches 'OOMKilled.*now memory=(0|1) ' || (asInt(retries) < 2 && ((lastRetry.status == 'Error' && !(lastRetry.message matches 'does not exist|no such file|serviceaccounts .* not found|${fullWords}')) || lastRetry.exitCode in ['75', '143'] || lastRetry.message matches 'low on resource|node shutdown|Node is shutting down|node had condition|Pod was rejected|Preempted') && !(lastRetry.message matches 'deadline|local (ephemeral )?storage|EmptyDir'))`,
    })
  })
  test('comments show what runs: the cores that the environment grants', () => {
    const many = step({
      name: 'many',
      image,
      inputs: { from: text },
      outputs: { to: text },
      needs: { cpu: 4, memory: mib(64) },
      command: at => run('sort', word`--parallel=${at.cpu}`, at.from, '-o', at.to),
    })
    const of = plan('p', { to: many({ from: file() }).to })
    const shown = (cpu: number) => {
      const made = compiled(of, { environment: { ...rich, limits: { ...rich.limits, cpu } } })
      return [pods(made)[0]!.container.resources.limits.cpu, /--parallel=\d+/.exec(yamlOf(made.workflows[0]!, made))?.[0]]
    }
    expect([shown(1), shown(2), shown(8)]).toEqual([
      ['1', '--parallel=1'],
      ['2', '--parallel=2'],
      ['4', '--parallel=4'],
    ])
  })
  test('disk: what the steps say they write; of those that do not, what the environment lets a pod write', () => {
    const writing = (name: string, disk?: number) =>
      step({
        name,
        image,
        inputs: { from: text },
        outputs: { to: text },
        needs: { ...slow, ...(disk !== undefined && { disk: gib(disk) }) },
        command: at => run('cp', at.from, at.to),
      })
    const of = (disk: number | undefined, more: object = {}) => {
      const environment = { ...rich, ...more }
      const [{ container, volumes } = {} as PodTemplate] = pods(
        compiled(plan('writing', writing('w', disk)({ from: file() })), { environment }),
      )
      const { requests, limits } = container.resources
      const folders = volumes.flatMap(({ name, emptyDir }) => (emptyDir ? [`${name} ${emptyDir.sizeLimit}`] : []))
      return [requests['ephemeral-storage'], limits['ephemeral-storage'], ...folders]
    }
    // A node that does not tell its disk takes no pod that asks for some of it.
    expect(of(undefined)).toEqual(['0', '204800Mi', 'work 204800Mi', 'tmp 204800Mi'])
    expect(of(300)).toEqual(['0', '307200Mi', 'work 307200Mi', 'tmp 307200Mi'])
    expect(of(undefined, { disk: { request: gib(2), limit: gib(5) } })).toEqual(['2048Mi', '5120Mi', 'work 5120Mi', 'tmp 5120Mi'])
    expect(of(1, { disk: { request: gib(2), limit: gib(5) } })).toEqual(['1024Mi', '1024Mi', 'work 1024Mi', 'tmp 1024Mi'])
    const wrong = schema.safeParse({ ...given, disk: { request: '2GiB', limit: '1GiB' } })
    expect(wrong.error?.issues[0]?.message).toBe('expected a request that is no more than the limit')
  })
  test('images by tag are said in the head, in an annotation and as a warning; with digests nothing is', () => {
    const tagged = compiled(whole(), { environment: rich, image: name => `registry.example.org/${name}:1` })
    const [head] = yamlOf(tagged.workflows[0]!, tagged).split('apiVersion')
    expect(head).toMatch(/^# IMAGES BY TAG: a tag may mean another image tomorrow\. Pin before you submit/)
    expect(head).toContain('#   1  registry.example.org/tools:1   <- by tag\n')
    expect(tagged.workflows[0]!.metadata.annotations).toEqual({ 'trireme/images': 'by tag: pin before you submit' })
    const [, thin] = [...manifestsOf(tagged, 'template').values()]
    expect(parse(thin!).metadata.annotations).toEqual({ 'trireme/images': 'by tag: pin before you submit' })
    expect(warningsOf(tagged, 'rich')).toEqual([
      expect.stringMatching(/^images by tag: registry\.example\.org\/tools:1, .* pin before you submit\. .* "trireme images --on rich"/),
    ])
    const pinned = compiled(whole(), { environment: rich })
    expect(yamlOf(pinned.workflows[0]!, pinned)).not.toMatch(/by tag/i)
    expect(warningsOf(pinned, 'rich')).toEqual([])
  })
  test('the head is an index: every task with its job, the number of its image and its steps', () => {
    const made = compiled(whole(), { environment: rich })
    const [head = ''] = yamlOf(made.workflows[0]!, made).split('apiVersion')
    const images = new Map([...head.matchAll(/^# {3}(\d+) {2}(\S+)$/gm)].map(([, n, image]) => [n, image]))
    const rows = [...head.matchAll(/^# {3}(\S+) +objects\/([0-9a-f]{64}) +(\d+) +(.+)$/gm)]
    const template = new Map(pods(made).map(({ name, container }) => [name, container.image]))
    const jobs = tasks(made).filter(task => template.has(task.template))
    expect(rows.map(([, name, job, image]) => [name, job, images.get(image)])).toEqual(
      jobs.map(task => [task.name, task.arguments!.parameters.find(({ name }) => name === 'w')!.value, template.get(task.template)]),
    )
    expect(rows.map(([, name, , , steps]) => [name, steps])).toEqual(
      jobs.map(({ name }) => [
        name,
        made.tasks
          .find(task => task.name === name)!
          .entries.map(({ label }) => label)
          .join(', '),
      ]),
    )
  })
  test('without a pool a step that needs a GPU is refused before anything runs', () => {
    expect(() => compiled(whole())).toThrow(
      'Step network needs 1 GPU, and environment "cluster" has none. Add a pool to its gpuPools, run it in an environment that has them, or choose the CPU for that step.',
    )
    const small = { ...rich, gpuPools: rich.gpuPools.slice(0, 1) }
    expect(() => compiled(whole(), { environment: small })).toThrow(
      'Step network needs a GPU with 16 GiB of memory; those of environment "rich" have T4 15 GiB. Add a pool with larger ones to its gpuPools.',
    )
  })
  test('more memory than the environment lets steps use is refused', () => {
    const tight = { ...rich, limits: { memory: mib(512) } }
    expect(() => compiled(whole(), { environment: tight })).toThrow(
      'Step network needs 1 GiB of memory, and environment "rich" lets steps use 512 MiB. Raise limits.memory of the environment, or lower the step\'s needs.memory.',
    )
  })
})
test('a step that takes files of more others than a template has parameters is refused', () => {
  const all = (count: number) => plan('many', { whole: join({ all: Array.from({ length: count }, (_, n) => file(n)) }).whole })
  expect(compiled(all(498)).tasks).toHaveLength(1)
  expect(() => compiled(all(499))).toThrow(
    'Step join takes files of so many others that its pod would have 501 parameters, and Argo takes 500. Join the files in groups first, or take an environment without that limit: this machine, or its containers.',
  )
})
test('no text of a user is in a Workflow', () => {
  const hostile = [
    '{{workflow.name}}',
    '{{=1+1}}',
    '$(ARGO_POD_NAME)',
    '$$',
    "'; rm -rf /; '",
    '"\n- {name: evil}\n',
    '\u2028x\u0085y',
    '# x',
    '\\',
    '-n',
    '',
    '*',
    '{{',
  ]
  const scripts = os.tmpdir()
  const named = path.join(scripts, `hostile-${process.pid} {{x}}.txt`)
  writeFileSync(named, 'an asset')
  const evil = step({
    name: 'evil',
    image,
    inputs: { from: text },
    params: { word: z.string() },
    assets: { script: asset(pathToFileURL(`${scripts}/`).href, `./${encodeURIComponent(path.basename(named))}`) },
    outputs: { to: text },
    needs,
    tag: ({ word }) => word,
    command: at => run('cp', at.script, at.word, at.from, at.to),
  })
  const made = compiled(
    plan(hostile.join(' '), {
      all: hostile.map((word, n) => evil({ from: source(word, text, { url: `/nowhere/${word}`, sha256: digest(n) }), word }).to),
    }),
  )
  const json = JSON.stringify(made.workflows)
  for (const word of hostile.filter(word => word.length > 2 && word !== '{{workflow.name}}'))
    expect(json).not.toContain(JSON.stringify(word).slice(1, -1))
  expect(json.replace(/\{\{(inputs\.parameters\.\w+|workflow\.name|pod\.name|retries)\}\}/g, '')).not.toContain('{{')
  const yaml = yamlOf(made.workflows[0]!, made)
  expect(parse(yaml, { version: '1.1' })).toEqual(JSON.parse(JSON.stringify(made.workflows[0])))
  expect(yaml.split(/[\n\r\u0085\u2028\u2029]/).filter(line => line.includes('evil:') && !line.trimStart().startsWith('#'))).toEqual([])
  expect(made.workflows[0]!.metadata.generateName).toBe('workflow-name-1-1-argo-pod-name-rm-rf-n-')
})
