import { type ChildProcess, fork } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { type Build, build, commitOf, removeBuild, shortName, uncommitted, type Yard } from '../../benchmarks/harness/gate/builds.ts'
import { gate, type Side } from '../../benchmarks/harness/gate/gate.ts'
import { report } from '../../benchmarks/harness/gate/report.ts'
import { fewestRounds, type Rule, usual } from '../../benchmarks/harness/gate/rule.ts'
import { needMeasuring } from '../../benchmarks/harness/measure.ts'
import { TriremeError } from '../../core/errors.ts'
import { removeTree } from '../../core/left-behind.ts'
import { defaultStore, wholeNumber } from '../arguments/options.ts'
import { noteLine, say } from '../display/print.ts'
import { comparisons } from '../project/catalogue.ts'
import { stoppable } from '../run/stopping.ts'
import { takeTurn } from './lock.ts'
import type { Answer, Asked, Ready } from './side.ts'

export interface GateOptions {
  readonly comparison?: string
  readonly arm?: string
  readonly runs?: string
  readonly least?: string
  readonly quick?: boolean
  readonly seed?: string
  readonly store?: string
}
/** Folders of the two builds. */
const folders = ['base', 'head'] as const

export async function gateCommits(base: string, head: string, named: string | undefined, options: GateOptions): Promise<void> {
  const { runs, least, seed = `${Math.floor(Math.random() * 2 ** 31)}`, store = defaultStore() } = options
  const rule: Rule = {
    most: runs === undefined ? usual.most : wholeNumber('--runs', runs, fewestRounds),
    least: least === undefined ? usual.least : percentage('--least', least),
  }
  const project = realpathSync(process.cwd())
  for (const revision of [base, head]) commitOf(project, revision)
  const name = await comparisonNamed(named ?? options.comparison)
  needMeasuring()
  const changed = uncommitted(project)
  if (changed !== undefined) noteLine(`Not committed, and so in neither build: ${changed}.`)
  const turn = takeTurn()
  const scratch = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'trireme-gate-'))
  const sides: Opened[] = []
  try {
    await stoppable(async signal => {
      const yard: Yard = { project, scratch, signal, log: line => noteLine(`  ${line}`) }
      for (const [n, revision] of [base, head].entries()) {
        const made = await build(revision, folders[n]!, yard)
        sides.push(await openSide(made, name, { ...options, store: path.resolve(store) }, path.join(scratch, `runs-${folders[n]}`), signal))
      }
      const [a, b] = sides as [Opened, Opened] // pushed just so
      const { tolerance, outputs, arm } = a.ready
      if (!outputs) noteLine(`  "${name}" names no outputs: whether both builds make the same is not compared.`)
      const gated = await gate([a, b], rule, { seed: wholeNumber('--seed', seed, 0), tolerance, log: yard.log })
      const { alarm, text, line } = await report(`${name}, ${arm}`, gated, rule, [a.name, b.name])
      say(text)
      tellJob(alarm, text, line)
      if (alarm) process.exitCode = 1
    }, 'Stopped. Nothing was judged; the two builds are removed.')
  } finally {
    await Promise.all(sides.map(({ close }) => close()))
    for (const folder of folders) removeBuild(folder, { project, scratch })
    removeTree(scratch)
    turn.end()
  }
}
function percentage(flag: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value < 1000) return value / 100
  throw new TriremeError('USAGE', `${flag} takes a percentage above 0, such as 3, got ${JSON.stringify(text)}.`)
}
/** The only comparison there is in a project need not be named. */
async function comparisonNamed(name: string | undefined): Promise<string> {
  if (name !== undefined) return name
  const all = await comparisons()
  const own = all.filter(({ home }) => home === 'project')
  const [only, ...more] = own.length > 0 ? own : all
  if (only !== undefined && more.length === 0) return only.name
  throw new TriremeError(
    'USAGE',
    `Which comparison? There are: ${all.map(each => each.name).join(', ')}. Write: trireme bench gate BASE HEAD ${only?.name ?? 'NAME'}`,
  )
}
/** To whoever reads the job of a workflow: its summary, and a line beside it. */
function tellJob(alarm: boolean, text: string, line: string): void {
  const { GITHUB_STEP_SUMMARY: summary, GITHUB_ACTIONS: job } = process.env
  if (summary) appendFileSync(summary, `${text}\n`)
  if (job === 'true') say(`::${alarm ? 'error' : 'notice'}::${line}`)
}

interface Opened extends Side {
  readonly ready: Ready
  readonly close: () => Promise<void>
}
/** Starts a build's own command line on the comparison. @throws TriremeError `INPUT` where it cannot run it, or not any more */
async function openSide(
  made: Build,
  comparison: string,
  { arm, quick, store }: { readonly arm?: string; readonly quick?: boolean; readonly store: string },
  scratch: string,
  signal: AbortSignal,
): Promise<Opened> {
  const name = shortName(made)
  mkdirSync(scratch)
  const words = [...(arm === undefined ? [] : ['--arm', arm]), ...(quick ? ['--quick'] : []), '--store', store, '--scratch', scratch]
  const child = fork(commandLineOf(made), ['bench', 'side', comparison, ...words], {
    cwd: made.folder,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const told: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => told.push(String(chunk)))
  const failed = (why: string) => new TriremeError('INPUT', `${name} cannot run "${comparison}": ${why}`)
  const next = () =>
    answered(child, signal).catch(cause => {
      signal.throwIfAborted()
      throw failed(`${cause instanceof Error ? cause.message : cause}\n${told.join('').trim()}`.trim())
    })
  const ended = new Promise<void>(done => child.on('exit', () => done()))
  const close = async () => {
    if (child.connected) child.disconnect()
    await ended
  }
  try {
    const first = await next()
    if (!('ready' in first)) throw failed('fault' in first ? first.fault : 'it answered something else')
    const run = async (round: number, warmup: boolean) => {
      child.send({ round, warmup } satisfies Asked)
      const answer = await next()
      if ('run' in answer) return answer.run
      throw failed('fault' in answer ? answer.fault : 'it answered something else')
    }
    return { name, ready: first.ready, run, close }
  } catch (cause) {
    await close()
    throw cause
  }
}
/** Its own, or the one that the project has installed. */
function commandLineOf(made: Build): string {
  try {
    return path.join(path.dirname(createRequire(path.join(made.folder, 'package.json')).resolve('trireme-bio/package.json')), 'dist/cli.js')
  } catch (cause) {
    throw new TriremeError(
      'INPUT',
      `${shortName(made)} has no trireme-bio installed: "npm install trireme-bio" in the project, and commit package.json.`,
      { cause },
    )
  }
}
/** The next message of a process. @throws Error when it ends first, and the signal's reason */
function answered(child: ChildProcess, signal: AbortSignal): Promise<Answer> {
  return new Promise<Answer>((done, fail) => {
    const settle = (act: () => void) => {
      child.off('message', message)
      child.off('exit', exit)
      signal.removeEventListener('abort', stop)
      act()
    }
    const message = (answer: unknown) => settle(() => done(answer as Answer)) // of this very protocol
    const exit = (status: number | null) => settle(() => fail(new Error(`its command line ended with status ${status}`)))
    const stop = () => settle(() => fail(signal.reason))
    child.on('message', message)
    child.on('exit', exit)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
  })
}
