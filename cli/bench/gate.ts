import { appendFileSync, mkdtempSync, realpathSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { build, commitOf, type Named, removeBuild, uncommitted, type Yard } from '../../benchmarks/harness/gate/builds.ts'
import { gate, type Side } from '../../benchmarks/harness/gate/gate.ts'
import { report } from '../../benchmarks/harness/gate/report.ts'
import { fewestRounds, type Rule, usual } from '../../benchmarks/harness/gate/rule.ts'
import { needMeasuring } from '../../benchmarks/harness/measure.ts'
import { TriremeError } from '../../core/errors.ts'
import { removeTree } from '../../core/left-behind.ts'
import { wholeNumber } from '../arguments/options.ts'
import { noteLine, say } from '../display/print.ts'
import { comparisons } from '../project/catalogue.ts'
import { stoppable } from '../run/stopping.ts'
import { takeTurn } from './lock.ts'
import { type Opened, openSide, type SideWanted } from './open-side.ts'
import type { Ready } from './side.ts'

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
  const { runs, least, seed = `${Math.floor(Math.random() * 2 ** 31)}` } = options
  const rule: Rule = {
    most: runs === undefined ? usual.most : wholeNumber('--runs', runs, fewestRounds),
    least: least === undefined ? usual.least : percentage('--least', least),
  }
  const drawn = wholeNumber('--seed', seed, 0)
  const project = process.cwd()
  const commits = [commitOf(project, base), commitOf(project, head)] as const
  const name = await comparisonNamed(named ?? options.comparison)
  const changed = uncommitted(project)
  if (changed !== undefined) noteLine(`Not committed, and so in neither build: ${changed}.`)
  await betweenBuilds(commits, name, options, async (sides, ready) => {
    const { arm, tolerance, outputs } = ready
    if (!outputs) noteLine(`"${name}" names no outputs: whether both builds make the same is not compared.`)
    const log = (line: string) => noteLine(`  ${line}`)
    const { alarm, text, line } = await report(`${name}, ${arm}`, await gate(sides, rule, { seed: drawn, tolerance, log }), rule, [
      sides[0].name,
      sides[1].name,
    ])
    say(text)
    tellJob(alarm, text, line)
    if (alarm) process.exitCode = 1
  })
}
/** Builds both commits, and gives what runs them; in the end nothing is left of them. */
export async function betweenBuilds(
  commits: readonly [base: Named, head: Named],
  comparison: string,
  options: Omit<SideWanted, 'comparison'>,
  act: (sides: readonly [base: Side, head: Side], ready: Ready) => Promise<void>,
): Promise<void> {
  needMeasuring()
  const turn = takeTurn()
  const project = realpathSync(process.cwd())
  const scratch = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'trireme-gate-'))
  const opened: Opened[] = []
  try {
    await stoppable(async signal => {
      const yard: Yard = { project, scratch, signal, log: line => noteLine(`  ${line}`) }
      for (const [n, commit] of commits.entries()) {
        const made = await build(commit, folders[n]!, yard)
        opened.push(await openSide(made, { ...options, comparison }, path.join(scratch, `runs-${folders[n]}`), signal))
      }
      const [base, head] = opened as [Opened, Opened] // of two revisions
      await act([base, head], base.ready)
    }, 'Stopped. Nothing was judged, and the two builds are removed.')
  } finally {
    await Promise.all(opened.map(({ close }) => close()))
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
