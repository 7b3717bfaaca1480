import { TriremeError } from '../../core/errors.ts'
import { copiesFolder, digest, lastChange, present, type RecordedFile } from './changes.ts'
import { type Lock, lockChanges, lockName, type Note, parseLock, readCopiesLock } from './copies.ts'
import { barrier } from './inside.ts'

export interface Undone {
  readonly restored: readonly string[]
  /** Files that stay as they are, and why. */
  readonly left: readonly { readonly place: string; readonly why: string }[]
}
/**
 * Takes the last upgrade back, also one that was interrupted: every byte and mode is as before, but for files that somebody has edited since.
 * @throws TriremeError `USAGE` where there is none
 */
export function undoLastChange(project: string): Undone {
  const change = lastChange(project)
  if (change === undefined)
    throw new TriremeError(
      'USAGE',
      `There is no upgrade to take back here. Go to the project's folder, where ${copiesFolder}/undo has a record of each.`,
    )
  const now = (file: RecordedFile) => present(project, file.place)
  const is = (content: Buffer | undefined, sha256: string | undefined) => (content && digest(content)) === sha256
  const [lock, ...others] = [...change.files].sort((a, b) => Number(b.place === lockName) - Number(a.place === lockName))
  const ours = lock?.place === lockName ? lock : undefined
  const files = (ours ? others : change.files).filter(({ place }) => !place.startsWith(`${copiesFolder}/`))
  const left = files.flatMap(file => {
    const [barred, content] = [barrier(project, file.place), now(file)]
    if (is(content, file.before?.sha256)) return []
    if (barred) return [{ file, why: `it ${barred}` }]
    return content === undefined || is(content, file.after) ? [] : [{ file, why: 'it was edited since' }]
  })
  const back = files.filter(file => !left.some(each => each.file === file))
  const exact = left.length === 0 && (!ours || is(now(ours), ours.after) || is(now(ours), ours.before?.sha256))
  if (exact) change.putBack(change.files)
  else {
    // What stays keeps its note, for it is the new version that it goes back to.
    const before: Lock['files'] = ours?.before ? parseLock(change.contentBefore(ours) ?? Buffer.from('')).files : {}
    const notes: Record<string, Note> = { ...readCopiesLock(project).files }
    for (const { place } of back)
      if (before[place]) notes[place] = before[place]
      else delete notes[place]
    const bases = change.files.filter(file => file.place.startsWith(`${copiesFolder}/base/`) && !file.after)
    change.putBack([...back, ...bases])
    change.putBack([], lockChanges(project, notes, []))
  }
  const own = change.files.filter(file => !files.includes(file)) // notes and bases of what stays may have to go back later
  change.end(left.length > 0 ? [...left.map(({ file }) => file), ...own] : [])
  return { restored: back.map(({ place }) => place), left: left.map(({ file: { place }, why }) => ({ place, why })) }
}
