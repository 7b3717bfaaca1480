import { chmodSync, linkSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { step } from '../define/step.ts'
import { tool } from '../define/tool.ts'
import { plan } from '../graph/plan.ts'
import { readSealed, sealJson } from '../store/sealed.ts'
import { made, scratch } from '../testing.ts'
import { run } from '../vocabulary/command.ts'
import { kind } from '../vocabulary/kind.ts'
import { mib } from '../vocabulary/quantity.ts'
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
  expect(found).toEqual({ state: 'unfit', tool: torch, path: `${first}/python3`, version: '1.9.0', said: 'torch 1.9.0' })
  expect(found && found.state !== 'ready' && toolFault(found)).toBe(`torch at ${first}/python3 is version 1.9.0; >=2 <3 is needed.`)
})
test('a program that dies is quoted', async () => {
  process.env.PATH = along('echo "ImportError: libcudart.so.12: cannot open shared object file" >&2; exit 1').join()
  const found = (await findTools([torch])).get('torch')!
  expect(found.state !== 'ready' && toolFault(found)).toMatch(
    /does not tell its version; >=2 <3 is needed\. It wrote: ImportError: libcudart\.so\.12: cannot open shared object file$/,
  )
})
test('a place that is not absolute is no place: a step runs in another folder', async () => {
  const [folder] = along(having('2.1.0'))
  process.env.PATH = path.relative(process.cwd(), folder!)
  expect((await findTools([torch])).get('torch')?.state).toBe('missing')
})
test('the version of native code is remembered with its file, for that range alone', async () => {
  const node = tool({
    name: 'node',
    homepage: 'x',
    licence: 'MIT',
    version: { argv: ['node', '--version'], match: /^v(\S+)/m },
    accepts: '*',
  })
  const folder = scratch()
  const place = path.join(folder, 'node')
  linkSync(realpathSync(process.execPath), place)
  process.env.PATH = folder
  const memo = path.join(scratch(), 'tools.json')
  const memoText = () => JSON.stringify(readSealed(memo)!.value)
  const version = async (accepts = '*') => (await findTools([{ ...node, accepts }], memo)).get('node')
  expect(await version()).toMatchObject({ state: 'ready', version: process.versions.node })
  expect((await version('<1'))?.state).toBe('unfit')
  writeFileSync(memo, sealJson(memoText().replaceAll(process.versions.node, '77.0.0')))
  expect(await version()).toMatchObject({ version: '77.0.0' }) // it was not asked
  writeFileSync(memo, readFileSync(memo, 'utf8').replaceAll('77.0.0', '78.0.0')) // no longer what was written
  expect(await version()).toMatchObject({ version: process.versions.node })
  writeFileSync(memo, sealJson(memoText().replaceAll(process.versions.node, '77.0.0')))
  rmSync(place)
  symlinkSync(realpathSync(process.execPath), path.join(folder, 'other'))
  renameSync(path.join(folder, 'other'), place)
  expect(await version()).toMatchObject({ version: process.versions.node }) // the same file at another place
})
test('what a wrapper script starts is asked each time', async () => {
  const folder = scratch()
  const [inner] = along(having('2.1.0'))
  writeFileSync(path.join(folder, 'python3'), `#!/bin/sh\nexec "${inner}/python3" "$@"\n`, { mode: 0o755 })
  process.env.PATH = `${folder}${path.delimiter}${before.PATH}`
  const memo = path.join(scratch(), 'tools.json')
  expect((await findTools([torch], memo)).get('torch')).toMatchObject({ version: '2.1.0' })
  writeFileSync(path.join(inner!, 'python3'), `#!/bin/sh\n${having('2.2.0')}\n`)
  expect((await findTools([torch], memo)).get('torch')).toMatchObject({ version: '2.2.0' })
})
test('tools of one step that are found in different places are refused, where one hides the other', async () => {
  along('case $2 in *torch*) echo torch 2.1.0 ;; *) exit 1 ;; esac', 'case $2 in *keras*) echo keras 3.0.0 ;; *) exit 1 ;; esac')
  const keras = {
    ...torch,
    name: 'keras',
    version: { argv: ['python3', '-c', 'import keras'], match: /^keras (\S+)/m },
    accepts: '*',
  } as const
  const both = step({
    name: 'both',
    image: 'any',
    tools: [torch, keras],
    inputs: {},
    outputs: { said: text },
    needs: { cpu: 1, memory: mib(16) },
    command: ({ said }) => run('python3', 'x').into(said),
  })
  await expect(readyTools(plan('p', { said: both({}).said }))).rejects.toThrow(
    'The step "both" needs torch and keras, which are in different places on PATH: torch is version 2.1.0 alone, and tells no version beside the others. Install them into one environment, and put that first on PATH.',
  )
})
