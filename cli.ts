#!/usr/bin/env node
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { CommanderError } from 'commander'
import { failure, painter } from './cli/display/colour.ts'
import { noteLine, say } from './cli/display/print.ts'
import { program, withHelpAsFlag } from './cli/program.ts'
import { packageRoot } from './cli/project/package.ts'
import type { Code } from './core/errors.ts'

/** Exit status by code; docs/reference/cli.md#exit-codes tells them to users. */
const statuses: Readonly<Record<Code, number>> = {
  STEP: 1,
  USAGE: 2,
  PARAMETER: 3,
  SAMPLESHEET: 3,
  WIRING: 3,
  DEFINITION: 3,
  INPUT: 4,
  TOOL: 5,
  RESOURCES: 6,
  STORE: 7,
  ENVIRONMENT: 8,
  CANCELLED: 130,
}
const internal = 70 // EX_SOFTWARE of sysexits.h

function end(error: unknown): number {
  if (!(error instanceof Error)) return complain(`Internal error: ${String(error)}`, internal)
  if (isCommander(error)) return error.exitCode === 0 ? 0 : statuses.USAGE // it has printed its message itself
  const code = 'code' in error && typeof error.code === 'string' && Object.hasOwn(statuses, error.code) ? (error.code as Code) : undefined // one of the table's keys
  // Recognised by its code, not by its class: a project's own pipelines may have loaded the library a second time.
  if (code && (error.name === 'TriremeError' || error.name === 'PlanError')) {
    if (error.message !== '') complain(error.message, 0)
    return 'status' in error && typeof error.status === 'number' ? error.status : statuses[code]
  }
  const lacking = library(error)
  if (lacking !== undefined) {
    const how = existsSync(path.join(packageRoot, 'scripts')) ? `"npm ci" in ${packageRoot}` : '"npm install" in your project'
    return complain(`The library ${lacking} is missing: not all of Trireme's packages are there. Run ${how}.`, statuses.TOOL)
  }
  return complain(`Internal error, a fault of Trireme's own. Please report it with these lines:\n${error.stack ?? error.message}`, internal)
}
/** The library that a module of this package does not find. */
function library(error: Error): string | undefined {
  const [, name, from = ''] = /^Cannot find package '([^'./][^']*)' imported from (.*)/.exec(error.message) ?? []
  return from.startsWith(packageRoot) ? name : undefined
}
function complain(message: string, status: number): number {
  noteLine(failure(painter(process.stderr), message))
  return status
}
const isCommander = (error: Error): error is CommanderError =>
  'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.')

// A reader that closed the pipe ("trireme list | head -1") is no error. A terminal that is gone (EIO) sends SIGHUP too, which stops a run in order.
const unwritten = (error: Error) => {
  if (!('code' in error) || error.code !== 'EIO') process.exit('code' in error && error.code === 'EPIPE' ? 0 : internal)
}
process.stdout.on('error', unwritten)
process.stderr.on('error', unwritten)
const words = withHelpAsFlag(process.argv.slice(2))
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 12)) {
  complain(
    `Node ${process.versions.node} is too old for Trireme; 20.12 or newer is needed. Install it from https://nodejs.org, or as your system does.`,
    0,
  )
  process.exit(statuses.TOOL)
}
try {
  // Asked by the scripts of "trireme completion" at each TAB.
  if (words[0] === 'completion' && words[1] === 'candidates') {
    const { candidates } = await import('./cli/candidates.ts')
    for (const { word, about = '' } of await candidates(words.slice(3))) say(`${word}\t${about.split('\n')[0]}`)
  } else await (await program(words)).parseAsync(words, { from: 'user' })
} catch (error) {
  process.exitCode = end(error)
}
