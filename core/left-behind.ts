import { randomUUID } from 'node:crypto'
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs'

// What a program left behind is looked at, read and removed, and never followed: it may have put a link, a pipe or anything else in the place
// of whatever it could reach, and may still be at it.

/** Linux: opens a file of any type without doing anything to it, as a place from which to go on. Node has no name for it. */
const O_PATH = 0o10000000
/** Whether what is held can be reached by its descriptor. Elsewhere, as on macOS, its path is looked at before each use. */
const byDescriptor = process.platform === 'linux' && existsSync('/proc/self/fd')

/** What lies at a place, where a link is a link; undefined where nothing does, or nobody may look. */
export function unfollowed(place: string | Buffer): BigIntStats | undefined {
  try {
    return lstatSync(place, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined // a file in the place of a folder above it
  }
}
/** A file or folder that is held: whatever takes its name afterwards is not taken for it. */
export class Held {
  readonly path: string | Buffer
  /** As it was when it was taken. */
  readonly stats: BigIntStats
  readonly #descriptor: number | undefined
  #open = true
  /** @throws where nothing is there; a link is held itself */
  constructor(path: string | Buffer) {
    this.path = path
    this.#descriptor = byDescriptor ? openSync(path, O_PATH | constants.O_NOFOLLOW) : undefined
    this.stats = this.#descriptor === undefined ? lstatSync(path, { bigint: true }) : fstatSync(this.#descriptor, { bigint: true })
  }
  /** By this it is reached, and what lies in it. @throws where it cannot be reached any more */
  get place(): string {
    if (this.#descriptor !== undefined && this.#open) return `/proc/self/fd/${this.#descriptor}`
    if (!this.isAt(this.path)) throw new Error(`${this.path} was replaced by something else`)
    return this.path.toString()
  }
  /** The same for the programs of this process. */
  get placeForOthers(): string {
    return this.place.replace('/proc/self/', () => `/proc/${readlinkSync('/proc/self')}/`)
  }
  /** Whether it is what lies at a path; a link is not followed. */
  isAt(path: string | Buffer): boolean {
    const there = unfollowed(path)
    return there?.ino === this.stats.ino && there.dev === this.stats.dev
  }
  /** @returns a descriptor of a plain file, to be closed by the caller @throws where it is none */
  open(flags: number = constants.O_RDONLY): number {
    if (!this.stats.isFile()) throw new Error(`${this.path} is no regular file`)
    // A descriptor is a link of /proc, so that it has to be followed; a path must not be, nor may it wait.
    if (this.#descriptor !== undefined) return openSync(this.place, flags)
    return openSync(this.place, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  }
  close(): void {
    if (this.#descriptor !== undefined && this.#open) closeSync(this.#descriptor)
    this.#open = false
  }
}

/** Bytes of an open file from a position on. */
export function readBytes(descriptor: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let got = 0
  for (let last = -1; last !== 0 && got < length; got += last) last = readSync(descriptor, bytes, got, length - got, from + got)
  return bytes.subarray(0, got)
}
/** The end of an open file's text. */
export function readEnd(descriptor: number, atMost = 65_536): string {
  const { size } = fstatSync(descriptor)
  return readBytes(descriptor, Math.max(0, size - atMost), Math.min(size, atMost)).toString('utf8')
}
/** A descriptor of a plain file, to be closed by the caller; undefined for all else: a link, a pipe, a folder, a file that nobody may read. */
export function openPlain(path: string): number | undefined {
  let held: Held | undefined
  try {
    held = new Held(path)
    return held.open()
  } catch {
    return undefined
  } finally {
    held?.close()
  }
}
/** The text of a plain file, or as much of its beginning. */
export function readPlain(path: string, atMost = 65_536): string | undefined {
  const descriptor = openPlain(path)
  if (descriptor === undefined) return undefined
  try {
    return readBytes(descriptor, 0, Math.min(fstatSync(descriptor).size, atMost)).toString('utf8')
  } catch {
    return undefined
  } finally {
    closeSync(descriptor)
  }
}

/** Why something could not be removed; the rest of it was. */
export type Leftover = NodeJS.ErrnoException | undefined
/**
 * Removes whatever lies at a path, and what is in it. Nothing is followed: no link, also where one takes a folder's place meanwhile, and
 * nothing that is mounted there. Folders that may not be written are made writable first. @returns what kept it from being removed, never throws
 */
export function removeTree(path: string): Leftover {
  const steps = removing(path)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
/** The same for a tree that may be large: others have their turn. Given up when the signal says so. */
export async function removeTreeInTurns(path: string, signal?: AbortSignal): Promise<Leftover> {
  const steps = removing(path)
  let until = performance.now() + turn
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    if (performance.now() < until) continue
    await new Promise(next => setImmediate(next))
    if (signal?.aborted) return steps.return(undefined).value
    until = performance.now() + turn
  }
}
/** Milliseconds. */
const turn = 50

function* removing(path: string): Generator<undefined, Leftover> {
  const found: Found = { faults: [], moved: false }
  try {
    for (let round = 1; round <= 3 || found.moved; round++) {
      const there = unfollowed(path)
      if (there?.isDirectory() === false) unlinkSync(path)
      if (!there?.isDirectory() || removedEmpty(path)) return undefined
      found.faults.length = 0
      found.moved = false
      const folder = new Held(path)
      try {
        yield* emptying(folder, folder, 0, found)
      } finally {
        folder.close()
      }
    }
    if (removedEmpty(path)) return undefined
  } catch (cause) {
    found.faults.unshift(cause as NodeJS.ErrnoException)
  }
  return found.faults[0] ?? Object.assign(new Error(`${path} is written to meanwhile`), { code: 'ENOTEMPTY' })
}
interface Found {
  readonly faults: NodeJS.ErrnoException[]
  /** Folders that lay too deep are at the top now. */
  moved: boolean
}
/** Descriptors that are open at once. What lies deeper is moved up to the top first, where the next round finds it. */
const deepest = 32

function* emptying(folder: Held, top: Held, depth: number, found: Found): Generator<undefined, void> {
  makeUsable(folder)
  const place = Buffer.from(`${folder.place}/`)
  // Names need not be UTF-8: they are buffers, which Node's types do not know of here.
  const listing = opendirSync(folder.place, { encoding: 'buffer' as BufferEncoding })
  try {
    for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
      yield
      const child = Buffer.concat([place, entry.name as unknown as Buffer])
      try {
        if (!entry.isDirectory()) unlinkSync(child)
        else if (!removedEmpty(child)) yield* removingFolder(child, top, depth + 1, found)
      } catch (cause) {
        found.faults.push(cause as NodeJS.ErrnoException)
      }
    }
  } finally {
    listing.closeSync()
  }
}
function* removingFolder(path: Buffer, top: Held, depth: number, found: Found): Generator<undefined, void> {
  const folder = new Held(path)
  try {
    if (depth < deepest) {
      yield* emptying(folder, top, depth, found)
      rmdirSync(path)
    } else {
      makeUsable(folder) // its `..` changes
      renameSync(path, `${top.place}/.${randomUUID()}`)
      found.moved = true
    }
  } finally {
    folder.close()
  }
}
/** False where it is not empty. @throws where something is mounted there: EBUSY comes first */
function removedEmpty(path: string | Buffer): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (cause) {
    if (['ENOTEMPTY', 'EEXIST'].includes(String((cause as NodeJS.ErrnoException).code))) return false
    throw cause
  }
}
/** As far as it is ours: what may still not be done in it is told then. */
export function makeUsable({ place }: Held): void {
  try {
    const { mode } = statSync(place)
    if ((mode & 0o700) !== 0o700) chmodSync(place, (mode & 0o777) | 0o700)
  } catch {
    // Somebody else's.
  }
}
