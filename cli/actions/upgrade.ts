import { TriremeError } from '../../core/errors.ts'
import { say } from '../display/print.ts'
import { refuseUnfinished, writeTogether } from '../project/changes.ts'
import { chosen, lockName, readCopiesLock } from '../project/copies.ts'
import { readPackageJson, toInstall } from '../project/libraries.ts'
import type { Conflict } from '../project/merge.ts'
import { unified } from '../project/merge.ts'
import { version } from '../project/package.ts'
import { undoLastChange } from '../project/undo.ts'
import { type Fate, planUpgrade, type Upgrade } from '../project/upgrades.ts'

export interface UpgradeOptions {
  readonly dryRun?: boolean
  /** Conflicts are written into the files, between marks. */
  readonly conflicts?: boolean
}
/** The exit status is 1 where something stays as it was. @throws TriremeError `USAGE` where `--undo` does not stand alone */
export async function upgradeOrUndo(
  name: string | undefined,
  project: string,
  { undo: back = false, ...options }: UpgradeOptions & { readonly undo?: boolean },
): Promise<void> {
  if (back && (name !== undefined || options.dryRun || options.conflicts))
    throw new TriremeError('USAGE', '--undo takes the whole last upgrade back, so it stands alone: trireme upgrade --undo')
  const whole = back ? undo(project) : await upgrade(name, project, options)
  if (!whole) process.exitCode = 1
}
/** @returns whether all went up that could have */
export async function upgrade(
  name: string | undefined,
  project: string,
  { dryRun = false, conflicts = false }: UpgradeOptions = {},
): Promise<boolean> {
  readPackageJson(project) // read before anything is written
  refuseUnfinished(project)
  const lock = readCopiesLock(project)
  const { files, changes, libraries } = planUpgrade(project, lock, await chosen(lock, name), conflicts)
  if (!dryRun) writeTogether(project, changes, { keep: files.some(({ fate }) => 'content' in fate) })
  const news = files.filter(({ fate }) => fate.fate !== 'current')
  const done = news.filter(({ fate }) => 'content' in fate)
  const waiting = news.filter(({ fate }) => fate.fate === 'left' && fate.holdsUp)
  const lines = [
    ...(dryRun ? [`Nothing is written. This is what the upgrade to ${version()} would do:`] : []),
    ...news.flatMap(file => [`${file.place}: ${told(file.fate)}`, ...sidesOf(file.fate)]),
    ...(news.length === 0 ? [`Nothing to do: the package is at ${version()}, and it has nothing newer.`] : []),
    ...(dryRun ? done.map(differenceOf) : toInstall(libraries)),
    ...(dryRun ? [] : whatNext(done, waiting)),
  ]
  say(lines.join('\n'))
  return waiting.length === 0 && !done.some(({ fate }) => fate.fate === 'marked')
}
const times = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`
function told(fate: Fate): string {
  if (fate.fate === 'left') return `left as it is: ${fate.why}`
  if (fate.fate === 'merged') return 'upgraded, your changes kept'
  if (fate.fate === 'marked')
    return `upgraded, your changes kept; ${times(fate.conflicts?.length ?? 0, 'conflict')} between marks, for you to choose`
  return fate.fate === 'new' ? 'new, an upgraded file needs it' : fate.fate
}
/** Both sides of each conflict that was left, as they are. */
function sidesOf(fate: Fate): readonly string[] {
  if (fate.fate !== 'left') return []
  const side = (name: string, all: readonly string[]) => {
    const lines = all.length > 12 ? [...all.slice(0, 10), `… and ${all.length - 10} lines more`] : all
    return lines.length === 0
      ? [`    ${name} | (nothing)`]
      : lines.map((line, n) => `    ${(n === 0 ? name : '').padEnd(name.length)} | ${line}`)
  }
  return (fate.conflicts ?? []).flatMap(({ line, yours, base, upstream }: Conflict) => [
    `  line ${line}`,
    ...(base ? side('was     ', base) : []),
    ...side('yours   ', yours),
    ...side('upstream', upstream),
  ])
}
function differenceOf({ place, here, fate }: Upgrade): string {
  const now = 'content' in fate ? fate.content : Buffer.from('')
  const text = unified(here ?? Buffer.from(''), now, [here ? place : '/dev/null', `${place} after the upgrade`])
  return `\n${text.trimEnd()}`
}
function whatNext(done: readonly Upgrade[], waiting: readonly Upgrade[]): readonly string[] {
  const clash = waiting.some(({ fate }) => fate.fate === 'left' && (fate.conflicts || fate.why.includes('told apart')))
  return [
    ...(clash ? ['To have both sides written into the files, between marks as Git writes them: trireme upgrade --conflicts'] : []),
    ...(done.length > 0 ? ['Try the copies with: npx tsc && npx vitest run. Take the upgrade back with: trireme upgrade --undo'] : []),
  ]
}

/** @returns whether everything is as before */
export function undo(project: string): boolean {
  const { restored, left } = undoLastChange(project)
  const lines = [
    ...restored.map(place => `${place}: as before`),
    ...left.map(({ place, why }) => `${place}: left as it is: ${why}`),
    ...(restored.length + left.length === 0 ? [`What was interrupted had changed no file. ${lockName} is as before.`] : []),
    ...(left.length > 0
      ? ['To have back what was there before the upgrade, move these files away and give the command again: trireme upgrade --undo']
      : []),
  ]
  say(lines.join('\n'))
  return left.length === 0
}
