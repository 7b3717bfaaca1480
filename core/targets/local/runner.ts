import { closeSync, constants, openSync } from 'node:fs'
import path from 'node:path'
import type { Keys } from '../../graph/key.ts'
import { outputName } from '../../graph/step-words.ts'
import { makePipes, touch } from '../../host/fifos.ts'
import { launch } from '../../host/pipe-script.ts'
import { type Ended, type RunningProcess, start } from '../../host/process.ts'
import { stepEnvironment } from '../../host/step-environment.ts'
import { changedTool, preferredFolders } from '../../host/tools.ts'
import { Held } from '../../left-behind.ts'
import { type Attempt, attemptWith, type ChainRunner, type Member, pipeInto, pipeOf, type RunAttempt, teed } from '../../run/attempt.ts'
import { makeWorkFolder, type WorkFolder } from '../../run/work-folder.ts'
import type { Store } from '../../store/store.ts'
import { rung } from '../../vocabulary/quantity.ts'
import type { Tool } from '../../vocabulary/tool.ts'
import { rerunScript } from './again.ts'

export { endStarters } from '../../host/perl-spawn.ts'

interface Launched {
  readonly member: Member
  readonly work: WorkFolder
  readonly running: RunningProcess
}
/** A chain as processes of this machine, joined by named pipes. */
const localRunner: ChainRunner = {
  prepare: (at: Attempt, store: Store, keys: Keys) =>
    at.members.map((member, n) => {
      const [before, after] = [at.links[n - 1], at.links[n]]
      const joints = { ...(before && { from: { slot: before.slot, pipe: pipeInto(at, n) } }), ...(after && { to: after }) }
      return makeWorkFolder(member.folder, member.node, member.inputs, member, { joints, kept: store.resumeFolder(keys.of(member.node)) })
    }),
  changedTool: async (at, store) => {
    for (const [member, { node, label, versions }] of at.members.entries()) {
      const changed = await changedTool(node.step.tools, versions, path.join(store.root, 'tools.json'))
      if (changed === undefined) continue
      const { name, was, is } = changed
      const now = is === undefined ? 'is gone, or of no version that the step accepts' : `is version ${is} now`
      return {
        member,
        message: `The outcome of step ${label} was not kept, since ${name} was version ${was} when this run began, and ${now}. Once nothing is installed any more, give the same command again: it goes on from here with what is there then.`,
      }
    }
    return undefined
  },
  again: (at, works) => rerunScript(at, works, n => environment(works[n]!.folder, at.members[n]!.node.step.tools)),
  run: async (at, works) => {
    const pipes = at.links.flatMap((link, n) => [pipeOf(at, n), ...(link.tee ? [teed(at, n)] : [])])
    const copies = at.links.flatMap((link, n) => (link.tee ? [copyOf(at, n)] : []))
    for (const copy of copies) closeSync(openSync(copy, 'wx'))
    const held = new Map([...(pipes.length > 0 ? await makePipes(pipes) : []), ...copies.map(copy => [copy, new Held(copy)] as const)])
    const letGo = () => {
      for (const pipe of held.values()) pipe.close()
    }
    const everything: RunningProcess[] = []
    const cancel = () => {
      for (const each of everything) each.end('cancelled')
    }
    const counted = (running: RunningProcess) => {
      everything.push(running)
      return running
    }
    const group: Launched[] = []
    const tees: RunningProcess[] = []
    try {
      for (const [n, member] of at.members.entries())
        group.push({ member, work: works[n]!, running: counted(begin(at, member, works[n]!, n)) })
      for (const [n, link] of at.links.entries()) if (link.tee) tees.push(counted(beginTee(at, n, works[n]!, held)))
    } catch (cause) {
      // Members that wait for one that could not be started would wait for ever.
      cancel()
      await Promise.all(everything.map(({ ended }) => ended))
      letGo()
      throw cause
    }
    at.signal.addEventListener('abort', cancel)
    if (at.signal.aborted) cancel()
    try {
      return await allEnded(at, group, tees, held)
    } finally {
      letGo()
      at.signal.removeEventListener('abort', cancel)
    }
  },
}
/** Runs one attempt as processes of this machine. */
export const attempt: RunAttempt = attemptWith(localRunner)
/** Environment of every step. */
const environment = (folder: string, tools: readonly Tool[]): Record<string, string> =>
  stepEnvironment(`${folder}/tmp`, preferredFolders(tools))
