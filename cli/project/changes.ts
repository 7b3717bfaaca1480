import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { TriremeError } from '../../core/errors.ts'
import { syncNow, writeWhole } from '../../core/store/whole-file.ts'
import { barrier, isPlace } from './inside.ts'

/** Beside `trireme.lock.json`, and as that one part of the project: what copies were when they were made, and how the last upgrades are undone. */
export const copiesFolder = '.trireme-copies'
const undoFolder = `${copiesFolder}/undo`
const unfinished = `${undoFolder}/writing`
export const digest = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

/** What a file of the project is to hold; undefined where it is to go. */
export interface FileChange {
  readonly place: string
  readonly content: Buffer | undefined
  /** What the new content was made from. Where the file holds something else by now, somebody is editing it. */
  readonly seen?: Buffer
}
const record = z.strictObject({
  format: z.literal(1),
  /** Folders made for the files, outermost first. */
  folders: z.array(z.string()),
  files: z.array(
    z.strictObject({
      place: z.string(),
      /** What was there, in the record's own folder under its digest. */
      before: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), mode: z.number().int() }).optional(),
      after: z.string().optional(),
      /** Where the new content is written first. */
      temporary: z.string(),
    }),
  ),
})
type ChangeRecord = z.infer<typeof record>
export type RecordedFile = ChangeRecord['files'][number]

/** A file as it is now. Links are not followed: what is a link is no file of the project's. */
export function present(project: string, place: string): Buffer | undefined {
  const file = path.join(project, place)
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined
}
/** @throws TriremeError `USAGE` where a change begun before never ended */
export function refuseUnfinished(project: string): void {
  if (lstatSync(path.join(project, unfinished), { throwIfNoEntry: false }) === undefined) return
  throw new TriremeError(
    'USAGE',
    'An upgrade, add, new or init was interrupted, or is still at work here, so nothing was changed. If none is at work, take back what it did with: trireme upgrade --undo',
  )
}
/**
 * Writes files all together or not at all. What they held is recorded first, the new contents are written beside them, and only then each takes its
 * place, by a rename: whenever the machine stops, the record takes back what was done.
 * @param keep whether the record stays, for `undo`
 * @throws TriremeError `USAGE` before anything is written, where a place is not to be written
 */
export function writeTogether(project: string, changes: readonly FileChange[], { keep }: { readonly keep: boolean }): void {
  const wanted = changes.filter(({ place, content }) => !sameBytes(present(project, place), content))
  const barred = wanted.flatMap(({ place }) => {
    const why = barrier(project, place)
    return why === undefined ? [] : [`  ${place} ${why}`]
  })
  if (barred.length > 0) throw new TriremeError('USAGE', `These files are not to be written, so nothing was changed:\n${barred.join('\n')}`)
  if (wanted.length === 0) return
  const beside = barrier(project, `${unfinished}/record.json`)
  if (beside) throw new TriremeError('USAGE', `${unfinished} ${beside}, so nothing was changed.`)
  refuseUnfinished(project)
  mkdirSync(path.join(project, undoFolder), { recursive: true })
  mkdirSync(path.join(project, unfinished)) // of two at the same time, one fails here
  try {
    putAllInPlace(project, wanted)
  } catch (cause) {
    takeBack(project, cause)
  }
  if (keep) renameSync(path.join(project, unfinished), path.join(project, finishedName()))
  else forget(project, unfinished)
}
function putAllInPlace(project: string, wanted: readonly FileChange[]): void {
  const files = wanted.map(({ place, content, seen }): RecordedFile => {
    const before = present(project, place)
    if (seen && !sameBytes(before, seen)) throw editedMeanwhile(place)
    const mode = lstatSync(path.join(project, place), { throwIfNoEntry: false })?.mode ?? 0
    if (before) put(path.join(project, unfinished, `${digest(before)}.gz`), gzipSync(before))
    return {
      place,
      ...(before && { before: { sha256: digest(before), mode: mode & 0o7777 } }),
      ...(content && { after: digest(content) }),
      temporary: temporaryOf(place),
    }
  })
  const folders = [...new Set(wanted.flatMap(({ place, content }) => (content ? foldersOf(place) : [])))].filter(
    folder => lstatSync(path.join(project, folder), { throwIfNoEntry: false }) === undefined,
  )
  writeRecord(path.join(project, unfinished), { format: 1, folders, files })
  for (const folder of folders) mkdirSync(path.join(project, folder), { recursive: true })
  for (const [n, { place, before, temporary }] of files.entries())
    if (wanted[n]?.content) writeLike(project, temporary, wanted[n].content, before?.mode, place)
  for (const { place, before, after, temporary } of files) {
    if (!hasContent(project, place, before?.sha256)) throw editedMeanwhile(place)
    if (after) renameSync(path.join(project, temporary), path.join(project, place))
    else rmSync(path.join(project, place))
  }
  for (const folder of new Set(files.flatMap(({ place }) => ['', ...foldersOf(place)]))) syncNow(path.join(project, folder))
}
const editedMeanwhile = (place: string) => new Error(`${place} was edited meanwhile. Try again`)
function hasContent(project: string, place: string, sha256: string | undefined): boolean {
  const content = present(project, place)
  return (content && digest(content)) === sha256
}
/** What cannot be written, for want of space or of the right to, leaves nothing behind. @throws TriremeError `INPUT` always */
function takeBack(project: string, cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause)
  try {
    const change = lastChange(project)
    change?.putBack(change.files.filter(({ place, after }) => hasContent(project, place, after)))
    change?.end([])
  } catch {
    throw new TriremeError(
      'INPUT',
      `The files could not be written: ${why}. Make that possible, and take back what was done with: trireme upgrade --undo`,
      { cause },
    )
  }
  throw new TriremeError('INPUT', `The files could not be written, and are as they were: ${why}`, { cause })
}
const finishedName = () => `${undoFolder}/${new Date().toISOString().replace(/[-:]/g, '')}`
const temporaryOf = (place: string) =>
  path.posix.join(path.posix.dirname(place), `.${path.posix.basename(place)}.${randomBytes(4).toString('hex')}.new`)
