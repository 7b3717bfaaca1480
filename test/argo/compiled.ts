import { expect } from 'vitest'
import { source } from '../../core/define/pipeline.ts'
import type { Plan } from '../../core/graph/plan.ts'
import { compile } from '../../core/targets/argo/compile/compile.ts'
import type { Compiled, CompileOptions } from '../../core/targets/argo/compile/compiled.ts'
import { workflow } from '../../core/targets/argo/compile/manifest-schema.ts'
import type { ArgoEnvironment } from '../../core/targets/argo/settings.ts'
import { settings as schema } from '../../core/targets/argo/settings.ts'
import { kind } from '../../core/vocabulary/kind.ts'
import { hours, mib } from '../../core/vocabulary/quantity.ts'
import { locationOf } from './location.ts'

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
/** A plan compiled, each of its Workflows held to the closed schema, and its pods to the environment's bucket. */
export const compiled = (of: Plan, more: Partial<CompileOptions> = {}): Compiled => {
  const options = {
    environment,
    versions: new Map(),
    image: (name: string) => `registry.example.org/${name}@sha256:${digest(0)}`,
    ...more,
  }
  const made = compile(of, options)
  for (const each of made.workflows) {
    workflow.parse(each)
    keepsTo(options.environment, each)
  }
  return made
}
/** The pods of a Workflow read and write in the environment's bucket, by the key that it names. */
export function keepsTo({ bucket }: ArgoEnvironment, workflow: object): void {
  const { secret } = bucket.credentials
  expect(locationOf(workflow)).toEqual({
    endpoint: bucket.endpoint,
    bucket: bucket.name,
    key: `${bucket.prefix === '' ? '' : `${bucket.prefix}/`}logs/{{workflow.name}}/{{pod.name}}`,
    region: bucket.region,
    insecure: bucket.insecure,
    ...(secret
      ? { accessKeySecret: { name: secret.name, key: secret.accessKey }, secretKeySecret: { name: secret.name, key: secret.secretKey } }
      : { useSDKCreds: true }),
  })
}
export const dags = ({ workflows }: Compiled) =>
  workflows.flatMap(({ spec }) => spec.templates.flatMap(each => ('dag' in each ? [each] : [])))
