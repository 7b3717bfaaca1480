import { execFileSync } from 'node:child_process'
import os from 'node:os'

/** The properties of a machine on which times depend, without its name. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memory: number
  readonly system: string
}
export const machine = (): Machine => ({
  cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
  cores: os.availableParallelism(),
  memory: os.totalmem(),
  system: `${os.type()} ${os.release().split('-')[0]}`,
})
/** Folder name for its results: `amd-epyc-7b13-2-cores`. */
export const slug = ({ cpu, cores }: Machine): string => `${cpu} ${cores} cores`.toLowerCase().replace(/[^a-z0-9]+/g, '-')

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