function writeRecord(folder: string, content: ChangeRecord): void {
  writeWhole(path.join(folder, 'record.json'), `${JSON.stringify(content, null, 1)}\n`)
}
const sameBytes = (a: Buffer | undefined, b: Buffer | undefined): boolean => (a && b ? a.equals(b) : a === b)
/** The folders of a place, outermost first. */
const foldersOf = (place: string): readonly string[] =>
  place
    .split('/')
    .slice(0, -1)
    .map((_, n, parts) => parts.slice(0, n + 1).join('/'))
function put(file: string, content: Buffer): void {
  const to = openSync(file, 'w')
  try {
    writeFileSync(to, content)
    fsyncSync(to)
  } finally {
    closeSync(to)
  }
}
/** The new file has the mode and, where that is possible, the owner of the one whose place it takes. */
function writeLike(project: string, temporary: string, content: Buffer, mode: number | undefined, place: string): void {
  const file = path.join(project, temporary)
  put(file, content)
  const there = lstatSync(path.join(project, place), { throwIfNoEntry: false })
  const { uid, gid } = there ?? lstatSync(path.dirname(file))
  const bits = mode ?? (there && there.mode & 0o7777)
  try {
    if (uid !== process.getuid?.()) chownSync(file, uid, gid)
    if (bits !== undefined) chmodSync(file, bits) // after the owner, whose change takes some away
  } catch {
    // Only root may give files away.
  }
}
/** Removes a record, and the folders of records where it was the last. */
function forget(project: string, at: string): void {
  rmSync(path.join(project, at, 'record.json'), { force: true }) // without it, the rest is known to be of no use
  rmSync(path.join(project, at), { recursive: true })
  for (const folder of [undoFolder, copiesFolder]) removeEmpty(project, folder)
}
function removeEmpty(project: string, folder: string): void {
  const there = path.join(project, folder)
  if (lstatSync(there, { throwIfNoEntry: false })?.isDirectory() && readdirSync(there).length === 0) rmdirSync(there)
}

/** A change that can be undone. */
export interface Undoable {
  readonly files: readonly RecordedFile[]
  /** What a file held before. @throws TriremeError `INPUT` where the record is damaged */
  readonly contentBefore: (file: RecordedFile) => Buffer | undefined
  /** Puts files back, or others' contents in their place, and removes the folders that were made for them. */
  readonly putBack: (files: readonly RecordedFile[], instead?: readonly FileChange[]) => void
  /** Ends the undoing. What could not be put back stays in the record. */
  readonly end: (left: readonly RecordedFile[]) => void
}
/**
 * The last change, finished or not; without files where it was interrupted before it touched any.
 * @throws TriremeError `INPUT` where its record is damaged
 */
