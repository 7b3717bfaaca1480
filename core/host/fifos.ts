import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, statSync, utimesSync } from 'node:fs'
import { promisify } from 'node:util'
import { TriremeError } from '../errors.ts'

/** Times of a pipe that was neither written to nor read yet: a second after the epoch. */
const untouched = 1

/** @throws TriremeError `STORE` where the file system has no named pipes */
export async function makePipes(pipes: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', ...pipes])
    for (const pipe of pipes) utimesSync(pipe, untouched, untouched)
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
 * does neither. Where a program moves pages into it (splice) and the file system notes no accesses, it may be wrong, so the caller has to make sure.
 */
export function carriedNothing(pipe: string): boolean {
  const { atimeMs, mtimeMs } = statSync(pipe)
  return mtimeMs === untouched * 1000 && atimeMs === untouched * 1000
}
/** Opens and closes one end of a named pipe, so that a program that waits at the other end goes on. */
export function touch(pipe: string, end: typeof constants.O_RDONLY | typeof constants.O_WRONLY): void {
  try {
    closeSync(openSync(pipe, end | constants.O_NONBLOCK))
  } catch {
    // No program waits there.
  }
}