function begin(at: Attempt, member: Member, work: WorkFolder, n: number): RunningProcess {
  const { time } = member.node.needs
  return start(launch(work.argv), {
    folder: work.folder,
    log: work.outputs.log,
    stdout: work.stdout,
    piped: at.links[n] !== undefined && member.node.script.stdout?.slot === at.links[n].port,
    environment: environment(work.folder, member.node.step.tools),
    timeLimit: time === undefined ? undefined : rung(time, at.climbed.time),
  })
}
/** The file that receives a copy of what passes through a link. */
const copyOf = (at: Attempt, n: number): string => path.join(at.members[n]!.folder, outputName(at.members[n]!.node.step, at.links[n]!.port))
/**
 * Copies what passes through a link into a file that other steps need: both get the same bytes. It is the runner's program, and opens what the runner
 * made: the steps beside it may have put anything under these names.
 */
function beginTee(at: Attempt, n: number, work: WorkFolder, held: ReadonlyMap<string, Held>): RunningProcess {
  const { folder } = at.members[n]!
  const words = [
    '-c',
    // With -p it goes on where the reader stops early, since the file must be whole. GNU's tee has that; where it is missing, the step fails.
    'tee -p </dev/null >/dev/null 2>&1 && exec tee -p "$1" <"$2" >"$3"; exec tee "$1" <"$2" >"$3"',
    'tee',
    ...[copyOf(at, n), pipeOf(at, n), teed(at, n)].map(file => held.get(file)!.placeForOthers),
  ]
  const tee = path.join(folder, 'tee')
  return start(
    { program: 'bash', words, statuses: false },
    {
      folder,
      log: work.outputs.log,
      stdout: undefined,
      piped: false,
      environment: environment(folder, []),
      timeLimit: undefined,
      usage: tee,
    },
  )
}
/**
 * Waits for the end of all members. When one ends, those beside it must not wait for it: a pipe that it never opened is opened and closed in its
 * place, again and again, since the other member may open it later. When one fails, the others get two seconds to fail by themselves, so
 * that each reports its own fault, and are then ended.
 */
async function allEnded(
  at: Attempt,
  group: readonly Launched[],
  tees: readonly RunningProcess[],
  pipes: ReadonlyMap<string, Held>,
): Promise<readonly Ended[]> {
  const timers: NodeJS.Timeout[] = []
  const everybody = [...group.map(({ running }) => running), ...tees]
  const endAll = () => {
    for (const each of everybody) each.end('group')
  }
  const watch = async (running: RunningProcess, reads: string | undefined, writes: string | undefined) => {
    const ended = await running.ended
    if (everybody.length === 1) return ended
    const release = () => {
      if (writes !== undefined) touch(pipes.get(writes)!, constants.O_WRONLY)
      if (reads !== undefined) touch(pipes.get(reads)!, constants.O_RDONLY)
    }
    release()
    timers.push(setInterval(release, 100))
    if (ended.status !== 0 || ended.stopped !== undefined) timers.push(setTimeout(endAll, 2000))
    return ended
  }
  try {
    const teedLinks = at.links.flatMap((link, n) => (link.tee ? [n] : []))
    const copies = Promise.all(tees.map((tee, m) => watch(tee, pipeOf(at, teedLinks[m]!), teed(at, teedLinks[m]!))))
    const ended = await Promise.all(
      group.map(({ running }, n) => watch(running, n > 0 ? pipeInto(at, n) : undefined, at.links[n] && pipeOf(at, n))),
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
