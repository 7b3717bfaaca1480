import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { startersHere } from '../../core/host/perl-spawn.ts'
import { type FoundTool, findTools, toolFault } from '../../core/host/tools.ts'
import type { Tool } from '../../core/vocabulary/tool.ts'
import { noteLine, say } from '../display/print.ts'
import { advice, installMissing, ownPrefix, saysHow, thisMachine, useOwnTools } from '../machine/install.ts'
import { gnuTimeTool, type SystemCheck, surroundings, testTools } from '../machine/system-checks.ts'
import { findPipeline, steps } from '../project/catalogue.ts'
import { reach, relative } from '../project/import-closure.ts'
import { ending, house } from '../project/package.ts'

export interface DoctorOptions {
  readonly install?: boolean
  readonly tests?: boolean
  readonly json?: boolean
  readonly prefix?: string
  readonly store?: string
  readonly on?: string
  readonly trial?: boolean
  readonly image?: string
}
export async function doctor(pipeline: string | undefined, options: DoctorOptions): Promise<void> {
  if (options.on === undefined) {
    const [name] = (['trial', 'image'] as const).filter(name => options[name] !== undefined)
    if (name === undefined) return examineMachine(pipeline, options)
    throw new TriremeError('USAGE', `--${name} is for a cluster: name it with --on ENVIRONMENT.`)
  }
  const { doctorOfCluster } = await import('../machine/cluster-doctor.ts') // brings YAML, which a look at this machine does not need
  return doctorOfCluster({ ...options, on: options.on })
}
async function examineMachine(
  pipeline: string | undefined,
  { install = false, tests = false, json = false, prefix, store }: DoctorOptions,
): Promise<void> {
  const machine = thisMachine(prefix ?? ownPrefix())
  useOwnTools(machine.prefix)
  const tools = [...(await toolsFor(pipeline)), ...(tests ? testTools : [])]
  let found = await findTools(tools)
  if (install) {
    const time: FoundTool[] =
      machine.apt && !startersHere && !tests && gnuTimeTool.place() === undefined ? [{ state: 'missing', tool: gnuTimeTool.tool }] : []
    await installMissing([...found.values(), ...time], { install, log: noteLine, machine })
    found = await findTools(tools)
  }
  const system = surroundings(store)
  const checks = [...system, ...tools.map(tool => checked(found.get(tool.name), tool, bad => advice([bad], machine)))]
  const bad = checks.filter(({ state }) => state === 'missing' || state === 'unfit')
  if (json) say(JSON.stringify({ ok: bad.length === 0, checks }, null, 2))
  else {
    const lacking = [...found.values()].flatMap(each => (each.state === 'ready' || saysHow(each) ? [] : [each.tool]))
    const commands = lacking.length > 0 ? ['"trireme doctor --install" gets the tools, or do it yourself:', advice(lacking, machine)] : []
    // A version says enough by itself; a program that tells none is quoted.
    const dying = [...found.values()].flatMap(each =>
      each.state === 'unfit' && (each.version === undefined || each.outside !== undefined) ? [toolFault(each)] : [],
    )
    const others = system.flatMap(({ name, mend }) => (mend === null ? [] : [`${name}: ${mend}.`]))
    const verdict = bad.length === 0 ? 'All is well.' : `Missing or unfit: ${bad.map(({ name }) => name).join(', ')}.`
    say([table(checks), '', verdict, ...dying, ...commands, ...others].join('\n'))
  }
  if (bad.length === 0) return
  throw new TriremeError('TOOL', '') // the table has said it all; the code gives the exit status
}
/** Tools of every step; with a pipeline, of the steps that its files import. */
async function toolsFor(pipeline: string | undefined): Promise<readonly Tool[]> {
  const all = await steps()
  let chosen = all
  if (pipeline !== undefined) {
    const { file } = await findPipeline(pipeline)
    const packaged = (imported: string) => {
      const inside = /^trireme-bio\/((?:steps|pipelines)\/.+)$/.exec(imported)?.[1]
      return inside === undefined ? undefined : path.join(house, inside + ending)
    }
    const files = new Set(reach([file], (imported, from) => relative(imported, from) ?? packaged(imported)))
    chosen = all.filter(step => files.has(step.file))
  }
  const tools = chosen.flatMap(({ it }) => it.spec.tools ?? [])
  return [...new Map(tools.map(tool => [tool.name, tool])).values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
function checked(found: FoundTool | undefined, tool: Tool, mend: (tool: Tool) => string): SystemCheck {
  const line = { name: tool.name, needed: tool.accepts }
  if (found === undefined || found.state === 'missing') return { ...line, state: 'missing', version: null, path: null, mend: mend(tool) }
  const { path, version = null } = found
  if (found.state === 'ready') return { ...line, state: 'ok', version, path, mend: null }
  return { ...line, state: 'unfit', version, path, mend: found.lacks ?? mend(tool) }
}
function table(checks: readonly SystemCheck[]): string {
  const short = (text: string) => (text.length <= 90 ? text : `${text.slice(0, 89)}…`) // all that a Python has is told with --json
  const rows = checks.map(({ name, state, version, needed, path }) => [state, name, short(version ?? '-'), needed, path ?? '-'])
  const all = [['state', 'name', 'version', 'needed', 'where'], ...rows]
  const widths = all[0]!.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  return all
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
