import { accessSync, constants, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from 'trireme-bio'
import { type Patience, patience } from '../../../steps/http.ts'
import { told } from '../../../steps/script.ts'
import { type Listed, roster } from '../roster.ts'
import { archive } from './archive.ts'
import { download } from './download.ts'
import { Lock } from './lock.ts'
import { Omero, type Said } from './omero.ts'
import { digestOf, pngDamage, read } from './png.ts'
import { annotationText, needed, pathsText } from './tables.ts'

export interface Settings {
  readonly out: string
  /** Digests that are held to. @default `idr0042.sha256` in `out` */
  readonly lock?: string
  /** Names of patients and of the study's folders; none for all. */
  readonly patients?: readonly string[]
  readonly sets?: readonly string[]
  /** Below it lie the study's folders, as the study's table has them. */
  readonly filesUrl?: string
  /** Below it lie `/webclient` and `/api`. */
  readonly apiUrl?: string
  /** Requests under way at a time, of all sorts together. */
  readonly connections?: number
  readonly patience?: Patience
  readonly on?: (progress: Progress) => void
}
export interface Progress {
  readonly files: number
  readonly of: number
  /** Files that were here already, sound. */
  readonly kept: number
  readonly bytes: number
}
export const defaults = {
  filesUrl: 'https://ftp.ebi.ac.uk/pub/databases/IDR/idr0042-nirschl-wsideeplearning',
  apiUrl: 'https://idr.openmicroscopy.org',
  /** Two or three bring no more from one server; the archive asks for restraint. */
  connections: 4,
  project: 402,
} as const
export interface Fetched extends Progress {
  readonly images: number
  readonly archive: string
  readonly annotation: string
  readonly paths: string
  /** Images of which IDR says another diagnosis or individual than the list that travels with the package. */
  readonly differing: readonly string[]
}

/**
 * Fetches images and annotations of idr0042, whatever is not here yet; what is here is compared with its digest.
 * @throws TriremeError `USAGE` for a selection that is not of the study; `INPUT` naming what could not be had, once all else is there
 */
export async function fetchStudy(settings: Settings): Promise<Fetched> {
  const images = selected(settings)
  try {
    return await fetchSelected(images, settings)
  } catch (error) {
    const words = told(error)
    if (words === undefined) throw error
    throw new TriremeError('INPUT', words, { cause: error })
  }
}
async function fetchSelected(images: readonly Listed[], settings: Settings): Promise<Fetched> {
  const { out, patience: at = patience, connections = defaults.connections, on = () => {} } = settings
  const place = (name: string) => path.join(out, name)
  mkdirSync(place('annotations'), { recursive: true })
  accessSync(out, constants.W_OK)
  const lock = new Lock(settings.lock ?? place('idr0042.sha256'))
  const base = (settings.filesUrl ?? defaults.filesUrl).replace(/\/+$/, '')
  const omero = new Omero(settings.apiUrl ?? defaults.apiUrl, at)
  const progress = { files: 0, kept: 0, bytes: 0, of: images.length * 2 }
  const tell = (change: Partial<typeof progress>) => on({ ...Object.assign(progress, change) })
  let ids: Promise<ReadonlyMap<string, number>> | undefined

  /** A file as it is here: kept when sound, fetched when missing or damaged; its digest is the locked one, or becomes it. */
  const have = async (name: string, damage: (content: Buffer) => string | undefined, bring: (to: string) => Promise<string>) => {
    const locked = lock.of(name)
    const here = read(place(name))
    const sound = here !== undefined && (locked === undefined ? damage(here) === undefined : digestOf(here) === locked)
    const sha256 = sound ? digestOf(here) : await replaced(name, locked, bring)
    lock.note(name, sha256)
    tell({ files: progress.files + 1, kept: progress.kept + (sound ? 1 : 0) })
  }
  /** Brings the file beside its place, so that what is there stays until better is known to be had. */
  const replaced = async (name: string, locked: string | undefined, bring: (to: string) => Promise<string>) => {
    const fresh = place(`${name}.new`)
    const sha256 = await bring(fresh)
    if (locked !== undefined && sha256 !== locked)
      throw new Error(
        `it has the digest ${sha256.slice(0, 16)}… there, and ${locked.slice(0, 16)}… is locked. If the study was changed on purpose, remove its line from the lock file`,
      )
    renameSync(fresh, place(name))
    return sha256
  }
  const picture = ({ set, file, place: there }: Listed) =>
    have(`images/${set}/${file}`, pngDamage, to => download(`${base}/${there}`, to, at, bytes => tell({ bytes: progress.bytes + bytes })))
  const notes = ({ file }: Listed) =>
    have(noteName(file), unreadable, async to => {
      ids ??= omero.images(defaults.project)
      const id = (await ids).get(file)
      if (id === undefined) throw new Error('IDR lists no image of this name')
      const said = await omero.said(id)
      const missing = needed.filter(key => !said.some(([own]) => own === key))
      if (missing.length > 0) throw new Error(`IDR says nothing of its ${missing.join(' and ')}`)
      const text = `${JSON.stringify(said)}\n`
      writeFileSync(to, text)
      return digestOf(Buffer.from(text))
    })
  const jobs = images.flatMap(image => [
    { name: `${image.set}/${image.file}`, run: () => picture(image) },
    { name: noteName(image.file), run: () => notes(image) },
  ])
  const failures = await all(jobs, connections)
  if (failures.length > 0) throw incomplete(failures, jobs.length - progress.files, out)

  lock.tidy()
  const annotated = images.map(listed => ({ listed, said: JSON.parse(read(place(noteName(listed.file)))!.toString('utf8')) as Said })) // as `notes` wrote it
  const whole = { annotation: place('annotation.csv'), paths: place('paths.tsv'), archive: place('images.tar') }
  writeWhole(whole.annotation, annotationText(annotated))
  writeWhole(whole.paths, pathsText(images))
  await archive(
    images.map(({ set, file }) => ({ name: `${set}/${file}`, path: place(`images/${set}/${file}`) })),
    whole.archive,
  )
  return { ...progress, ...whole, images: images.length, differing: differing(annotated) }
}
const noteName = (file: string) => `annotations/${file.replace(/\.png$/, '.json')}`
const unreadable = (content: Buffer) => {
  try {
    return Array.isArray(JSON.parse(content.toString('utf8'))) ? undefined : 'holds no list'
  } catch {
    return 'is no JSON'
  }
}
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.part`, text)
  renameSync(`${file}.part`, file)
}
const differing = (images: readonly { readonly listed: Listed; readonly said: Said }[]) =>
  images
    .filter(({ listed, said }) => {
      const values = new Map(said)
      return values.get('Individual') !== listed.patient || values.get('Diagnosis') !== listed.diagnosis
    })
    .map(({ listed }) => listed.file)

/** @throws TriremeError `USAGE` naming what the study has not */
function selected({ patients = [], sets = [] }: Settings): readonly Listed[] {
  const images = roster()
  const known = (what: string, wanted: readonly string[], all: readonly string[], example: string) => {
    const strange = wanted.filter(name => !all.includes(name))
    if (strange.length === 0) return
    throw new TriremeError('USAGE', `idr0042 has no ${what} ${strange.map(name => `"${name}"`).join(', ')}. ${example}`)
  }
  const folders = [...new Set(images.map(({ set }) => set))]
  const people = [...new Set(images.map(({ patient }) => patient))]
  known('set', sets, folders, `Its sets: ${folders.join(', ')}.`)
  known(
    'patient',
    patients,
    people,
    `It has ${people.length}, such as ${people.slice(0, 3).join(', ')}; all are listed in datasets/idr0042/patients.csv.`,
  )
  const chosen = images.filter(
    ({ patient, set }) => (patients.length === 0 || patients.includes(patient)) && (sets.length === 0 || sets.includes(set)),
  )
  if (chosen.length === 0) throw new TriremeError('USAGE', 'None of these patients is in these sets. Leave one of the two out.')
  return chosen
}
interface Job {
  readonly name: string
  readonly run: () => Promise<void>
}
/** A server that is down, or moved, fails every file alike: so many in a row are enough to know. */
const hopeless = 12
/** All jobs, so many at a time; one that fails stops no other, but a full disk or a dead server stops all. */
async function all(jobs: readonly Job[], width: number): Promise<readonly string[]> {
  const failures: string[] = []
  let next = 0
  let row = 0
  const worker = async () => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++])
      try {
        await job.run()
        row = 0
      } catch (error) {
        failures.push(`${job.name}: ${error instanceof Error ? error.message : error}`)
        if (told(error) !== undefined || ++row >= hopeless) next = jobs.length
        if (told(error) !== undefined) throw error
      }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(width, jobs.length) }, worker))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return failures
}
function incomplete(failures: readonly string[], lacking: number, out: string): TriremeError {
  const more = failures.length > 10 ? `\n  and ${failures.length - 10} more` : ''
  const gaveUp = lacking > failures.length ? ` (${failures.length} were tried in vain, ${lacking - failures.length} no more)` : ''
  return new TriremeError(
    'INPUT',
    `${lacking} file${lacking === 1 ? '' : 's'} could not be had${gaveUp}; all others are in ${out}.\n${failures
      .slice(0, 10)
      .map(line => `  ${line}`)
      .join('\n')}${more}\nRun the same command again: it goes on where it stopped.`,
  )
}
