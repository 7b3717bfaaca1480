import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, utimesSync } from 'node:fs'
import { promisify } from 'node:util'
import { TriremeError } from '../errors.ts'
import { Held, unfollowed } from '../left-behind.ts'

/** Times of a pipe that was neither written to nor read yet: a second after the epoch. */
const untouched = 1

/**
 * Makes named pipes, and holds them: a program may take their names away, while another waits at one.
 * @throws TriremeError `STORE` where the file system has no named pipes
 */
export async function makePipes(pipes: readonly string[]): Promise<ReadonlyMap<string, Held>> {
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', ...pipes])
    for (const pipe of pipes) utimesSync(pipe, untouched, untouched)
    return new Map(pipes.map(pipe => [pipe, new Held(pipe)]))
  } catch (cause) {
    const fault = cause instanceof Error ? cause.message.trim() : String(cause)
    throw new TriremeError(
      'STORE',
      `The pipes between steps cannot be made: ${fault}. Give a --store on a file system that has named pipes, or run with --no-stream.`,
      { cause },
    )
  }
}
/**
 * Whether no byte seems to have gone through a pipe: a write sets its time of change, a read its time of access. Opening and closing it
 * does neither. Where a program moves pages into it (splice) and the file system notes no accesses, or has removed it, it may be wrong, so the
 * caller has to make sure.
 */
export function carriedNothing(pipe: string): boolean {
  const there = unfollowed(pipe)
  return !there?.isFIFO() || (there.mtimeMs === BigInt(untouched * 1000) && there.atimeMs === BigInt(untouched * 1000))
}
/** Opens and closes one end of a named pipe, so that a program that waits at the other end goes on. */
export function touch(pipe: Held, end: typeof constants.O_RDONLY | typeof constants.O_WRONLY): void {
  try {
    closeSync(openSync(pipe.place, end | constants.O_NONBLOCK))
  } catch {
    // No program waits there.
  }
}
