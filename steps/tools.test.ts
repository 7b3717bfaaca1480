import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { coerce, satisfies } from 'semver'
import { gib, kind, run, step, type Tool } from 'trireme-bio'
import { contents } from 'trireme-bio/images'
import { made } from 'trireme-bio/testing'
import * as tools from 'trireme-bio/tools'
import { describe, expect, it } from 'vitest'
import { findTools } from '../core/host/tools.ts'

interface StepSpec {
  readonly tools?: readonly Tool[]
  readonly mayNeed?: { readonly tools: readonly Tool[] }
}
const all: readonly Tool[] = Object.values(tools)
/** Only some calls need them, and nobody installs them unasked. */
const onRequest: readonly Tool[] = [tools.torchvision, tools.timm]
const absent = new Set<string>()
for (const [name, { state }] of await findTools(onRequest)) if (state !== 'ready') absent.add(name)
const accepted = (tool: Tool, version: string) => satisfies(coerce(version)!, tool.accepts)

describe.each(all.map(tool => [tool.name, tool] as const))('%s', (name, tool) => {
  const there = absent.has(name) ? [] : [name]
  it.each(there)('tells its version here, and it is accepted', async () => {
    const found = (await findTools([tool])).get(name)
    expect(found).toMatchObject({ state: 'ready', version: expect.stringMatching(/^\d/) })
  })
  it.each(there)('is, in a step, of the version that was told', async () => {
    const said = step({
      name: 'asking',
      image: 'any',
      tools: [tool],
      inputs: {},
      outputs: { said: kind('text', { extension: '.txt' }) },
      needs: { cpu: 1, memory: gib(1) },
      // Its status does not matter: bwa and dwgsim print their version with their usage, and end with 1.
      command: ({ said }) => run('sh', '-c', '"$@" 2>&1; true', 'sh', ...tool.version.argv).into(said),
    })
    const found = (await findTools([tool])).get(name)
    const told = found?.state === 'ready' ? found.version : 'none'
    const done = await made({ said: said({}).said }, { versions: new Map([[name, told]]) })
    expect(tool.version.match.exec(readFileSync(done.said.path, 'utf8'))?.[1]).toBe(told)
  })
  // sharp is a library of Node and comes with this package.
  it.each(tool.conda === undefined ? [] : [tool.conda])('is accepted as pinned for conda: %s', conda => {
    const packages = conda.split(' ').map(each => /^([a-z-]+)::[a-z0-9]+=(\S+)$/.exec(each)!)
    for (const [, channel] of packages) expect(['bioconda', 'conda-forge']).toContain(channel)
    const [, , version] = packages[0]! // of several the first is the one that gives its name
    // Bioconda counts dwgsim 0.1.14 as 1.1.14.
    expect(accepted(tool, name === 'dwgsim' ? version!.replace(/^1/, '0') : version!)).toBe(true)
  })
  it('is accepted in every image that holds it', () => {
    for (const held of Object.values(contents)) if (held[name] !== undefined) expect(accepted(tool, held[name])).toBe(true)
  })
})
const toolsOf = ({ tools = [], mayNeed }: StepSpec): readonly Tool[] => [...tools, ...(mayNeed?.tools ?? [])]
it('every tool is called by a step of the package', async () => {
  const folder = import.meta.dirname
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const modules = files.filter(name => /^\w+\/[^/]+\.ts$/.test(name) && !/\.(test|script)\.ts$/.test(name))
  const imported: readonly object[] = await Promise.all(modules.map(name => import(/* @vite-ignore */ path.join(folder, name))))
  const called = imported.flatMap(module =>
    Object.values(module).flatMap(each => (typeof each === 'function' && 'spec' in each ? toolsOf(each.spec as StepSpec) : [])),
  )
  expect([...new Set(called.map(({ name }) => name))].sort()).toEqual(all.map(({ name }) => name).sort())
})
it('images hold known tools only', () => {
  for (const held of Object.values(contents)) for (const name of Object.keys(held)) expect(all.map(tool => tool.name)).toContain(name)
})
