import { lstatSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { digest, type FileChange } from './changes.ts'
import { type Copy, compare, type Lock, lockChanges, type Note, noted, withAllTheyNeed } from './copies.ts'
import { mentions, relative } from './import-closure.ts'
import { barrier } from './inside.ts'
import { nameLibraries } from './libraries.ts'
import { type Conflict, canMerge, hasMarks, mergeThree } from './merge.ts'
import { version } from './package.ts'

/** What an upgrade does with one file. */
export type Fate =
  | { readonly fate: 'upgraded' | 'merged' | 'marked' | 'new'; readonly content: Buffer; readonly conflicts?: readonly Conflict[] }
  /** The package has nothing newer. */
  | { readonly fate: 'current' }
  /** The package has something newer, or is gone, and the project's file stays as it is. */
  | { readonly fate: 'left'; readonly why: string; readonly conflicts?: readonly Conflict[]; readonly holdsUp: boolean }
export interface Upgrade {
  readonly place: string
  readonly fate: Fate
  readonly here: Buffer | undefined
  readonly upstream: Buffer | undefined
}
export interface UpgradePlan {
  readonly files: readonly Upgrade[]
  readonly changes: readonly FileChange[]
  /** Libraries that package.json has to name from now on. */
  readonly libraries: readonly string[]
}
/**
 * What an upgrade would do; nothing is written. The files of a step, its script, its test and its assets, go together: where one of them cannot, none does.
 * @param marks whether conflicts are written into files, between marks
 */
export function planUpgrade(project: string, lock: Lock, chosen: Lock['files'], marks: boolean): UpgradePlan {
  const copies = compare(project, lock.files)
  const own = copies
    .filter(({ place }) => Object.hasOwn(chosen, place))
    .map((copy): Upgrade => ({ place: copy.place, fate: fateOf(project, copy, marks), here: copy.here, upstream: copy.upstream }))
  const more = newFiles(project, lock, own)
  const together = holdUp([...own, ...more])
  const needed = new Set(withAllTheyNeed(written(together).map(({ place }) => place)).map(({ place }) => place))
  const files = together.filter(({ place, fate }) => Object.hasOwn(lock.files, place) || fate.fate === 'left' || needed.has(place))

  const done = written(files)
  const notes: Record<string, Note> = { ...lock.files }
  for (const { place, upstream } of done) if (upstream) notes[place] = noted(upstream)
  for (const { place, here, upstream } of own) if (upstream && here?.equals(upstream)) notes[place] = noted(upstream)
  const contents = new Map(copies.flatMap(({ place, here }) => (here ? [[place, here] as const] : [])))
  const changes = done.map(({ place, here, fate }) => ({ place, content: fate.content, ...(here && { seen: here }) }))
  for (const { place, content } of changes) contents.set(place, content)
  const libraries = nameLibraries(
    project,
    [...contents].map(([place, content]) => ({ place, content })),
  )
  const known = [...copies.flatMap(({ base }) => base ?? []), ...[...own, ...more].flatMap(({ upstream }) => upstream ?? [])]
  return { files, changes: [...changes, ...libraries.changes, ...lockChanges(project, notes, known)], libraries: libraries.added }
}
interface ChangedCopy extends Upgrade {
  readonly fate: Extract<Fate, { readonly content: Buffer }>
}
const written = (files: readonly Upgrade[]): readonly ChangedCopy[] => files.filter((file): file is ChangedCopy => 'content' in file.fate)

function fateOf(project: string, { place, state, note, here, upstream, base }: Copy, marks: boolean): Fate {
  const left = (why: string, holdsUp = true): Fate => ({ fate: 'left', why, holdsUp })
  if (upstream === undefined) return left('the package no longer has it', false)
  if (state === 'unchanged' || digest(upstream) === note.sha256)
    return here && hasMarks(here)
      ? left('it still holds the marks of a conflict: choose between the sides, and remove them', false)
      : { fate: 'current' }
  const barred = barrier(project, place)
  if (barred) return left(`it ${barred}`)
  if (here === undefined) return left('you removed it', false)
  if (state === 'changed upstream') return { fate: 'upgraded', content: upstream }
  if (hasMarks(here)) return left('it still holds the marks of a conflict: choose between the sides, and remove them')
  if (![here, upstream, base ?? here].every(canMerge))
    return left('it was changed by you and upstream, and is no text that could be merged')
  if (base === undefined && !marks)
    return left(`it was changed by you and upstream, and no one kept what it was in version ${note.version}, so they cannot be told apart`)
  const sides = { base: `${note.version}, as copied`, upstream: version() }
  const { content, conflicts } = mergeThree(here, base, upstream, sides)
  if (conflicts.length === 0) return { fate: 'merged', content }
  if (marks) return { fate: 'marked', content, conflicts }
  return { fate: 'left', why: 'you and upstream changed the same lines', conflicts, holdsUp: true }
}
/** Files that the package's new versions need and the project was never given. */
function newFiles(project: string, lock: Lock, own: readonly Upgrade[]): readonly Upgrade[] {
  const needed = withAllTheyNeed(written(own).map(({ place }) => place)).filter(({ place }) => !Object.hasOwn(lock.files, place))
  return needed.map(({ place, from }): Upgrade => {
    const upstream = readFileSync(from)
    const there = lstatSync(path.join(project, place), { throwIfNoEntry: false })
    const here = there?.isFile() ? readFileSync(path.join(project, place)) : undefined
    const barred = barrier(project, place)
    const fate: Fate = here?.equals(upstream)
      ? { fate: 'current' }
      : barred
        ? { fate: 'left', why: `an upgraded file needs it, but it ${barred}`, holdsUp: true }
        : here
          ? { fate: 'left', why: 'an upgraded file needs it, but a file of yours has that name', holdsUp: true }
          : { fate: 'new', content: upstream }
    return { place, fate, here, upstream }
  })
}
/** Holds back what belongs to a file that cannot be upgraded. */
function holdUp(files: readonly Upgrade[]): readonly Upgrade[] {
  const groupOf = togetherWith(files)
  const cause = new Map<string, string>()
  for (const { place, fate } of files) if (fate.fate === 'left' && fate.holdsUp) cause.set(groupOf(place), place)
  return files.map(file => {
    const by = cause.get(groupOf(file.place))
    return by === undefined || !('content' in file.fate)
      ? file
      : { ...file, fate: { fate: 'left', why: `it belongs to ${by}, which is left`, holdsUp: true } }
  })
}
/** Of one group are the files of a name, `sort.ts`, `sort.test.ts`, `sort.script.mjs`, the assets that they have, and the modules of their own that a step imports. */
function togetherWith(files: readonly Upgrade[]): (place: string) => string {
  const parent = new Map<string, string>()
  const find = (each: string): string => {
    const up = parent.get(each) ?? each
    return up === each ? each : find(up)
  }
  const join = (a: string, b: string) => parent.set(find(a), find(b))
  const stem = (place: string) => `${path.posix.dirname(place)}/${path.posix.basename(place).replace(/\..*/, '')}`
  for (const { place, here, upstream } of files) {
    join(place, stem(place))
    if (!place.endsWith('.ts') || place.endsWith('.test.ts')) continue
    for (const text of [here, upstream]) {
      const { assets, imports } = mentions(text?.toString() ?? '')
      const beside = place.startsWith('steps/') ? [...assets, ...imports] : assets
      for (const name of beside) {
        const other = relative(name, `/${place}`)?.slice(1)
        if (other !== undefined) join(place, other)
      }
    }
  }
  return find
}
