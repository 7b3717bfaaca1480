import { execFile } from 'node:child_process'
import { coerce, satisfies } from 'semver'
import type { Tool } from 'trireme-bio'
import { contents } from 'trireme-bio/images'
import * as tools from 'trireme-bio/tools'
import { describe, expect, it } from 'vitest'

const all: readonly Tool[] = Object.values(tools)
const accepted = (tool: Tool, version: string) => satisfies(coerce(version)!, tool.accepts)
const said = ([program, ...words]: readonly [string, ...string[]]) =>
  new Promise<string>(done => execFile(program, words, (_error, stdout, stderr) => done(`${stdout}\n${stderr}`)))

describe.each(all.map(tool => [tool.name, tool] as const))('%s', (name, tool) => {
  it('tells its version here, and it is accepted', async () => {
    const version = tool.version.match.exec(await said(tool.version.argv))?.[1]
    expect(version).toMatch(/^\d/)
    expect(accepted(tool, version!)).toBe(true)
  })
  // sharp is a library of Node and comes with this package.
  it.skipIf(tool.conda === undefined)('is accepted as pinned for conda', () => {
    const [, channel, version] = /^([a-z-]+)::[a-z0-9]+=(\S+)$/.exec(tool.conda!)!
    expect(['bioconda', 'conda-forge']).toContain(channel)
    // Bioconda counts dwgsim 0.1.14 as 1.1.14.
    expect(accepted(tool, name === 'dwgsim' ? version!.replace(/^1/, '0') : version!)).toBe(true)
  })
  it('is accepted in every image that holds it', () => {
    for (const held of Object.values(contents)) if (held[name] !== undefined) expect(accepted(tool, held[name])).toBe(true)
  })
})
it('images hold known tools only', () => {
  for (const held of Object.values(contents)) for (const name of Object.keys(held)) expect(all.map(tool => tool.name)).toContain(name)
})
