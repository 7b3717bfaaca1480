import { execFileSync } from 'node:child_process'
import os from 'node:os'
import path from 'node:path'
import { readIfThere } from '../../core/files.ts'
import type { Record2 } from './record.ts'

/** The properties of a machine on which times depend, without its name. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memory: number
  readonly system: string
}
export const machine = (): Machine => ({
  cpu: os.cpus()[0]?.model.trim() || 'unknown',
  cores: os.availableParallelism(),
  memory: os.totalmem(),
  system: `${os.type()} ${os.release().split('-')[0]}`,
})
/** Folder name for its results: `amd-epyc-7b13-2-cores`. */
export const slug = ({ cpu, cores }: Pick<Machine, 'cpu' | 'cores'>): string =>
  `${cpu} ${cores} cores`.toLowerCase().replace(/[^a-z0-9]+/g, '-')

/** All of it that a record holds. */
export function machineFacts(): Record2['machine'] {
  const [governor, container, gpu] = [
    said('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    containerRuntime(),
    gpuFacts(printed(['nvidia-smi', '--query-gpu=name,driver_version', '--format=csv,noheader'])),
  ]
  return {
    ...machine(),
    architecture: os.arch(),
    ...(governor !== undefined && { governor }),
    ...(container !== undefined && { container }),
    ...(gpu && { gpu }),
    limits: limitsOf(
      controlGroups().map(group => ({ cpu: said(path.join(group, 'cpu.max')), memory: said(path.join(group, 'memory.max')) })),
    ),
    clock: clockStep(),
  }
}
const said = (file: string): string | undefined => readIfThere(file)?.trim() || undefined
function printed(argv: readonly string[]): string | undefined {
  try {
    return execFileSync(argv[0]!, argv.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 }).trim()
  } catch {
    return undefined
  }
}
/** What `nvidia-smi` says: a line a GPU, all of one model on the machines that this is made for. */
export function gpuFacts(text: string | undefined): Record2['machine']['gpu'] {
  const lines = (text ?? '').split('\n').filter(line => line.includes(','))
  const [model, driver] = lines[0]?.split(',').map(cell => cell.trim()) ?? []
  return model && driver ? { model, driver, count: lines.length } : undefined
}
/** The first of the engines that are here, with its version. */
const containerRuntime = (): string | undefined =>
  ['podman', 'docker', 'apptainer'].map(engine => printed([engine, '--version'])?.split('\n')[0]).find(line => line !== undefined)
/** Folders of this process's control group (version 2) and of those above it. */
export function controlGroups(): readonly string[] {
  const [, own] = /^0::(\/.*)$/m.exec(readIfThere('/proc/self/cgroup') ?? '') ?? []
  if (own === undefined) return []
  const parts = own.split('/').filter(Boolean)
  return parts.map((_, n) => path.join('/sys/fs/cgroup', ...parts.slice(0, parts.length - n))).concat('/sys/fs/cgroup')
}
/** The narrowest limits of some control groups. */
export function limitsOf(
  groups: readonly { readonly cpu: string | undefined; readonly memory: string | undefined }[],
): Record2['machine']['limits'] {
  const cores = groups.flatMap(({ cpu }) => {
    const [quota, period] = cpu?.split(' ').map(Number) ?? []
    return quota && period ? [quota / period] : [] // "max 100000" is no number
  })
  const memory = groups.flatMap(({ memory }) => (memory && Number.isFinite(Number(memory)) ? [Number(memory)] : []))
  return { ...(cores.length > 0 && { cores: Math.min(...cores) }), ...(memory.length > 0 && { memory: Math.min(...memory) }) }
}
/** Seconds in which limits of the control groups have held processes back, since the system started. */
export const throttledSeconds = (): number =>
  Math.max(0, ...controlGroups().map(group => Number(/^throttled_usec (\d+)$/m.exec(said(path.join(group, 'cpu.stat')) ?? '')?.[1] ?? 0))) /
  1e6
/** MHz of the first core, where the kernel tells. */
export function frequency(): number | undefined {
  const exact = said('/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq')
  const told = exact === undefined ? /^cpu MHz\s*: ([\d.]+)$/m.exec(readIfThere('/proc/cpuinfo') ?? '')?.[1] : undefined
  return exact === undefined ? (told === undefined ? undefined : Number(told)) : Number(exact) / 1000
}
/** The smallest step that the monotonic clock was seen to make, in seconds. */
function clockStep(): number {
  let least = Number.POSITIVE_INFINITY
  for (let n = 0; n < 1000; n++) {
    const from = performance.now()
    let to = performance.now()
    while (to === from) to = performance.now()
    least = Math.min(least, to - from)
  }
  return least / 1000
}
/** First line in which a program prints its version, such as `samtools 1.16.1`. */
export function versionOf(argv: readonly string[]): string {
  try {
    return (
      /\d+(\.\d+)+\S*/.exec(execFileSync(argv[0]!, argv.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }))?.[0] ??
      'unknown'
    )
  } catch (cause) {
    // bwa prints its version with its usage, and ends with status 1
    const printed = cause instanceof Error && 'stderr' in cause ? /[Vv]ersion:? *(\S+)/.exec(String(cause.stderr))?.[1] : undefined
    return printed ?? 'missing'
  }
}
