import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { step } from '../define/step.ts'
import { plan } from '../graph/plan.ts'
import { made, scratch } from '../testing.ts'
import { run } from '../vocabulary/command.ts'
import { kind } from '../vocabulary/kind.ts'
import { mib } from '../vocabulary/quantity.ts'
import { tool } from '../vocabulary/tool.ts'
import { findTools, readyTools, toolFault } from './tools.ts'

// A python3 that lacks a module lies before the one that has it, as a pyenv before /usr/bin.

const version = {
  argv: ['python3', '-c', 'import torch; print(torch.__version__)'],
  match: /^torch (\S+)/m,
} as const
const torch = tool({ name: 'torch', program: 'python3', homepage: 'x', licence: 'MIT', version, accepts: '>=2 <3' })
const bare = 'echo "ModuleNotFoundError: no module" >&2; exit 1'
const having = (answer: string) => `if [ "$1" = -c ]; then echo torch ${answer}; else echo "run by ${answer}: $*"; fi`
const text = kind('text', { extension: '.txt' })
const train = step({
  name: 'train',
  image: 'any',
  tools: [torch],
  inputs: {},
  outputs: { said: text },
  needs: { cpu: 1, memory: mib(16) },
  command: ({ said }) => run('python3', 'a b').into(said),
})
const before = { PATH: process.env.PATH, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME }
beforeEach(() => {
  process.env.XDG_CACHE_HOME = scratch()
})
afterEach(() => {
  Object.assign(process.env, before)
  if (before.XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME
})
/** Folders with a python3 each, all before the machine's own along PATH; in the order given. */
function along(...scripts: readonly string[]): readonly string[] {
  const folders = scripts.map((script, n) => {
    const folder = path.join(scratch(), `bin ${n}'s`)
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'python3'), `#!/bin/sh\n${script}\n`)
    chmodSync(path.join(folder, 'python3'), 0o755)
    return folder
  })
  process.env.PATH = [...folders, before.PATH].join(path.delimiter)
  return folders
}

test('the first fit program along PATH is taken', async () => {
  const [, , second, third] = along(bare, having('1.9.0'), having('2.1.0'), having('2.2.0'))
  expect((await findTools([torch])).get('torch')).toEqual({ state: 'ready', tool: torch, path: `${second}/python3`, version: '2.1.0' })
  process.env.PATH = [third, process.env.PATH].join(path.delimiter)
  expect((await readyTools(plan('p', { said: train({}).said }))).get('torch')).toBe('2.2.0')
})
test('the step runs that one', async () => {
  along(bare, having('2.1.0'))
  const { said } = await made({ said: train({}).said })
  expect(readFileSync(said.path, 'utf8')).toBe('run by 2.1.0: a b\n')
})
test('none fits: the first is named', async () => {
  const [first] = along(having('1.9.0'), bare)
  process.env.PATH = process.env.PATH?.replace(`${path.delimiter}${before.PATH}`, '')
  const found = (await findTools([torch])).get('torch')
  expect(found).toEqual({ state: 'unfit', tool: torch, path: `${first}/python3`, version: '1.9.0' })
  expect(found && found.state !== 'ready' && toolFault(found)).toBe(`torch at ${first}/python3 is version 1.9.0; >=2 <3 is needed.`)
})
test('what a memo says of a version is believed, for that range alone', async () => {
  process.env.PATH = along(having('2.1.0')).join()
  const memo = path.join(scratch(), 'tools.json')
  expect((await findTools([torch], memo)).get('torch')?.state).toBe('ready')
  const younger = { ...torch, accepts: '>=2.5 <3' }
  expect((await findTools([younger], memo)).get('torch')?.state).toBe('unfit')
  writeFileSync(memo, readFileSync(memo, 'utf8').replace('"fits"', '"unfit"'))
  expect((await findTools([torch], memo)).get('torch')?.state).toBe('unfit')
  writeFileSync(memo, 'no JSON')
  expect((await findTools([torch], memo)).get('torch')?.state).toBe('ready')
})
