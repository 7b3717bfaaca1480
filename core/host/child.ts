import type { Usage } from '../events.ts'

/** A program that was started as a process group of its own. */
export interface Child {
  /** Number of its process, which is also that of its process group; undefined until it is known. */
  readonly pid: () => number | undefined
  /** The same as soon as it is known; undefined where it could not be started. */
  readonly begun: Promise<number | undefined>
  /** Sends a signal to its group. Not to be called after its end: another process may have its number by then. */
  readonly kill: (signal: NodeJS.Signals) => void
  /** When it resolves, nothing is left of all that it started. */
  readonly ended: Promise<ChildEnd>
}

export interface ChildEnd {
  readonly status: number | null
  readonly signal: NodeJS.Signals | number | null
  readonly usage: Usage | undefined
  /** Why it could not be started. */
  readonly fault?: string
  /** Processes that it left running and that cannot be ended: they have become another user's. */
  readonly left?: readonly number[]
}

/** Opening a named pipe waits for its other end, so a shell does it. */
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
  /** Descriptor of what receives stderr, and stdout too unless `stdout` is given: open for appending. */
  readonly log: number
  readonly stdout: string | undefined
  /** True where `stdout` is a named pipe: opening it waits for its reader, so the child does that. */
  readonly piped: boolean
  readonly environment: Readonly<Record<string, string>>
  readonly timeLimit: number | undefined
  /** File for the figures of GNU time, where that measures. @default `usage` in the folder */
  readonly usage?: string
}
