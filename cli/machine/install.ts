import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { cacheFolder, openedBy } from '../../core/host/own-folder.ts'
import { type FoundTool, findTools, toolFault } from '../../core/host/tools.ts'
import { quoted } from '../../core/vocabulary/command.ts'
import type { Tool } from '../../core/vocabulary/tool.ts'

/** What this machine can install tools with. */
export interface Machine {
  /** Root on Debian or one of its children: apt-get may be used. */
  readonly apt: boolean
  /** The first of these on PATH. */
  readonly conda: 'micromamba' | 'mamba' | 'conda' | undefined
  /** Folder of Trireme's own conda environment. */
  readonly prefix: string
}
const onPath = (program: string): boolean =>
  (process.env.PATH ?? '').split(path.delimiter).some(folder => folder !== '' && existsSync(path.join(folder, program)))
/** Folder of the conda environment that holds what was installed for Trireme. */
export const ownPrefix = (environment: NodeJS.ProcessEnv = process.env): string =>
  environment.TRIREME_PREFIX || path.join(cacheFolder(environment), 'env')
export const thisMachine = (prefix: string = ownPrefix()): Machine => ({
  apt: process.getuid?.() === 0 && existsSync('/etc/debian_version') && onPath('apt-get'),
  conda: (['micromamba', 'mamba', 'conda'] as const).find(onPath),
  prefix,
})
/** The folder by which others could put programs into an environment; who names one by TRIREME_PREFIX or --prefix answers for it. */
const openedPrefix = (prefix: string): string | undefined => (prefix === path.join(cacheFolder(), 'env') ? openedBy(prefix) : undefined)
/** Puts the tools of Trireme's own environment first on PATH. Does nothing where there is none, or others could write to it. */
export function useOwnTools(prefix: string = ownPrefix()): void {
  const bin = path.join(prefix, 'bin')
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  if (existsSync(bin) && folders[0] !== bin && openedPrefix(prefix) === undefined)
    process.env.PATH = [bin, ...folders.filter(folder => folder !== bin)].join(path.delimiter)
}

const sortedNames = (names: Iterable<string>): readonly string[] => [...new Set(names)].sort()
export const aptCommand = (tools: readonly Tool[]): readonly string[] => [
  ...['apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends'],
  ...sortedNames(tools.flatMap(({ debian }) => debian?.split(' ') ?? [])),
]
/**
 * The command that installs pinned packages into Trireme's own environment; channels as bioconda asks for them (https://bioconda.github.io), whatever the user's settings.
 * @param there whether the environment exists already
 */
export const condaCommand = (program: string, prefix: string, tools: readonly Tool[], there: boolean): readonly string[] => [
  ...[program, there ? 'install' : 'create', '--yes', '--prefix', prefix],
  ...['--override-channels', '--strict-channel-priority', '--channel', 'conda-forge', '--channel', 'bioconda'],
  ...sortedNames(tools.flatMap(({ conda }) => conda?.split(' ') ?? [])),
]
/** Commands that install tools on a machine, and the tools that none of them installs. */
export function remedies(
  tools: readonly Tool[],
  { apt, conda, prefix }: Machine,
): { readonly commands: readonly (readonly string[])[]; readonly left: readonly Tool[] } {
  const byApt = tools.filter(tool => apt && tool.debian !== undefined)
  const byConda = tools.filter(tool => !byApt.includes(tool) && conda !== undefined && tool.conda !== undefined)
  const there = existsSync(path.join(prefix, 'conda-meta'))
  return {
    commands: [
      ...(byApt.length > 0 ? [aptCommand(byApt)] : []),
      ...(byConda.length > 0 ? [condaCommand(conda ?? '', prefix, byConda, there)] : []),
    ],
    left: tools.filter(tool => !byApt.includes(tool) && !byConda.includes(tool)),
  }
}
/** A command as a person types it. Only names, versions and the prefix are in it. */
export const typed = (argv: readonly string[]): string => argv.map(quoted).join(' ')
/** What a person can do to get tools, whether or not Trireme could do it itself. */
export function advice(tools: readonly Tool[], machine: Machine): string {
  const { commands, left } = remedies(tools, machine)
  const lines = commands.map(typed)
  if (left.length === 0) return lines.join('\n')
  const debian = existsSync('/etc/debian_version') ? left.filter(tool => tool.debian !== undefined) : []
  const conda = left.filter(tool => tool.conda !== undefined)
  if (debian.length > 0) lines.push(`sudo ${typed(aptCommand(debian))}`)
  if (conda.length > 0 && machine.conda === undefined) {
    const file = 'micromamba is one file: https://mamba.readthedocs.io/en/latest/installation/micromamba-installation.html'
    lines.push(debian.length > 0 ? `or, without root (${file}):` : `(${file})`)
    lines.push(typed(condaCommand('micromamba', machine.prefix, conda, existsSync(path.join(machine.prefix, 'conda-meta')))))
  }
  for (const tool of left) if (!tool.debian && !tool.conda) lines.push(`${tool.name}: see ${tool.homepage}`)
  return lines.join('\n')
}
/** Whether the fault of a tool says itself how to mend it. */
export const saysHow = (found: FoundTool): boolean => found.state === 'unfit' && found.lacks !== undefined
const faults = (found: readonly FoundTool[]): readonly string[] => found.flatMap(each => (each.state === 'ready' ? [] : [toolFault(each)]))
const plural = (n: number, one: string) => `${n} ${one}${n === 1 ? '' : 's'}`

