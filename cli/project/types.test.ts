import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { verdictText } from './types.ts'

// A compiler of the test's own stands where a project's TypeScript is: it notes that it was called, waits if it is to, and prints what it is to.

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string
const at = (...names: string[]) => path.join(folder, ...names)
const put = (name: string, text: string) => {
  mkdirSync(path.dirname(at(name)), { recursive: true })
  writeFileSync(at(name), text)
}
const compiler = ({ prints = '', waitsFor = '' } = {}) => {
  put('node_modules/typescript/package.json', '{ "version": "7.0.0" }')
  put(
    'node_modules/typescript/bin/tsc',
    `const fs = require('fs')
const config = process.argv[process.argv.indexOf('-p') + 1]
fs.appendFileSync(${JSON.stringify(at('calls'))}, fs.readFileSync(config, 'utf8') + '\\n')
const wait = () => ${JSON.stringify(waitsFor)} === '' || fs.existsSync(${JSON.stringify(waitsFor)})
const go = () => (wait() ? (process.stdout.write(${JSON.stringify(prints)}), fs.appendFileSync(${JSON.stringify(at('ended'))}, '.')) : setTimeout(go, 50))
go()
`,
  )
}
const pipeline = (extra = '') => `import { pipeline } from 'trireme-bio'
import { fastqPair } from 'trireme-bio/kinds'
import { name } from './name.ts'
${extra}
export const mine = pipeline({ name, inputs: { reads: fastqPair }, build: ({ reads }) => ({ reads }) })
`
function trireme(verb: string, ...words: string[]) {
  const reads = [1, 2].map(mate => path.join(root, `datasets/toy/reads/sample1_L1_${mate}.fastq.gz`)).join(',')
  const argv = [path.join(root, 'dist/cli.js'), verb, 'mine', '--reads', reads, ...words]
  return spawnSync(process.execPath, argv, { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
}
const calls = () => (existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trim().split('\n') : [])
/** What plan says once the compiler has answered, however slow the machine is. */
async function told(): Promise<string> {
  for (;;) {
    const { stderr, status } = trireme('plan')
    expect(status).toBe(0)
    if (stderr !== '') return stderr
    await pause(200)
  }
}
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-types-'))
  put('package.json', '{ "type": "module" }')
  put('pipelines/mine.ts', pipeline())
  put('pipelines/name.ts', "export const name = 'mine'\n")
  mkdirSync(at('node_modules'))
  symlinkSync(root, at('node_modules/trireme-bio'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const error = `pipelines/mine.ts(5,20): error TS2322: Type 'A' is not assignable to type 'B'.
  Types of property 'sorted' are incompatible.
    Type '"unsorted"' is not assignable to type '"coordinate"'.
`
test('an error is told as a warning, asked once for the same files, and again when what is imported changes', async () => {
  compiler({ prints: error })
  const words = `TypeScript finds an error in the pipeline. That is a warning; "npx tsc" says all of it.
  pipelines/mine.ts, line 5: Type '"unsorted"' is not assignable to type '"coordinate"'.
`
  expect(await told()).toBe(words)
  expect(calls()).toHaveLength(1)
  expect(JSON.parse(calls()[0]!)).toMatchObject({
    compilerOptions: { strict: true, noEmit: true },
    files: [at('pipelines/mine.ts')],
    include: [],
  })
  const { status, stderr } = trireme('run')
  expect([status, stderr]).toEqual([0, expect.stringContaining(words)])
  expect(calls()).toHaveLength(1)
  put('tsconfig.json', '{}')
  put('pipelines/name.ts', "export const name = 'mine' // changed\n")
  expect(await told()).toBe(words)
  expect(calls()).toHaveLength(2)
  expect(JSON.parse(calls()[1]!)).toMatchObject({ extends: at('tsconfig.json') })
})
test('a run does not wait for a compiler that takes its time, whose answer is kept for the next', async () => {
  compiler({ prints: error, waitsFor: at('go') })
  const { status, stderr } = trireme('run')
  expect([status, stderr]).toEqual([0, expect.not.stringContaining('TypeScript')])
  expect(existsSync(at('ended'))).toBe(false)
  put('go', '')
  expect(await told()).toContain('TypeScript finds an error')
  expect(calls()).toHaveLength(1)
})
test('a compiler that dies, and none at all, say nothing', async () => {
  put('node_modules/typescript/package.json', '{}')
  put('node_modules/typescript/bin/tsc', 'process.kill(process.pid, 9)')
  expect(trireme('plan')).toMatchObject({ status: 0, stderr: '' })
  rmSync(at('node_modules/typescript'), { recursive: true })
  expect(trireme('plan')).toMatchObject({ status: 0, stderr: '' })
})
test('only errors of the pipeline and of what it imports are told, three at most', () => {
  const line = (file: string, n: number) => `${file}(${n},1): error TS1: what ${n}\n`
  const own = path.resolve('pipelines/a.ts')
  expect(verdictText(`${line('pipelines/other.ts', 1)}error TS5000: a configuration\n`, [own])).toEqual([])
  expect(verdictText(`${line('pipelines/other.ts', 1)}${[2, 3, 4, 5].map(n => line('pipelines/a.ts', n)).join('')}`, [own])).toEqual([
    'TypeScript finds 4 errors in the pipeline. That is a warning; "npx tsc" says all of it.',
    '  pipelines/a.ts, line 2: what 2',
    '  pipelines/a.ts, line 3: what 3',
    '  pipelines/a.ts, line 4: what 4',
    '  … and 1 more.',
  ])
})
