import { constants, renameSync, rmSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { resumes } from '../command.ts'
import { TriremeError } from '../errors.ts'
import type { Keys } from '../key.ts'
import { fileOf } from '../kind.ts'
import type { StepNode } from '../node.ts'
import { rung } from '../quantity.ts'
import type { OutputFile, StepRecord } from '../store/record.ts'
import type { Entry, Store } from '../store/store.ts'
import type { Tool } from '../tool.ts'
import type { Link } from './chains.ts'
import { type Cause, type Failure, failureOf, lastLines } from './failure.ts'
import { harvest } from './harvest.ts'
import { carriedNothing, makePipes, touch } from './pipes.ts'
import { type Ended, type Running, start } from './process.ts'
import { follow, type Told } from './progress.ts'
import { type Launch, launch } from './script.ts'
import { preferredFolders } from './tools.ts'
import { clear, type Inputs, linkedLog, pipeFor, prepare, type Work } from './work.ts'

/** One step of an attempt: a chain has several, most attempts one. */
export interface Member {
  readonly node: StepNode
  readonly label: string
  /** What fills the slots, but for the one that reads from the member before. */
  readonly inputs: Inputs
  readonly cpu: number
  readonly memory: number
  /** Private folder of this attempt; used again for another step when all went well. */
  readonly folder: string
  /** Where the folder is moved when it did not, for a look. */
  readonly kept: string
  /** Versions of its tools, for the record. */
  readonly versions: Readonly<Record<string, string>>
  /** Second key, over the content of its inputs. */
  readonly content: string
}
export interface Attempt {
  readonly members: readonly Member[]
  /** `links[n]` joins member n to member n + 1. */
  readonly links: readonly Link[]
  readonly number: number
  readonly run: string
  readonly signal: AbortSignal
  /** Hears what a member says of its progress. */
  readonly progress: (member: number, told: Told) => void
}
export type Outcome =
  | {
      readonly state: 'done'
      readonly entries: readonly (Entry | undefined)[]
      readonly ended: readonly Pick<Ended, 'seconds' | 'usage'>[]
    }
  | { readonly state: 'failed'; readonly member: number; readonly message: string; readonly folder: string; readonly cause: Cause }

interface Launched {
  readonly member: Member
  readonly work: Work
  readonly plan: Launch
  readonly running: Running
}
/**
 * One attempt at a step, or at a chain of steps joined by named pipes: private folders, processes, checks, publication.
 * All or nothing: outputs are kept only if every process ended well, since a program given half a file may still end with 0
 * (samtools sort wrote 3,522 of 20,163 reads of a truncated BAM, and was content).
 */
export async function attempt(at: Attempt, store: Store, keys: Keys): Promise<Outcome> {
  const works = at.members.map((member, n) => {
    const [before, after] = [at.links[n - 1], at.links[n]]
    const joints = { ...(before && { from: { slot: before.slot, pipe: pipeInto(at, n) } }), ...(after && { to: after }) }
    return prepare(member.folder, member.node, member.inputs, member, joints, store.resumeFolder(keys.of(member.node)))
  })
  const pipes = at.links.flatMap((link, n) => [source(at, n), ...(link.tee ? [teed(at, n)] : [])])
  if (pipes.length > 0) await makePipes(pipes)
  const started = new Date().toISOString()
  const everything: Running[] = []
  const cancel = () => {
    for (const each of everything) each.end('cancelled')
  }
  const counted = (running: Running) => {
    everything.push(running)
    return running
  }
  const group: Launched[] = []
  const tees: Running[] = []
  try {
    for (const [n, member] of at.members.entries()) {
      const launched = begin(at, member, works[n]!, n)
      counted(launched.running)
      group.push(launched)
    }
    for (const [n, link] of at.links.entries()) if (link.tee) tees.push(counted(beginTee(at, n, works[n]!)))
  } catch (cause) {
    // Those that wait for one that could not be started would wait for ever.
    cancel()
    await Promise.all(everything.map(({ ended }) => ended))
    throw cause
  }
  const logs = group.map(({ work }, n) => follow(work.log, told => at.progress(n, told)))
  at.signal.addEventListener('abort', cancel)
  if (at.signal.aborted) cancel()
  let looked = group.length - 1
  try {
    const ended = await together(at, group, tees)
    for (const log of logs) log.stop()
    const failed = firstFailure(at, group, ended)
    if (failed) {
      keep(at)
      return failed
    }
    const silent = at.links.map((link, n) => !link.tee && carriedNothing(source(at, n)))
    if (silent.includes(true)) {
      // Most likely its writer broke its promise. A copy on the way tells for sure, and is refused like any empty output.
      for (const { work } of group) clear(work.folder)
      return await attempt({ ...at, links: at.links.map((link, n) => (silent[n] ? { ...link, tee: true } : link)) }, store, keys)
    }
    const entries: (Entry | undefined)[] = []
    const promises = []
    for (const [n, { member, work }] of group.entries()) {
      looked = n
      const link = at.links[n]
      if (link && !link.tee) continue
      promises.push({ n, member, work, outputs: await harvest(member.node, member.label, work) })
    }
    for (const [n, { work }] of group.entries())
      if (at.links[n]?.tee === false && statSync(work.log).size > 0) renameSync(work.log, path.join(group.at(-1)!.work.out, linkedLog(n)))
    for (const { n, member, work, outputs } of promises)
      entries[n] = await store.publish(work.out, record(at, member, work, ended[n]!, outputs, keys, started))
    for (const { member, work } of group) {
      if (resumes(member.node.script)) rmSync(store.resumeFolder(keys.of(member.node)), { recursive: true, force: true })
      clear(work.folder)
    }
    return { state: 'done', entries: group.map((_, n) => entries[n]), ended }
  } catch (cause) {
    if (!(cause instanceof TriremeError)) throw cause
    const { member, work } = group[looked]!
    const message = cause.message.replaceAll(work.folder, member.kept) + lastLines(work.log)
    keep(at)
    return { state: 'failed', member: looked, message, folder: member.kept, cause: 'other' }
  } finally {
    for (const log of logs) log.stop()
    at.signal.removeEventListener('abort', cancel)
  }
}
/** Moves the folders of a failed attempt to where people find them, by the steps' names. */
function keep(at: Attempt): void {
  for (const { folder, kept } of at.members) {
    rmSync(kept, { recursive: true, force: true })
    renameSync(folder, kept)
  }
}
const source = (at: Attempt, n: number) => path.join(at.members[n]!.folder, pipeFor(at.members[n]!.node, at.links[n]!.port))
const teed = (at: Attempt, n: number) => `${source(at, n)}.tee`
/** The pipe that member n reads from. */
const pipeInto = (at: Attempt, n: number) => (at.links[n - 1]!.tee ? teed(at, n - 1) : source(at, n - 1))

/** Environment of every step: the search path of programs, and settings that keep output the same everywhere. */
function environment(folder: string, work: string, tools: readonly Tool[]): Record<string, string> {
  const passed = ['LD_LIBRARY_PATH', 'CONDA_PREFIX', 'JAVA_HOME', 'CUDA_VISIBLE_DEVICES']
  const search = [...preferredFolders(tools), process.env.PATH ?? ''].join(path.delimiter)
  const kept = passed.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]))
  return {
    ...Object.fromEntries(kept),
    PATH: search,
    HOME: `${folder}/tmp`,
    TMPDIR: `${folder}/tmp`,
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    PYTHONHASHSEED: '0',
    TRIREME_WORK: work,
  }
}
function begin(at: Attempt, member: Member, work: Work, n: number): Launched {
  const plan = launch(work.argv)
  const { time } = member.node.needs
  const running = start(plan, {
    folder: work.folder,
    log: work.log,
    stdout: work.stdout,
    piped: at.links[n] !== undefined && member.node.script.stdout?.slot === at.links[n].port,
    environment: environment(work.folder, path.dirname(work.folder), member.node.step.tools),
    timeLimit: time === undefined ? undefined : rung(time, at.number - 1),
  })
  return { member, work, plan, running }
}
/** Copies a link into the file that others want, on its way: the reader gets the file's own bytes. */
function beginTee(at: Attempt, n: number, work: Work): Running {
  const { node, folder } = at.members[n]!
  const { port } = at.links[n]!
  const words = [
    '-c',
    // It goes on where the reader stops early: the file must be whole. GNU's tee can; where it cannot, the step fails.
    'tee -p </dev/null >/dev/null 2>&1 && exec tee -p "$1" <"$2" >"$3"; exec tee "$1" <"$2" >"$3"',
    'tee',
    `out/${port}${fileOf(node.step.outputs[port]!).extension}`,
    source(at, n),
    teed(at, n),
  ]
  const tee = path.join(folder, 'tee')
  return start(
    { program: 'bash', words, statuses: false },
    {
      folder,
      log: work.log,
      stdout: undefined,
      piped: false,
      environment: environment(folder, path.dirname(folder), []),
      timeLimit: undefined,
      usage: tee,
    },
  )
}
/**
 * Waits for the end of all. When one ends, its neighbours must not wait for it: a pipe that it never opened is opened and closed in its
 * place, again and again, since the neighbour may come to it later. When one fails, the others get two seconds to fail by themselves, so
 * that each tells its own story, and are then ended.
 */
