import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { type Build, shortName } from '../../benchmarks/harness/gate/builds.ts'
import type { Side } from '../../benchmarks/harness/gate/gate.ts'
import { cancellable } from '../../core/cancellable.ts'
import { TriremeError } from '../../core/errors.ts'
import { defaultStore } from '../arguments/options.ts'
import type { Ready, RoundAsked, SideAnswer } from './side.ts'

/** A side of a gate, whose build's own command line waits to be told to do the work. */
export interface Opened extends Side {
  readonly ready: Ready
  /** Ends it, and what it runs. */
  readonly close: () => Promise<void>
}
export interface SideWanted {
  readonly comparison: string
  readonly arm?: string
  readonly quick?: boolean
  readonly store?: string
}
/** @throws TriremeError `INPUT` where a build cannot run the comparison, at first or later */
export async function openSide(
  made: Build,
  { comparison, arm, quick, store = defaultStore() }: SideWanted,
  scratch: string,
  signal: AbortSignal,
): Promise<Opened> {
  const name = shortName(made)
  mkdirSync(scratch)
  const chosen = [...(arm === undefined ? [] : ['--arm', arm]), ...(quick ? ['--quick'] : [])]
  const words = ['bench', 'side', comparison, ...chosen, '--store', path.resolve(store), '--scratch', scratch]
  const child = fork(commandLineOf(made), words, { cwd: made.folder, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let told = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (told = `${told}${chunk}`.slice(-2000)))
  const failed = (why: string) => new TriremeError('INPUT', `${name} cannot run "${comparison}": ${why}`)
  const ended = once(child, 'exit')
  const tooEarly = ended.then(([status]): never => {
    throw failed(`its command line ended with status ${status}.\n${told.trim()}`.trim())
  })
  tooEarly.catch(() => {}) // nobody waits for it while none is asked
  const answer = async (): Promise<Exclude<SideAnswer, { fault: string }>> => {
    const message = once(child, 'message').then(([answer]) => answer as SideAnswer) // as it is sent by a side
    const answered = await cancellable(Promise.race([message, tooEarly]), signal)
    if ('fault' in answered) throw failed(answered.fault)
    return answered
  }
  const close = async () => {
    if (child.connected) child.disconnect()
    await ended
  }
  try {
    const first = await answer()
    if (!('ready' in first)) throw failed('it did not say that it is ready.')
    const run = async (round: number, warmup: boolean) => {
      child.send({ round, warmup } satisfies RoundAsked)
      const answered = await answer()
      if (!('run' in answered)) throw failed('it did not say what the run took.')
      return answered.run
    }
    return { name, ready: first.ready, run, close }
  } catch (cause) {
    await close()
    throw cause
  }
}
/** The checkout's own, or the one that the project has installed. */
function commandLineOf(made: Build): string {
  try {
    return path.join(path.dirname(createRequire(path.join(made.folder, 'package.json')).resolve('trireme-bio/package.json')), 'dist/cli.js')
  } catch (cause) {
    throw new TriremeError(
      'INPUT',
      `${shortName(made)} has no trireme-bio installed. Run "npm install trireme-bio" in the project, and commit package.json.`,
      { cause },
    )
  }
}