export function lastChange(project: string): Undoable | undefined {
  const beside = barrier(project, `${unfinished}/record.json`)
  if (beside) throw new TriremeError('USAGE', `${unfinished} ${beside}, so nothing was changed.`)
  const folder = path.join(project, undoFolder)
  const names = lstatSync(folder, { throwIfNoEntry: false }) ? readdirSync(folder).filter(name => /^\d{8}T|^writing$/.test(name)) : []
  const name = names.sort().at(-1) // "writing" comes last
  if (name === undefined) return undefined
  const at = `${undoFolder}/${name}`
  const text = present(project, `${at}/record.json`)
  if (text === undefined) {
    forget(project, at)
    return name === 'writing' ? { files: [], contentBefore: () => undefined, putBack: () => {}, end: () => {} } : lastChange(project)
  }
  return undoable(project, at, text)
}
function undoable(project: string, at: string, text: Buffer): Undoable {
  const damaged = () =>
    new TriremeError('INPUT', `The record ${at} is damaged, so nothing was changed. Remove that folder to do without it.`)
  const read = record.safeParse(parsed(text))
  if (!read.success) throw damaged()
  const { files, folders } = read.data
  if (!files.every(({ place, temporary }) => isWrittenHere(place) && isPlace(temporary) && isBeside(temporary, place))) throw damaged()
  if (!folders.every(made => isWrittenHere(`${made}/x`))) throw damaged()
  const contentBefore = ({ before }: RecordedFile) => {
    if (before === undefined) return undefined
    const content = unpacked(present(project, `${at}/${before.sha256}.gz`))
    if (content === undefined || digest(content) !== before.sha256) throw damaged()
    return content
  }
  return {
    files,
    contentBefore,
    putBack: (chosen, instead = []) => {
      const wanted = [
        ...chosen.map(file => ({ ...file, content: contentBefore(file) })),
        ...instead.map(change => ({ ...change, before: undefined })),
      ]
      for (const { temporary } of files)
        if (barrier(project, temporary) === undefined) rmSync(path.join(project, temporary), { force: true })
      for (const { place, content, before } of wanted) {
        const temporary = files.find(file => file.place === place)?.temporary ?? temporaryOf(place)
        replace(project, { place, content }, before?.mode, temporary)
      }
      for (const made of [...folders].reverse()) if (barrier(project, `${made}/x`) === undefined) removeEmpty(project, made)
    },
    end: left => {
      if (left.length === 0) return forget(project, at)
      writeRecord(path.join(project, at), { format: 1, folders, files: [...left] })
      if (at === unfinished) renameSync(path.join(project, at), path.join(project, finishedName()))
    },
  }
}
/** Whether it is a place that Trireme writes to in a project. A record may have come with somebody's project: it names no hook of Git's. */
const isWrittenHere = (place: string): boolean =>
  isPlace(place) &&
  (/^(steps|pipelines|data)\//.test(place) ||
    place.startsWith(`${copiesFolder}/`) ||
    /^[^/]+\.(json|md|yaml|csv)$|^\.gitignore$/.test(place))
const isBeside = (temporary: string, place: string): boolean => {
  const [folder, name] = [path.posix.dirname(place), path.posix.basename(place)]
  return path.posix.dirname(temporary) === folder && temporary.endsWith('.new') && path.posix.basename(temporary).startsWith(`.${name}.`)
}
function replace(project: string, { place, content }: FileChange, mode: number | undefined, temporary: string): void {
  const file = path.join(project, place)
  const barred = barrier(project, place)
  if (sameBytes(present(project, place), content)) return
  if (barred) throw new TriremeError('USAGE', `${place} ${barred}, so it was left as it is.`)
  if (content === undefined) {
    rmSync(file)
    return
  }
  mkdirSync(path.dirname(file), { recursive: true })
  writeLike(project, temporary, content, mode, place)
  renameSync(path.join(project, temporary), file)
}
function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString())
  } catch {
    return undefined
  }
}
/** Bytes: no step, test or asset is larger, but what a few kilobytes of gzip can hold is. */
const largestFile = 2 ** 26
/** Nothing where it is not there, or no gzip. */
export function unpacked(content: Buffer | undefined): Buffer | undefined {
  try {
    return content && gunzipSync(content, { maxOutputLength: largestFile })
  } catch {
    return undefined
  }
}
