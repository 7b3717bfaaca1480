import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, rmSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { TriremeError } from '../../core/errors.ts'
import type { Event, Sink } from '../../core/events.ts'
import { notice } from '../../core/notices.ts'
import { redacted, withoutSecrets } from '../../core/secrets.ts'
import { jsonIn, sealedText, unsealed } from '../../core/store/sealed.ts'
import type { Store } from '../../core/store/store.ts'
import { ensureFolderOnDisk, syncNow, writeWhole } from '../../core/store/whole-file.ts'
import { eventSchema } from './event-schema.ts'

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
const recordSchema = z.object({
  id: z.string(),
  pipeline: z.string(),
  command: z.array(z.string()),
  arguments: z.record(z.string(), z.unknown()),
  out: z.string().optional(),
  started: z.iso.datetime(),
  ended: z.iso.datetime().exactOptional(),
  seconds: z.number().exactOptional(),
  state: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  message: z.string().exactOptional(),
  entries: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
  process: z.object({ pid: z.int(), host: z.string(), since: z.number() }),
})
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
      ensureFolderOnDisk(this.#folder)
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
  /** After this the events and the record are on the disk. */
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
    if (this.#begun) {
      syncNow(path.join(this.#folder, 'events.jsonl'))
      this.#write()
    }
    return this.#record
  }
  #write(): void {
    writeWhole(path.join(this.#folder, 'run.json'), sealedText(this.#record))
  }
}
/** A run whose record a disk, or a hand, has damaged. */
export interface DamagedRun {
  readonly id: string
  readonly file: string
  /** What is wrong, in words: "it is cut off, or changed". */
  readonly fault: string
}
/** Every run of the store, the newest first, and those that cannot be read. A folder without a record is of a run that never began, or that was being removed. */
export async function readRuns(store: Store): Promise<{ readonly runs: readonly RunRecord[]; readonly damaged: readonly DamagedRun[] }> {
  const names = (await readdir(path.join(store.root, 'runs'))).filter(name => existsSync(recordFile(store, name)))
  const read = await Promise.all(names.map(name => readRun(store, name)))
  const runs = read.flatMap(each => ('fault' in each ? [] : [each]))
  return { runs: runs.sort((a, b) => (a.started < b.started ? 1 : -1)), damaged: read.flatMap(each => ('fault' in each ? [each] : [])) }
}
const recordFile = (store: Store, id: string) => path.join(store.runFolder(id), 'run.json')
async function readRun(store: Store, id: string): Promise<RunRecord | DamagedRun> {
  const file = recordFile(store, id)
  const damaged = (fault: string): DamagedRun => ({ id, file, fault })
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => cause)
  if (typeof text !== 'string') return damaged(`it cannot be read (${text.code})`)
  const value = text.includes('"digest":"') ? unsealed(text)?.value : jsonIn(text) // records were not always sealed
  if (value === undefined) return damaged('it is cut off, or changed')
  const read = recordSchema.safeParse(value)
  if (!read.success) return damaged(`its ${read.error.issues[0]?.path.join('.') || 'content'} is not as a run writes it`)
  return read.data.id === id ? { out: undefined, ...read.data } : damaged('it names another run')
}
/** Every run of the store that can be read, the newest first. Others are told of once. */
export async function runsOf(store: Store): Promise<readonly RunRecord[]> {
  const { runs, damaged } = await readRuns(store)
  for (const { file, fault } of damaged)
    notice(`${file} is damaged and was passed over: ${fault}. "trireme clean" removes it, with what no other run needs.`)
  return runs
}
export async function eventsOf(store: Store, id: string): Promise<readonly Event[]> {
  const file = path.join(store.runFolder(id), 'events.jsonl')
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  const last = lines.pop() // of a run that was cut off, half a line
  const events = [...lines, last ?? ''].map(eventFrom)
  const lost = events.slice(0, -1).filter(event => event === undefined).length
  if (lost > 0)
    notice(`${file} is damaged: ${lost === 1 ? 'a line was' : `${lost} lines were`} passed over, so what it tells of the run is not all.`)
  return events.filter(event => event !== undefined)
}
function eventFrom(line: string): Event | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
export const noRuns = (store: string) =>
  new TriremeError('USAGE', `The store ${store} has no runs. Start one with "trireme run", or name another --store.`)
/** A run by its id, the beginning or end of one, or "last". @throws TriremeError `USAGE` when there is none or several, `STORE` when its record is damaged */
export async function findRun(store: Store, words: string): Promise<RunRecord> {
  const { runs, damaged } = await readRuns(store)
  const hurt = damaged.filter(({ id }) => id === words || (words !== 'last' && (id.startsWith(words) || id.endsWith(words))))
  if (hurt.length > 0 && !runs.some(({ id }) => id === words)) throw damagedRun(hurt[0]!)
  if (runs.length === 0) throw damaged[0] ? damagedRun(damaged[0]) : noRuns(store.root)
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
const damagedRun = ({ id, file, fault }: DamagedRun) =>
  new TriremeError(
    'STORE',
    `The record of the run ${id} is damaged: ${file}: ${fault}. What it made is kept: give its command again. "trireme clean" removes the damaged one, with what no other run needs.`,
  )
/** Whether the process of the run is still alive. */
export const isActive = (store: Store, run: RunRecord): boolean => run.state === 'running' && store.running().includes(run.id)
