import path from 'node:path'
import type { Record2, Run } from '../../benchmarks/harness/record.ts'
import { canonical, sha256 } from '../../core/graph/key.ts'
import { removeTree } from '../../core/left-behind.ts'
import { appendLines, readLines } from '../../core/store/sealed.ts'
import { ensureFolderOnDisk } from '../../core/store/whole-file.ts'

type Session = Record2['sessions'][number]
type Failed = Record2['failed'][number]
/** Versions and images that runs told. */
export interface Told {
  readonly programs: Readonly<Record<string, string>>
  readonly images: Readonly<Record<string, string>>
}
/** A line: what was measured, and the session as it stood then. */
interface MeasuredLine {
  readonly seed?: number
  readonly run?: Run
  readonly failed?: Failed
  readonly told?: Told
  readonly session?: Session
}
/**
 * What was measured so far, in a folder of the store, a sealed line for each run: on the disk before the next run begins. The folder belongs to one
 * definition, code and set of environments: whoever comes back with the same goes on.
 */
export class Measured {
  readonly folder: string
  readonly seed: number
  readonly runs: Run[] = []
  readonly failed: Failed[] = []
  readonly #sessions = new Map<string, Session>()
  #told: Told = { programs: {}, images: {} }
  readonly #file: string
  constructor(root: string, name: string, identity: unknown, seed: number) {
    this.folder = path.join(root, 'bench', `${name}-${sha256(canonical(identity)).slice(0, 12)}`)
    this.#file = path.join(this.folder, 'measured.jsonl')
    ensureFolderOnDisk(this.folder)
    const lines = readLines(this.#file) as readonly MeasuredLine[] // sealed: as `add` wrote them
    for (const line of lines) this.#take(line)
    const begun = lines.find(line => line.seed !== undefined)?.seed
    this.seed = begun ?? seed
    if (begun === undefined) appendLines(this.#file, [{ seed }], { flush: true })
  }
  get sessions(): readonly Session[] {
    return [...this.#sessions.values()]
  }
  get told(): Told {
    return this.#told
  }
  add(line: MeasuredLine): void {
    appendLines(this.#file, [line], { flush: true })
    this.#take(line)
  }
  #take({ run, failed, told, session }: MeasuredLine): void {
    if (run) this.runs.push(run)
    if (failed) this.failed.push(failed)
    if (session) this.#sessions.set(session.began, session)
    if (told) this.#told = { programs: { ...this.#told.programs, ...told.programs }, images: { ...this.#told.images, ...told.images } }
  }
  /** After this nothing of it is left: the record holds it all. */
  remove(): void {
    removeTree(this.folder)
  }
}
