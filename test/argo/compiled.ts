import { source } from '../../core/define/pipeline.ts'
import type { Plan } from '../../core/graph/plan.ts'
import { compile } from '../../core/targets/argo/compile/compile.ts'
import type { Compiled, CompileOptions } from '../../core/targets/argo/compile/compiled.ts'
import { workflow } from '../../core/targets/argo/compile/manifest-schema.ts'
import { settings as schema } from '../../core/targets/argo/settings.ts'
import { kind } from '../../core/vocabulary/kind.ts'
import { hours, mib } from '../../core/vocabulary/quantity.ts'

// What tests of the compiler share: files that lie nowhere, and a cluster that they are compiled for.

export const text = kind('text', { extension: '.txt' })
export const image = 'tools'
export const needs = { cpu: 1, memory: mib(64) } as const
/** Long: it shares no pod. */
export const slow = { ...needs, time: hours(1) } as const
export const digest = (n: number) => (n + 0xabc00000).toString(16).repeat(8)
export const file = (n = 1) => source(`file${n}`, text, { url: `/nowhere/file${n}.txt`, sha256: digest(n) })
const environment = {
  name: 'cluster',
  ...schema.parse({ target: 'argo', context: 'test', namespace: 'science', bucket: { endpoint: 's3.example.org', name: 'bucket' } }),
}
/** A plan compiled, each of its Workflows held to the closed schema. */
export const compiled = (of: Plan, more: Partial<CompileOptions> = {}): Compiled => {
  const made = compile(of, {
    environment,
    versions: new Map(),
    image: name => `registry.example.org/${name}@sha256:${digest(0)}`,
    ...more,
  })
  for (const each of made.workflows) workflow.parse(each)
  return made
}
export const dags = ({ workflows }: Compiled) =>
  workflows.flatMap(({ spec }) => spec.templates.flatMap(each => ('dag' in each ? [each] : [])))
