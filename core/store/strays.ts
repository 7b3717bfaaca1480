import { readdirSync, statSync } from 'node:fs'
import { readIfThere } from '../files.ts'
import { ownProc, signature } from './lock-file.ts'

/** Variable of the environment of every process of a step: by it those are found that have lost their parents. */
export const markName = 'TRIREME_RUNNER'
/** How the marks of all steps of a runner begin: with its signature, and no path, since a store may be moved meanwhile. */
export const markOfRunner = (signed: string): string => `${signed}#`
let numbered = 0
/** The mark of one more step of this process. */
export const nextMark = (): string => `${markOfRunner(signature)}${++numbered}#`

/**
 * Kills all processes of this user whose mark begins so, with all that they start meanwhile, and waits until they are gone, for five seconds
 * at most. It finds none where there is no /proc, and none that has cleared its environment.
 */
export function endMarked(mark: string): void {
  for (let tries = 0; tries < 500; tries++) {
    const found = marked(mark)
    if (found.length === 0) return
    for (const id of found) {
      try {
        process.kill(id, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10) // dying takes a moment
  }
}
const marked = (mark: string): readonly number[] =>
  ownProc ? readdirSync('/proc').flatMap(id => (/^\d+$/.test(id) && isMine(id) && bears(id, mark) ? [Number(id)] : [])) : []
const bears = (id: string, mark: string) => `\0${readIfThere(`/proc/${id}/environ`) ?? ''}`.includes(`\0${markName}=${mark}`)
const isMine = (id: string) => statSync(`/proc/${id}`, { throwIfNoEntry: false })?.uid === process.geteuid?.()
