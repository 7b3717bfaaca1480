import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { compile } from '../../core/targets/argo/compile/compile.ts'
import { workflow as closed } from '../../core/targets/argo/compile/manifest-schema.ts'
import { yamlOf } from '../../core/targets/argo/compile/yaml.ts'
import { settings as schema } from '../../core/targets/argo/settings.ts'
import { scratch } from '../../core/testing.ts'
import { keepsTo } from '../argo/compiled.ts'
import type { Case } from './case.ts'
import { cases } from './cases/index.ts'
import { hostile, hostileNames } from './hostile.ts'

// What a cluster would be given for the same pipelines: objects of known fields only, whole in themselves, and without a word of a user.
// `compile` checks by itself that nothing dangles (core/targets/argo/compile/manifest-check.ts); running them is the part of the target "argo".

const settings = {
  name: 'conformance',
  ...schema.parse({
    target: 'argo',
    context: 'none',
    namespace: 'argo',
    limits: { cpu: 4, memory: '2Gi', gpu: 0 },
    bucket: {
      ...{ endpoint: '127.0.0.1:9000', name: 'argo', insecure: true },
      credentials: { secret: { name: 's3', accessKey: 'accessKey', secretKey: 'secretKey' } },
    },
  }),
}
const folder = scratch()
afterAll(() => rmSync(folder, { recursive: true, force: true }))
/** Refused before anything is made, as the same plan would be anywhere without a GPU. */
const refused: Readonly<Record<string, { readonly code: string; readonly says: string }>> = {
  gpu: { code: 'RESOURCES', says: 'GPU' },
}
const compiled = (each: Case) => {
  mkdirSync(`${folder}/${each.name}`, { recursive: true })
  return each
    .plans({ folder: `${folder}/${each.name}`, confine: '' })
    .map(plan => compile(plan, { environment: settings, versions: new Map(), image: () => 'docker.io/library/debian:bookworm-slim' }))
}
test.each(Object.entries(refused))('%s is refused, with the reason', (name, { code, says }) => {
  const each = cases.find(other => other.name === name)!
  expect(() => compiled(each)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(says) }))
})
describe.each(cases.filter(({ name }) => !(name in refused)).map(each => [each.name, each] as const))('%s', (_, each) => {
  test('has known fields only, keeps to the bucket, reads the same from YAML, and its objects are what their names say', () => {
    for (const { workflows, objects, tasks } of compiled(each)) {
      for (const workflow of workflows) {
        expect(closed.parse(workflow)).toEqual(workflow)
        if (settings.target === 'argo') keepsTo(settings, workflow)
        expect(parse(yamlOf(workflow, { tasks }))).toEqual(JSON.parse(JSON.stringify(workflow)))
      }
      for (const [key, content] of objects) expect(key).toBe(`objects/${createHash('sha256').update(content).digest('hex')}`)
    }
  })
  test('is the same each time', () => {
    const [one, two] = [compiled(each), compiled(each)].map(all =>
      JSON.stringify(all.map(({ workflows, objects }) => [workflows, [...objects.keys()]])),
    )
    expect(one).toBe(two)
  })
})
test('no word, label or name of a user is in a workflow', () => {
  const ours = /^\{\{(workflow\.name|pod\.name|retries|(inputs\.parameters|item)\.[a-z0-9]+)\}\}$/ // templates say these by themselves
  const own = [...hostile, ...hostileNames].filter(text => text.length > 3 && !/^[-\w./ ~]*$/.test(text) && !ours.test(text)) // those that a workflow may hold by chance apart
  expect(own.length).toBeGreaterThan(600)
  for (const each of cases.filter(({ name }) => name.startsWith('hostile'))) {
    const text = JSON.stringify(compiled(each).flatMap(({ workflows }) => workflows))
    expect(text).not.toContain('$(touch')
    expect(own.filter(word => text.includes(JSON.stringify(word).slice(1, -1)))).toEqual([])
  }
})
