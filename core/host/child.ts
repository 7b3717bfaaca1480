import type { Usage } from '../events.ts'

/** A program that was started as a process group of its own. */
export interface Child {
  /** Its process, and its group's number; undefined as long as it is not known. */
  readonly pid: () => number | undefined
  /** Sends a signal to its group. Not to be called after its end: its number may be another's by then. */
  readonly kill: (signal: NodeJS.Signals) => void
  /** By then nothing of the group is left. */
  readonly ended: Promise<ChildEnd>
}

export interface ChildEnd {
  readonly status: number | null
  readonly signal: NodeJS.Signals | number | null
  readonly usage: Usage | undefined
  /** Why it could not be started. */
  readonly fault?: string
}

/** To open a named pipe is to wait for its other end. A shell does that, whose environment says whose it is if we are killed meanwhile. */
export const piped = (words: readonly string[], { piped, stdout }: SpawnOptions): readonly string[] =>
  piped && stdout !== undefined ? ['bash', '-c', 'to=$1; shift; exec "$@" >"$to"', 'step', stdout, ...words] : words
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // The group has ended already.
  }
}
export interface SpawnOptions {
  readonly folder: string
  /** Receives stderr, and stdout too unless `stdout` is given. */
  readonly log: string
  readonly stdout: string | undefined
  /** True where `stdout` is a named pipe: opening it waits for its reader, so the child does that. */
  readonly piped: boolean
  readonly environment: Readonly<Record<string, string>>
  readonly timeLimit: number | undefined
  /** File for the figures of GNU time, where that measures. @default `usage` in the folder */
  readonly usage?: string
}
