import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { compiled, dags, file, image, needs, slow, text } from '../../../../test/argo/compiled.ts'
import { step } from '../../../define/step.ts'
import { after, type Ref } from '../../../graph/node.ts'
import { type Plan, plan } from '../../../graph/plan.ts'
import { run, word } from '../../../vocabulary/command.ts'
import { many, optional } from '../../../vocabulary/kind.ts'
import type { Compiled } from './compiled.ts'
import type { DagTask } from './manifest-schema.ts'

// Plans by chance, and plans larger than one DAG or one Workflow: nothing is lost, and nothing waits for what it does not need.

const join = step({
  name: 'join',
  image: 'others',
  inputs: { all: many(text) },
  outputs: { whole: text },
  needs,
  command: at => run('cat', at.all).into(at.whole),
})

/** Plans by chance: each step needs some that came before; short and long, of two images, some streaming. */
function chance(seed: number, count: number): Plan {
  let state = seed
  const next = (below: number) => {
    state = (state * 1103515245 + 12345) % 2 ** 31
    return state % below
  }
  const steps = Array.from({ length: 12 }, (_, n) =>
    step({
      name: `s${n}`,
      image: n % 5 === 0 ? 'others' : image,
      inputs: { main: text, others: many(text) },
      params: { n: z.number() },
      outputs: { out: n % 7 === 3 ? optional(text) : text },
      streams: n % 3 === 0 ? ['main', 'out'] : [],
      needs: n % 2 ? needs : slow,
      command: at => run('cat', at.main, at.others, word`${at.n}`).into(at.out),
    }),
  )
  const refs: Ref<typeof text>[] = [file(1)]
  for (let n = 0; n < count; n++) {
    const pick = () => refs[Math.max(0, refs.length - 1 - next(Math.min(refs.length, 30)))]!
    const others = Array.from({ length: next(4) }, pick)
    refs.push(steps[next(12)]!({ main: next(5) ? pick() : after(pick(), pick()), others, n }).out)
  }
  return plan('chance', { all: refs.slice(-5) })
}
test.each([1, 2, 3, 4, 5, 6, 7, 8])('whatever the plan (%i), every edge of it is a dependency and every step is in one pod', seed => {
  const of = chance(seed * 7919, seed * 150)
  const made = compiled(of)
  const home = new Map(made.tasks.flatMap(({ name, entries }) => entries.map(({ key }) => [key, name] as const)))
  const steps = made.tasks.flatMap(({ entries }) => entries)
  expect(new Set(steps.map(({ key }) => key)).size).toBe(steps.length)
  const before = ancestors(made)
  for (const { name, entries } of made.tasks)
    for (const { node } of entries)
      for (const ref of Object.values(node.inputs).flatMap(given => ('node' in given ? [given as Ref] : Object.values(given))))
        for (const needed of [ref, ...(ref.conditions ?? [])]) {
          const maker =
            needed.node.kind === 'step' ? made.tasks.find(task => task.entries.some(entry => entry.node === needed.node))?.name : undefined
          if (maker !== undefined && maker !== name) expect(before(name).has(maker)).toBe(true)
        }
  expect(home.size).toBe(steps.length)
})
/** What a task comes after, through all its DAGs and the workflows before. */
function ancestors(made: Compiled): (name: string) => ReadonlySet<string> {
  const direct = new Map<string, Set<string>>()
  const add = (name: string, all: readonly string[]) => direct.set(name, new Set([...(direct.get(name) ?? []), ...all]))
  for (const { spec } of made.workflows) {
    const templates = new Map(spec.templates.map(each => [each.name, each]))
    const leaves = (task: DagTask): readonly string[] => {
      const template = templates.get(task.template)!
      return 'dag' in template && !task.withParam ? template.dag.tasks.flatMap(leaves) : [task.name]
    }
    for (const template of spec.templates) {
      if (!('dag' in template)) continue
      const byName = new Map(template.dag.tasks.map(task => [task.name, leaves(task)]))
      for (const task of template.dag.tasks)
        for (const leaf of leaves(task))
          add(
            leaf,
            (task.dependencies ?? []).flatMap(dependency => byName.get(dependency)!),
          )
    }
  }
  const workflow = new Map(made.tasks.map(task => [task.name, task.workflow]))
  const known = new Map<string, ReadonlySet<string>>()
  const of = (name: string): ReadonlySet<string> => {
    const found = known.get(name)
    if (found) return found
    const all = new Set<string>()
    for (const before of direct.get(name) ?? []) for (const each of [before, ...of(before)]) all.add(each)
    for (const [other, n] of workflow) if (n < workflow.get(name)!) all.add(other)
    known.set(name, all)
    return all
  }
  return of
}
describe('large plans', () => {
  const link = step({
    name: 'link',
    image,
    inputs: { from: text },
    params: { n: z.number() },
    outputs: { to: text },
    needs: slow,
    command: at => run('cat', at.from, word`${at.n}`).into(at.to),
  })
  const chain = (from: Ref<typeof text>, length: number, start = 0) => {
    let at = from
    for (let n = 0; n < length; n++) at = link({ from: at, n: start + n }).to
    return at
  }
  const sizes = (made: Compiled) => made.workflows.map(each => JSON.stringify(each).length)
  test('a chain of 900 steps is several Workflows within all limits, in its order', () => {
    const made = compiled(plan('chain', { end: chain(file(), 900) }))
    expect(made.tasks).toHaveLength(900)
    expect(Math.max(...sizes(made))).toBeLessThan(600_000)
    expect(Math.max(...dags(made).map(({ dag }) => dag.tasks.length))).toBeLessThanOrEqual(200)
    const [last] = made.tasks.slice(-1)
    expect(ancestors(made)(last!.name).size).toBe(899)
  })
  test('300 lanes of 4 steps behind one reference stay side by side: no lane waits for another', () => {
    const reference = link({ from: file(), n: -1 }).to
    const pick = step({
      name: 'pick',
      image,
      inputs: { a: text, b: text },
      outputs: { to: text },
      needs: slow,
      command: at => run('cat', at.a, at.b).into(at.to),
    })
    const lanes = Array.from({ length: 300 }, (_, n) => chain(pick({ a: file(n + 2), b: reference }).to, 3, n * 10))
    const made = compiled(plan('lanes', { end: join({ all: lanes }).whole }))
    const comesBefore = ancestors(made)
    const home = new Map(made.tasks.map(({ name, workflow }) => [name, workflow]))
    expect(made.tasks).toHaveLength(902) // a reference, lanes of three pods, one that joins them
    for (const { name, workflow } of made.tasks.slice(1, -1))
      expect([...comesBefore(name)].filter(other => home.get(other) === workflow).length).toBeLessThanOrEqual(3)
    expect(comesBefore(made.tasks.at(-1)!.name).size).toBe(901)
  })
})
test('the status of a Workflow, which holds every parameter of its tasks once more, has room beside it', () => {
  const files = Array.from({ length: 200 }, (_, n) => file(n))
  const wide = step({
    name: 'wide',
    image,
    inputs: { all: many(text) },
    params: { n: z.number() },
    outputs: { whole: text },
    needs: slow,
    command: at => run('cat', at.all, word`${at.n}`).into(at.whole),
  })
  const wholes = Array.from({ length: 29 }, (_, n) => wide({ all: files, n }).whole)
  const made = compiled(plan('wide', { all: join({ all: wholes }).whole }))
  expect(made.workflows.length).toBeGreaterThan(1)
  for (const { spec } of made.workflows) {
    const tasks = spec.templates.flatMap(each => ('dag' in each ? each.dag.tasks : []))
    const parameters = tasks.flatMap(({ arguments: given }) => given?.parameters ?? []).length
    // 157 bytes each were measured on Argo 4.1, compressed; beyond 1 MiB the controller ends the Workflow.
    expect(JSON.stringify(spec).length + 157 * parameters).toBeLessThan(2 ** 20)
  }
})