async function together(at: Attempt, group: readonly Launched[], tees: readonly Running[]): Promise<readonly Ended[]> {
  const timers: NodeJS.Timeout[] = []
  const everybody = [...group.map(({ running }) => running), ...tees]
  const endAll = () => {
    for (const each of everybody) each.end('group')
  }
  const watch = async (running: Running, reads: string | undefined, writes: string | undefined) => {
    const ended = await running.ended
    if (everybody.length === 1) return ended
    const release = () => {
      if (writes !== undefined) touch(writes, constants.O_WRONLY)
      if (reads !== undefined) touch(reads, constants.O_RDONLY)
    }
    release()
    timers.push(setInterval(release, 100))
    if (ended.status !== 0 || ended.stopped !== undefined) timers.push(setTimeout(endAll, 2000))
    return ended
  }
  try {
    const teedLinks = at.links.flatMap((link, n) => (link.tee ? [n] : []))
    const copies = Promise.all(tees.map((tee, m) => watch(tee, source(at, teedLinks[m]!), teed(at, teedLinks[m]!))))
    const ended = await Promise.all(
      group.map(({ running }, n) => watch(running, n > 0 ? pipeInto(at, n) : undefined, at.links[n] && source(at, n))),
    )
    timers.push(setTimeout(endAll, 2000)) // a tee whose writer wrote nothing and whose reader is gone
    const copied = await copies
    return ended.map((each, n) => {
      const copy = at.links[n]?.tee ? copied[at.links.slice(0, n).filter(({ tee }) => tee).length] : undefined
      return copy && copy.status !== 0 && each.status === 0 ? { ...each, status: copy.status, signal: copy.signal } : each
    })
  } finally {
    for (const timer of timers) clearTimeout(timer)
  }
}
/** The member whose failure is the cause: the first along the chain that failed otherwise than for want of a reader. */
function firstFailure(at: Attempt, group: readonly Launched[], ended: readonly Ended[]): Outcome | undefined {
  const failures = group.map(({ member, work, plan }, n): Failure | undefined => {
    const told = failureOf({
      node: member.node,
      label: member.label,
      work,
      ended: ended[n]!,
      statuses: plan.statuses,
      attempt: at.number,
      memory: member.memory,
      kept: member.kept,
    })
    const link = at.links[n]
    const mayStop = link !== undefined && !link.tee && at.members[n + 1]!.node.step.stopsEarly.includes(link.slot)
    return told?.unread && mayStop && ended[n]!.stopped === undefined ? undefined : told
  })
  const [first] = [failures.findIndex(each => each && !each.unread), failures.findIndex(each => each !== undefined)].filter(n => n >= 0)
  if (first === undefined) return undefined
  const { message, cause, unread } = failures[first]!
  const reader = at.members[first + 1]
  const story =
    unread && reader
      ? `${reader.label} stopped reading before the end of its input "${at.links[first]!.slot}". If it may, say stopsEarly in its step.\n${message}`
      : message
  return { state: 'failed', member: first, message: story, folder: at.members[first]!.kept, cause }
}
const host: StepRecord['host'] = {
  name: os.hostname(),
  platform: `${os.platform()}-${os.arch()}`,
  cpu: os.cpus()[0]?.model ?? 'unknown',
  cores: os.cpus().length,
}

function record(
  at: Attempt,
  member: Member,
  work: Work,
  ended: Ended,
  outputs: Readonly<Record<string, readonly OutputFile[]>>,
  keys: Keys,
  started: string,
): StepRecord {
  const { node } = member
  return {
    format: 1,
    key: keys.of(node),
    same: member.content,
    step: node.step.name,
    label: member.label,
    image: node.step.image,
    recipe: keys.recipe(node),
    params: node.params,
    argv: work.argv,
    tools: member.versions,
    outputs,
    run: at.run,
    attempt: at.number,
    cpu: member.cpu,
    memory: member.memory,
    started,
    seconds: Number(ended.seconds.toFixed(3)),
    ...(ended.usage && { usage: ended.usage }),
    ...(at.members.length > 1 && { group: at.members.map(({ label }) => label) }),
    host,
  }
}
