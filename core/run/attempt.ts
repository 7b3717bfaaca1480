import { fstatSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import type { Link } from '../graph/chains.ts'
import type { Keys } from '../graph/key.ts'
import type { StepNode } from '../graph/node.ts'
import { pipeName } from '../graph/step-words.ts'
import { carriedNothing } from '../host/fifos.ts'
import { launch } from '../host/pipe-script.ts'
import type { Ended } from '../host/process.ts'
import { makeUsable, removeTree } from '../left-behind.ts'
import { withoutSecrets } from '../secrets.ts'
import type { Entry, OutputFile, StepRecord } from '../store/record.ts'
import type { Store } from '../store/store.ts'
import { quoted, resumes } from '../vocabulary/command.ts'
import type { Climbed } from '../vocabulary/quantity.ts'
import { collectOutputs } from './collect-outputs.ts'
import { type Cause, type Failure, failureOf, lastLines } from './failure.ts'
import { linkedLog, logName } from './output-folders.ts'
import { followLog, type Progress } from './progress.ts'
import { commandFile } from './rerun.ts'
import { spoiledText, watchSources } from './sources.ts'
import { type Inputs, leave, type WorkFolder } from './work-folder.ts'

/** One step of an attempt: a chain has several, most attempts one. */
export interface Member {
  readonly node: StepNode
  readonly label: string
  /** What fills the slots, but for the one that reads from the member before. */
  readonly inputs: Inputs
  readonly cpu: number
  readonly memory: number
  /** Private folder of this attempt, which is not there yet and never used again. */
  readonly folder: string
  /** Where the folder is moved when the attempt fails, for people to inspect. */
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
  readonly climbed: Climbed
  readonly run: string
  readonly signal: AbortSignal
  /** Called with what a member reports of its progress. */
  readonly progress: (member: number, progress: Progress) => void
}
export type Outcome =
  | {
      readonly state: 'done'
      readonly entries: readonly (Entry | undefined)[]
      readonly ended: readonly Pick<Ended, 'seconds' | 'usage'>[]
    }
  | FailedOutcome
interface FailedOutcome {
  readonly state: 'failed'
  readonly member: number
  readonly message: string
  readonly folder: string
  /** `touched`: it ended well, but may have read something else than its inputs. */
  readonly cause: Cause | 'touched'
}

/** How the programs of a chain are run: as processes of this machine, in a container. */
export interface ChainRunner {
  /** Makes the members' private folders ready, and their words. */
  readonly prepare: (at: Attempt, store: Store, keys: Keys) => readonly WorkFolder[]
  /**
   * Runs them all at once, and gives how each ended, in their order. Ends them when the attempt's signal says so.
   * @throws TriremeError where they could not be started
   */
  readonly run: (at: Attempt, works: readonly WorkFolder[]) => Promise<readonly Ended[]>
  /** Why a member's tools are not of the versions that its key promises; undefined where they are. Asked before a chain runs, and after. */
  readonly changedTool?: (at: Attempt, store: Store) => Promise<{ readonly member: number; readonly message: string } | undefined>
  /** The script by which people run a failed chain again. */
  readonly again: (at: Attempt, works: readonly WorkFolder[]) => string
}
/**
 * One attempt at a step, or at a chain of steps joined by named pipes: private folders, programs, checks, publication.
 * All or nothing: outputs are kept only if every program ended well, since a program that got half a file may still end with 0
 * (samtools sort wrote 3,522 of 20,163 reads of a truncated BAM and reported success).
 */
export const attemptWith =
  (way: ChainRunner): RunAttempt =>
  async (at, store, keys) => {
    const works = way.prepare(at, store, keys)
    const leaveAll = async (remove: boolean) => {
      for (const work of works) await leave(work, remove, at.signal)
    }
    const outcome = await attemptIn(way, works, at, store, keys).catch(async (cause: unknown) => {
      await leaveAll(false)
      throw cause
    })
    await leaveAll(outcome.state !== 'failed')
    if (outcome.state !== 'silent') return outcome
    // Most likely its writer wrote nothing. A copy of the link makes sure of it, and is refused like any empty output.
    const links = at.links.map((link, n) => (outcome.links.includes(n) ? { ...link, tee: true } : link))
    const members = at.members.map(member => ({ ...member, folder: `${member.folder}-again` }))
    return attemptWith(way)({ ...at, members, links }, store, keys)
  }
/** Links that seem to have carried nothing. */
interface Silent {
  readonly state: 'silent'
  readonly links: readonly number[]
}
async function attemptIn(way: ChainRunner, works: readonly WorkFolder[], at: Attempt, store: Store, keys: Keys): Promise<Outcome | Silent> {
  /** A failed attempt's folders are kept for people to look at. */
  const kept = (failed: FailedOutcome) => {
    keep(at, works, way.again(at, works))
    return failed
  }
  const otherTool = async (): Promise<FailedOutcome | undefined> => {
    const changed = await way.changedTool?.(at, store)
    return changed && { state: 'failed', ...changed, folder: at.members[changed.member]!.kept, cause: 'other' }
  }
  const early = await otherTool()
  if (early) return kept(early)
  const spoiledSource = watchSources(
    at.members.map(({ node }) => node),
    store.sources,
    at.signal,
  )
  const group = at.members.map((member, n) => ({ member, work: works[n]!, log: works[n]!.outputs.log }))
  const started = new Date().toISOString()
  const logs = group.map(({ log }, n) => followLog(log, progress => at.progress(n, progress)))
  const stopLogs = () => {
    for (const log of logs) log.stop()
  }
  const ended = await way.run(at, works).finally(stopLogs)
  let looked = group.length - 1
  try {
    const failed = firstFailure(at, works, ended)
    if (failed?.cause === 'cancelled') return kept(failed)
    const spoiled = await spoiledSource()
    if (failed) {
      const besides = spoiled ? `\n  Besides: ${spoiledText(at.members[spoiled.member]!.label, spoiled)}` : ''
      return kept({ ...failed, message: `${failed.message}${besides}` })
    }
    if (spoiled) {
      const { member, state } = spoiled
      const { label, kept: folder } = at.members[member]!
      return kept({
        state: 'failed',
        member,
        message: spoiledText(label, spoiled),
        folder,
        cause: state === 'touched' ? 'touched' : 'other',
      })
    }
    const late = await otherTool()
    if (late) return kept(late)
    const silent = at.links.flatMap((link, n) => (!link.tee && carriedNothing(pipeOf(at, n)) ? [n] : []))
    if (silent.length > 0) return { state: 'silent', links: silent }
    const entries: (Entry | undefined)[] = []
    const promises = []
    for (const [n, { member, work }] of group.entries()) {
      looked = n
      const link = at.links[n]
      if (link && !link.tee) continue
      promises.push({ n, member, work, outputs: await collectOutputs(member.node, member.label, work, at.signal) })
    }
    for (const [n, { work, log }] of group.entries())
      if (at.links[n]?.tee === false && fstatSync(log).size > 0)
        work.outputs.moveLog(path.join(group.at(-1)!.work.outputs.entry.place, linkedLog(n)))
    for (const { n, member, work, outputs } of promises)
      entries[n] = await store.publish(work.outputs.entryPath, recordOfMember(at, member, work, ended[n]!, outputs, keys, started))
    for (const { node } of at.members) if (resumes(node.script)) removeTree(store.resumeFolder(keys.of(node)))
    return { state: 'done', entries: group.map((_, n) => entries[n]), ended }
  } catch (cause) {
    if (at.signal.aborted) {
      const stopped = firstFailure(
        at,
        works,
        ended.map(each => ({ ...each, stopped: 'cancelled' as const })),
      )
      return kept(stopped!) // each of them was stopped
    }
    if (!(cause instanceof TriremeError)) throw cause
    const message = `${cause.message}\n  ${whereText(at, looked)}${lastLines(group[looked]!.log)}`
    return kept({ state: 'failed', member: looked, message, folder: at.members[looked]!.kept, cause: 'other' })
  }
}
/** The pipe that member n writes to, for the one after it. */
export const pipeOf = ({ members, links }: Attempt, n: number): string =>
  path.join(members[n]!.folder, pipeName(members[n]!.node.step, links[n]!.port))
/** Where to look, as lines: the folder, and the steps that it was joined to. */
function whereText({ members }: Attempt, n: number): string {
  const joined = members.map(({ label }, m) => (m === n ? `→ ${label}` : label)).join(' | ')
  return `${members.length > 1 ? `joined:  ${joined}\n  ` : ''}folder:  ${members[n]!.kept}\n  again:   bash ${quoted(path.join(members[n]!.kept, commandFile))}`
}
/** Moves the folders of a failed attempt to where people find them, by the steps' names. A step may have put anything in the place of all that is there. */
function keep({ members }: Attempt, works: readonly WorkFolder[], script: string): void {
  for (const [n, { folder, kept }] of members.entries()) {
    const { held, outputs } = works[n]!
    removeTree(kept)
    const own = held.isAt(folder)
    if (own) renameSync(folder, kept)
    else mkdirSync(kept)
    try {
      if (own) makeUsable(held)
      const place = own ? held.place : kept
      for (const name of [logName, commandFile]) removeTree(path.join(place, name))
      outputs.moveLog(path.join(place, logName))
      writeFileSync(path.join(place, commandFile), withoutSecrets(script), { flag: 'wx' })
    } catch {
      // The disk is full, most likely, which may be why the step failed.
    }
  }
}
/** The member whose failure is the cause: the first along the chain that failed for another reason than a missing reader. */
function firstFailure(at: Attempt, works: readonly WorkFolder[], ended: readonly Ended[]): FailedOutcome | undefined {
  const failures = at.members.map((member, n): Failure | undefined => {
    const work = works[n]!
    const failure = failureOf({
      node: member.node,
      label: member.label,
      work,
      ended: ended[n]!,
      statuses: launch(work.argv).statuses,
      climbed: at.climbed,
      memory: member.memory,
      where: whereText(at, n),
    })
    const link = at.links[n]
    const mayStop = link !== undefined && !link.tee && at.members[n + 1]!.node.step.stopsEarly.includes(link.slot)
    return failure?.unread && mayStop && ended[n]!.stopped === undefined ? undefined : failure
  })
  const [first] = [failures.findIndex(each => each && !each.unread), failures.findIndex(each => each !== undefined)].filter(n => n >= 0)
  if (first === undefined) return undefined
  const { message, cause, unread } = failures[first]!
  const reader = at.members[first + 1]
  const explained =
    unread && reader
      ? `${reader.label} stopped reading before the end of its input "${at.links[first]!.slot}". If it may, say stopsEarly in its step.\n${message}`
      : message
  return { state: 'failed', member: first, message: explained, folder: at.members[first]!.kept, cause }
}
const thisHost: StepRecord['host'] = {
  name: os.hostname(),
  platform: `${os.platform()}-${os.arch()}`,
  cpu: os.cpus()[0]?.model ?? 'unknown',
  cores: os.cpus().length,
}

function recordOfMember(
  at: Attempt,
  member: Member,
  work: WorkFolder,
  ended: Ended,
  outputs: Readonly<Record<string, readonly OutputFile[]>>,
  keys: Keys,
  started: string,
): StepRecord {
  const { node } = member
  return {
    format: 2,
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
    host: thisHost,
  }
}
/** How a target runs one attempt at a step. */
export type RunAttempt = (attempt: Attempt, store: Store, keys: Keys) => Promise<Outcome>
/** A second pipe beside it: `tee` reads the first, writes a copy to a file, and passes the bytes on through this one. */
export const teed = (at: Attempt, n: number): string => `${pipeOf(at, n)}.tee`
/** The pipe that member n reads from. */
export const pipeInto = (at: Attempt, n: number): string => (at.links[n - 1]!.tee ? teed(at, n - 1) : pipeOf(at, n - 1))
