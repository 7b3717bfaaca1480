import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { reach, relative } from './import-closure.ts'
import { packageRoot } from './package.ts'

// What the project's own TypeScript says of a pipeline, unasked: in a process beside the run, told when it is there. It is a warning. The verdict is
// kept by what it depends on, so that an unchanged pipeline costs nothing.

/** As `trireme init` writes them: for a project without a tsconfig.json. */
export const strictOptions = {
  target: 'ES2023',
  lib: ['ES2023'],
  module: 'nodenext',
  strict: true,
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  noEmit: true,
}
/** Runs the compiler with low priority, and files what it prints under its name in one move. It outlives a run that is shorter. */
const compiling = `
const [tsc, config, file] = process.argv.slice(1)
require('os').setPriority(10)
const done = require('child_process').spawnSync(process.execPath, [tsc, '-p', config, '--pretty', 'false'], { encoding: 'utf8', timeout: 60000, maxBuffer: 1 << 26 })
  const fs = require('fs')
if (done.status !== null) { fs.writeFileSync(file + '.part', done.stdout, { flush: true }); fs.renameSync(file + '.part', file) }
`
export interface TypeCheck {
  /** Tells the verdict once, when it is there; waits for it at most so long, in ms. */
  tell(patience: number): Promise<void>
}
/** Starts to check a module of the project with all that it imports; undefined where no TypeScript is installed, or nothing may be written. */
export function checkTypes(file: string, log: (line: string) => void): TypeCheck | undefined {
  try {
    return startCheck(file, log)
  } catch {
    return undefined // a courtesy: whatever is amiss with the project's TypeScript, the run says nothing of it
  }
}
function startCheck(file: string, log: (line: string) => void): TypeCheck | undefined {
  const project = process.cwd()
  if (!file.endsWith('.ts')) return undefined
  const manifest = createRequire(path.join(project, 'package.json')).resolve('typescript/package.json')
  const tsc = path.join(path.dirname(manifest), 'bin/tsc')
  const closure = reach([file], withEnding)
  const own = path.join(project, 'tsconfig.json')
  const library = path.join(packageRoot, 'package.json')
  const content = createHash('sha256')
  for (const each of [...closure, manifest, library, ...(existsSync(own) ? [own] : [])])
    content.update(`${each}\n`).update(readFileSync(each))
  content.update(String(statSync(path.join(packageRoot, 'dist/core/index.d.ts')).mtimeMs)) // a checkout is built anew under the same version
  const folder = path.join(project, 'node_modules/.cache/trireme-types')
  mkdirSync(folder, { recursive: true })
  const verdict = path.join(folder, `${content.digest('hex').slice(0, 32)}.txt`)
  if (!existsSync(verdict)) {
    const config = path.join(folder, `${path.basename(file)}.json`)
    const options = existsSync(own) ? { extends: own, compilerOptions: { noEmit: true } } : { compilerOptions: strictOptions }
    writeFileSync(config, JSON.stringify({ ...options, files: [file], include: [] }))
    spawn(process.execPath, ['-e', compiling, tsc, config, verdict], { cwd: project, detached: true, stdio: 'ignore' })
      .on('error', () => {}) // as if no TypeScript were there
      .unref()
  }
  let told = false
  const tellNow = () => {
    if (told || !existsSync(verdict)) return told
    told = true
    for (const line of verdictText(readFileSync(verdict, 'utf8'), closure)) log(line)
    return true
  }
  const timer = setInterval(() => tellNow() && clearInterval(timer), 200).unref()
  return {
    tell: async patience => {
      for (const end = Date.now() + patience; !tellNow() && Date.now() < end; ) await pause(50)
      clearInterval(timer)
    },
  }
}
const withEnding = (imported: string, from: string): string | undefined => {
  const file = relative(imported, from)
  return file === undefined || existsSync(file) ? file : `${file}.ts`
}
/** Few lines of what the compiler printed: of each fault its place and the last line, which says what differs. */
export function verdictText(printed: string, files: readonly string[]): readonly string[] {
  const faults = printed.split(/^(?=\S)/m).flatMap(text => {
    const [, file = '', line, message = ''] = /^(.+?)\((\d+),\d+\): error TS\d+: ([\s\S]+)$/.exec(text) ?? []
    return files.includes(path.resolve(file)) ? [`  ${file}, line ${line}: ${message.trimEnd().split('\n').at(-1)!.trim()}`] : []
  })
  if (faults.length === 0) return []
  const shown = faults.slice(0, 3)
  return [
    `TypeScript finds ${faults.length === 1 ? 'an error' : `${faults.length} errors`} in the pipeline. That is a warning; "npx tsc" says all of it.`,
    ...shown,
    ...(faults.length > shown.length ? [`  … and ${faults.length - shown.length} more.`] : []),
  ]
}
