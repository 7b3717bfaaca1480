import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import type { Event, Sink } from '../../core/events.ts'
import { redacted, withoutSecrets } from '../../core/secrets.ts'
import type { Store } from '../../core/store/store.ts'

/** `runs/ID/run.json`: the arguments of a run, and how it ended; without secrets. */
export interface RunRecord {
  readonly id: string
  readonly pipeline: string
  /** Words of the command line. */
  readonly command: readonly string[]
  readonly arguments: Readonly<Record<string, unknown>>
  readonly out: string | undefined
  readonly started: string
  readonly ended?: string
  readonly seconds?: number
  readonly state: 'running' | 'succeeded' | 'failed' | 'cancelled'
  readonly message?: string
  /** Keys of the steps that ran or were found, by label. */
  readonly entries: Readonly<Record<string, string>>
  /** The process that runs it, to distinguish a run that goes on from one that was killed. */
  readonly process: { readonly pid: number; readonly host: string; readonly since: number }
}
const pad = (n: number, width = 2) => String(n).padStart(width, '0')
/** Sorts by time and can be typed: 20260131-140502-7f3a. */
export function newRunId(now: Date = new Date()): string {
  const day = `${now.getFullYear()}${pad(now.getMonth() + 1)}${pad(now.getDate())}`
  const time = `${pad(now.getHours())}${pad(now.getMinutes())}${pad(now.getSeconds())}`
  return `${day}-${time}-${randomBytes(2).toString('hex')}`
}
/** Writes a run's events as they happen, and its record at both ends. Nothing is written for a run that does not start. */
export class Recorder {
  readonly #folder: string
  readonly #now: Date = new Date()
  #record: RunRecord
  #entries: Record<string, string> = {}
  #begun = false
  constructor(store: Store, start: Pick<RunRecord, 'id' | 'pipeline' | 'command' | 'arguments' | 'out'>) {
    this.#folder = store.runFolder(start.id)
    const owner = { pid: process.pid, host: os.hostname(), since: Math.round(Date.now() - process.uptime() * 1000) }
    this.#record = redacted({ ...start, started: this.#now.toISOString(), state: 'running', entries: {}, process: owner })
  }
  readonly sink: Sink = event => {
    if (!this.#begun) {
      this.#begun = true
      mkdirSync(this.#folder, { recursive: true })
      rmSync(path.join(this.#folder, 'events.jsonl'), { force: true }) // from a client that ended: all events are written again
      this.#write()
    }
    if (event.event === 'cached' || event.event === 'succeeded') this.#entries[event.step] = event.key
    appendFileSync(path.join(this.#folder, 'events.jsonl'), `${JSON.stringify(event)}\n`)
  }
  /** Whether the run goes on. */
  get open(): boolean {
    return this.#record.state === 'running'
  }
  end(state: RunRecord['state'], message?: string): RunRecord {
    const ended = new Date()
    const seconds = (ended.getTime() - this.#now.getTime()) / 1000
    this.#record = {
      ...this.#record,
      ended: ended.toISOString(),
      seconds,
      state,
      entries: this.#entries,
      ...(message !== undefined && { message: withoutSecrets(message) }),
    }
    if (this.#begun) this.#write()
    return this.#record
  }
  #write(): void {
    writeFileSync(path.join(this.#folder, 'run.json'), `${JSON.stringify(this.#record, null, 1)}\n`)
  }
}
/** Every run of the store, the newest first. A damaged record is passed over. */
export async function runsOf(store: Store): Promise<readonly RunRecord[]> {
  const names = await readdir(path.join(store.root, 'runs'))
  const read = await Promise.all(
    names.map(name =>
      readFile(path.join(store.runFolder(name), 'run.json'), 'utf8').then(
        (text): readonly RunRecord[] => [JSON.parse(text)], // written by `Recorder`
        () => [],
      ),
    ),
  )
  return read.flat().sort((a, b) => (a.started < b.started ? 1 : -1))
}
export async function eventsOf(store: Store, id: string): Promise<readonly Event[]> {
  const text = await readFile(path.join(store.runFolder(id), 'events.jsonl'), 'utf8').catch(() => '')
  return text.split('\n').flatMap((line): readonly Event[] => {
    try {
      return line === '' ? [] : [JSON.parse(line)] // written by `Recorder`
    } catch {
      return [] // the last line of a run that was cut off
    }
  })
}
export const noRuns = (store: string) =>
  new TriremeError('USAGE', `The store ${store} has no runs. Start one with "trireme run", or name another --store.`)
/** A run by its id, the beginning or end of one, or "last". @throws TriremeError `USAGE` when there is none or several */
export async function findRun(store: Store, words: string): Promise<RunRecord> {
  const runs = await runsOf(store)
  if (runs.length === 0) throw noRuns(store.root)
  if (words === 'last') return runs[0]!
  const fitting = runs.filter(({ id }) => id === words || id.startsWith(words) || id.endsWith(words))
  if (fitting.length === 1) return fitting[0]!
  const some = (fitting.length > 0 ? fitting : runs)
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ')
  throw new TriremeError(
    'USAGE',
    `There ${fitting.length > 0 ? `are ${fitting.length} runs` : 'is no run'} "${words}". ${fitting.length > 0 ? 'They are' : 'The latest are'} ${some}; "last" is the latest.`,
  )
}
/** Whether the process of the run is still alive. */
export const isActive = (store: Store, run: RunRecord): boolean => run.state === 'running' && store.running().includes(run.id)
