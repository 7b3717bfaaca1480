import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, compilers, root } from './types/compilers.ts'

// What `trireme new` writes passes the compilers and its own tests as it is.

let folder: string
const bin = () => path.join(folder, 'bin')
const env = () => {
  const clean = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|TRIREME_|FORCE_COLOR)/.test(name)) // vitest would take itself for the one above it
  return { ...Object.fromEntries(clean), NO_COLOR: '1', PATH: `${bin()}${path.delimiter}${process.env.PATH}` }
}
function trireme(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, 'dist/cli.js'), ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: env(),
  })
  return { status, stdout, stderr }
}
const read = (name: string) => readFileSync(path.join(folder, name), 'utf8')

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-new-'))
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(root, path.join(folder, 'node_modules/trireme-bio'))
  for (const name of ['zod', 'vitest', 'typescript', '@types'])
    symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name))
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module", "dependencies": { "zod": "*" } }')
  const options = {
    target: 'ES2023',
    lib: ['ES2023'],
    module: 'nodenext',
    strict: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    types: ['node'],
    noEmit: true,
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['pipelines', 'steps'] }))
  mkdirSync(bin())
  writeFileSync(path.join(bin(), 'vogelkit'), '#!/bin/sh\necho "vogelkit, version 2.7.1"\n')
  chmodSync(path.join(bin(), 'vogelkit'), 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Names that are hard: words of JavaScript, names that the text itself uses, a tool of the package, one installed, one with a hyphen. */
const steps = ['nowhere/count', 'vogelkit/stats', 'samtools/import-all', 'odd-tool/import', 'odd-tool/test', 'run/run', 'text/path']
const pipelines = ['heart-atlas', 'default', 'check', 'from']

describe('trireme new', () => {
  test('writes starts that compile and pass', () => {
    for (const name of steps) expect(trireme('new', 'step', name)).toMatchObject({ status: 0, stderr: '' })
    for (const name of pipelines) expect(trireme('new', 'pipeline', name)).toMatchObject({ status: 0, stderr: '' })
    for (const { program } of compilers) expect(compile(program, folder)).toBe('')
    const ran = spawnSync(process.execPath, [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder], {
      cwd: folder,
      encoding: 'utf8',
      env: env(),
    })
    expect(ran.stdout + ran.stderr).toMatch(
      new RegExp(`Tests +${steps.length * 2 + pipelines.length} passed \\(${steps.length * 2 + pipelines.length}\\)`),
    )
  })
  test('says what it wrote and what comes next', () => {
    expect(trireme('new', 'step', 'nowhere/more').stdout).toBe(
      `  steps/nowhere/more.ts
  steps/nowhere/more.test.ts
Try it: npx vitest run steps/nowhere/more.test.ts
A step is called in a pipeline: import { more } from '../steps/nowhere/more.ts'
`,
    )
  })
  test('a tool that is installed is declared in its version, and called by the step; one of the package is taken from there', () => {
    expect(read('steps/vogelkit/tool.ts')).toContain("accepts: '>=2.7 <3'")
    expect(read('steps/vogelkit/stats.ts')).toContain('tools: [vogelkit]')
    expect(read('steps/nowhere/count.ts')).toContain('tools: []')
    expect(existsSync(path.join(folder, 'steps/samtools/tool.ts'))).toBe(false)
  })
  test('the pipeline is listed, planned and run', () => {
    expect(trireme('list').stdout).toContain('heart-atlas')
    for (const [n, bases] of ['ACGT', 'GGTT'].entries())
      writeFileSync(path.join(folder, `r_${n + 1}.fastq.gz`), gzipSync(`@r\n${bases}\n+\nIIII\n`))
    writeFileSync(path.join(folder, 'sheet.csv'), 'sample,fastq_1,fastq_2\na,r_1.fastq.gz,r_2.fastq.gz\n')
    expect(trireme('run', 'heart-atlas', '--samplesheet', 'sheet.csv')).toMatchObject({ status: 0 })
    expect(JSON.parse(read('results/checked/a.json'))).toMatchObject({ first: { reads: 1 } })
  })
  test.each([
    [['step', 'count'], '"count" is no name of a step. Give TOOL/VERB in lower case letters, digits and hyphens, such as "seqkit/stats".'],
    [['step', '../out/count'], 'is no name of a step.'],
    [
      ['pipeline', 'Heart'],
      '"Heart" is no name of a pipeline. Give one of up to 100 lower case letters, digits and hyphens, such as "heart-atlas".',
    ],
    [['pipeline', 'x'.repeat(300)], 'is no name of a pipeline. Give one of up to 100 lower case letters'],
    [['step', `a/${'x'.repeat(300)}`], 'is no name of a step.'],
    [['pipeline', 'heart-atlas'], 'pipelines/heart-atlas.ts is there already, and nothing is overwritten. Give another name.'],
    [
      ['step', 'samtools/sort'],
      'The package has samtools/sort already. Copy it to change it, "trireme add samtools/sort", or give another name',
    ],
    [['tool', 'x'], '"trireme new" starts a step or a pipeline, not "tool": trireme new step TOOL/VERB, trireme new pipeline NAME'],
  ])('%s is refused', (words, message) => {
    const { status, stderr } = trireme('new', ...words)
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  })
})