/**
 * Installs the tools that are missing or unfit, and looks again. Says first, in one message, what it will do.
 * @throws TriremeError `TOOL` when it may not or cannot, with the command that mends it
 */
export async function installMissing(
  found: Iterable<FoundTool>,
  options: { readonly install: boolean; readonly log: (line: string) => void; readonly machine?: Machine },
): Promise<void> {
  const bad = [...found].filter(each => each.state !== 'ready')
  if (bad.length === 0) return
  const machine = options.machine ?? thisMachine()
  const tools = bad.map(({ tool }) => tool)
  const { commands, left } = remedies(tools, machine)
  if (!options.install || left.length > 0) {
    const silent = bad.filter(each => !saysHow(each)).map(({ tool }) => tool)
    const how = `Install ${silent.length === 1 ? 'it' : 'them'} with:\n  ${advice(silent, machine).replaceAll('\n', '\n  ')}`
    const unable = 'Trireme itself installs with apt-get as root on Debian and Ubuntu, else with micromamba, mamba or conda.'
    throw new TriremeError('TOOL', [...faults(bad), ...(silent.length > 0 ? [how, ...(options.install ? [unable] : [])] : [])].join('\n'))
  }
  const opened = commands.some(([program]) => program !== 'apt-get') ? openedPrefix(machine.prefix) : undefined
  if (opened !== undefined)
    throw new TriremeError(
      'TOOL',
      `Nothing was installed into ${machine.prefix}: ${opened} is somebody else's, or others may write to it, and what lies there is run. Take that right from them (chmod go-w ${quoted(opened)}), or name a folder of your own: TRIREME_PREFIX=DIR.`,
    )
  options.log(
    `${plural(bad.length, 'tool')} to install: ${tools.map(({ name }) => name).join(', ')}. Running:\n  ${commands.map(typed).join('\n  ')}`,
  )
  for (const command of commands) await carryOut(command)
  useOwnTools(machine.prefix)
  const after = [...(await findTools(tools)).values()]
  const still = after.filter(each => each.state !== 'ready')
  // An old Debian's own version may not fit; conda's does, where there is one.
  if (still.length > 0 && machine.apt && machine.conda) return installMissing(still, { ...options, machine: { ...machine, apt: false } })
  if (still.length > 0) throw new TriremeError('TOOL', unfitAfter(still, machine))
  options.log(`Installed: ${after.map(each => `${each.tool.name} ${each.state === 'ready' ? each.version : ''}`).join(', ')}.`)
}
function unfitAfter(still: readonly FoundTool[], machine: Machine): string {
  const pinned = still.map(({ tool }) => tool).filter(tool => tool.conda !== undefined)
  const conda = typed(
    condaCommand(machine.conda ?? 'micromamba', machine.prefix, pinned, existsSync(path.join(machine.prefix, 'conda-meta'))),
  )
  const remedy = pinned.length > 0 ? `\nThis system's packages do not have a version that fits. Conda has:\n  ${conda}` : ''
  return `After installing, ${still.length === 1 ? 'one tool is' : `${still.length} tools are`} still not fit:\n${faults(still).join('\n')}${remedy}`
}
/** apt-get gets its lists first where there are none, and once more where they are too old to find a package. */
async function carryOut(command: readonly string[]): Promise<void> {
  if (command[0] !== 'apt-get') return call(command)
  const lists = '/var/lib/apt/lists'
  const fresh = existsSync(lists) && readdirSync(lists).some(name => name.endsWith('_Packages') || name.includes('_Packages.'))
  const known =
    fresh &&
    spawnSync('apt-get', [
      'install',
      '--simulate',
      '--no-install-recommends',
      ...command.slice(command.indexOf('--no-install-recommends') + 1),
    ]).status === 0
  if (!known) await call(['apt-get', 'update'])
  try {
    await call(command)
  } catch (error) {
    if (!known) throw error
    await call(['apt-get', 'update'])
    await call(command)
  }
}
/** Its output goes to stderr: stdout is for the command's own result. */
async function call([program = '', ...words]: readonly string[]): Promise<void> {
  const status = await new Promise<number | null>((done, fail) => {
    const child = spawn(program, words, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
    child.on('error', fail)
    child.on('exit', done)
  })
  if (status !== 0)
    throw new TriremeError(
      'TOOL',
      `"${typed([program, ...words])}" ended with status ${status}. Its own words are above; mend that and try again.`,
    )
}
