import { mkdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import { TriremeError } from '../errors.ts'
import type { Keys } from '../key.ts'
import type { StepNode } from '../node.ts'
import { rung, rungs, secondsText } from '../quantity.ts'
import type { StepRecord } from '../store/record.ts'
import type { Entry, Store } from '../store/store.ts'
import { harvest } from './harvest.ts'
import { type Ended, execute } from './process.ts'
import { culprit, launch } from './script.ts'
import { type Inputs, prepare, type Work } from './work.ts'

export interface Attempt {
  readonly node: StepNode
  readonly label: string
  readonly inputs: Inputs
  readonly number: number
  readonly cpu: number
  readonly memory: number
  readonly folder: string
  readonly run: string
  readonly versions: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}
export type Outcome =
  | { readonly state: 'done'; readonly entry: Entry; readonly ended: Ended }
  | {
      readonly state: 'failed'
      readonly message: string
      readonly folder: string
      readonly cause: 'memory' | 'time' | 'transient' | 'other' | 'cancelled'
    }

/** Environment of every step: the search path of programs, and settings that keep output the same everywhere. */
function surroundings(folder: string): Record<string, string> {
  const passed = ['PATH', 'LD_LIBRARY_PATH', 'CONDA_PREFIX', 'JAVA_HOME', 'CUDA_VISIBLE_DEVICES']
  const kept = passed.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]))
  return { ...Object.fromEntries(kept), HOME: `${folder}/tmp`, TMPDIR: `${folder}/tmp`, LC_ALL: 'C.UTF-8', TZ: 'UTC', PYTHONHASHSEED: '0' }
}
/** One attempt at a step: a private folder, the processes, the checks, the publication. */
export async function attempt(at: Attempt, store: Store, keys: Keys): Promise<Outcome> {
  const work = await prepare(at.folder, at.node, at.inputs, at)
  const started = new Date().toISOString()
  const plan = launch(work.argv)
  const time = at.node.needs.time
  const timeLimit = time === undefined ? undefined : rung(time, at.number - 1)
  const ended = await execute(plan, {
    folder: work.folder,
    log: work.log,
    stdout: work.stdout,
    environment: surroundings(work.folder),
    timeLimit,
    signal: at.signal,
  })
  const failed = await failureOf(at, work, ended, plan.statuses, timeLimit)
  if (failed) return failed
  try {
    const outputs = await harvest(at.node, at.label, work)
    const record: StepRecord = {
      format: 1,
      key: keys.of(at.node),
      step: at.node.step.name,
      ...(at.node.tag !== undefined && { tag: at.node.tag }),
      image: at.node.step.image,
      recipe: keys.recipe(at.node),
      params: at.node.params,
      argv: work.argv,
      tools: at.versions,
      outputs,
      run: at.run,
      attempt: at.number,
      cpu: at.cpu,
      memory: at.memory,
      started,
      seconds: Number(ended.seconds.toFixed(3)),
      ...(ended.usage && { usage: ended.usage }),
      host,
    }
    await mkdir(work.out, { recursive: true })
    const entry = await store.publish(work.out, record)
    await rm(work.folder, { recursive: true, force: true })
    return { state: 'done', entry, ended }
  } catch (cause) {
    if (!(cause instanceof TriremeError)) throw cause
    return { state: 'failed', message: cause.message + (await lastLines(work.log)), folder: work.folder, cause: 'other' }
  }
}
const host: StepRecord['host'] = {
  name: os.hostname(),
  platform: `${os.platform()}-${os.arch()}`,
  cpu: os.cpus()[0]?.model ?? 'unknown',
  cores: os.cpus().length,
}

async function failureOf(
  at: Attempt,
  work: Work,
  ended: Ended,
  statuses: boolean,
  limit: number | undefined,
): Promise<Outcome | undefined> {
  if (ended.status === 0 && ended.stopped === undefined) return undefined
  const told = statuses ? culprit(await readFile(`${work.folder}/status`, 'utf8').catch(() => '')) : undefined
  const argv = told ? work.argv[told.pipe]?.[told.stage] : work.argv[0]?.[0]
  const killed = ended.signal === 9 || ended.signal === 'SIGKILL' || ended.status === 137 || told?.status === 137
  const cause =
    ended.stopped === 'cancelled'
      ? 'cancelled'
      : ended.stopped === 'time limit'
        ? 'time'
        : killed && ended.oom
          ? 'memory'
          : at.node.step.retry.exits.includes(told?.status ?? ended.status ?? -1)
            ? 'transient'
            : 'other'
  const how =
    cause === 'cancelled'
      ? 'was cancelled'
      : cause === 'time'
        ? `ran longer than its limit of ${secondsText(limit ?? 0)}`
        : cause === 'memory'
          ? `ran out of memory (${Math.round(at.memory / 2 ** 20)} MiB granted)`
          : ended.signal !== null
            ? `was ended by signal ${ended.signal}`
            : `ended with status ${told?.status ?? ended.status}`
  const more =
    cause === 'time' && rungs(at.node.needs.time ?? ([] as never)).length <= at.number
      ? " Raise the step's needs.time if it is only slow."
      : cause === 'memory' && rungs(at.node.needs.memory).length <= at.number
        ? " Add a higher rung to the step's needs.memory."
        : ''
  const message = `Step ${at.label} ${how}.${more}\n  command: ${(argv ?? []).map(quoted).join(' ')}\n  folder:  ${work.folder}${await lastLines(work.log)}`
  return { state: 'failed', message, folder: work.folder, cause }
}
/** A word as a person may paste it into a shell; only ever shown. */
export const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
async function lastLines(log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '')
  const lines = text
    .trimEnd()
    .split(/\r?\n|\r/)
    .slice(-12)
  return text.trim() === ''
    ? '\n  It wrote nothing to its standard error.'
    : `\n  last lines of its log:\n${lines.map(line => `    ${line.slice(0, 400)}`).join('\n')}`
}
