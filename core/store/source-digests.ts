import { type BigIntStats, statSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import { digestFile } from './fsync.ts'
import { appendLines, readLines } from './sealed.ts'

/**
 * A file's state, told by what no program can set back: device, inode, size, time of modification, and time of change, which every write,
 * rename and setting of times moves on. Undefined where there is no such file. A link counts as the file it leads to.
 */
export type Mark = string | undefined
/** How a file stands to the digest that a plan knows it by. */
export type SourceState =
  | 'same'
  /** Its content is the same, but it was written to or replaced meanwhile: what somebody read in between may have been something else. */
  | 'touched'
  | 'changed'
  | 'gone'

/**
 * Digests of a user's own files, remembered by their marks in `digests.jsonl`, so that a 100 GB file is read once. What cannot be told by
 * its mark is not remembered: a file that was changed a moment ago may change again without its times moving, since clocks of file systems
 * have steps. A damaged line is passed over: the file is then read again.
 */
export class Digests {
  readonly #file: string
  readonly #known: Map<string, string>
  private constructor(file: string, known: Map<string, string>) {
    this.#file = file
    this.#known = known
  }
  static open(root: string): Digests {
    const file = path.join(root, 'digests.jsonl')
    const known = new Map<string, string>()
    for (const line of readLines(file)) if (isNoted(line)) known.set(line.mark, line.sha256)
    return new Digests(file, known)
  }
  /** @throws TriremeError `INPUT` when the file is missing, unreadable, empty or no regular file, or does not stay as it is while it is read */
  async of(file: string, signal?: AbortSignal): Promise<string> {
    for (let tries = 1; tries <= 3; tries++) {
      const began = Date.now()
      const before = checkedStats(file)
      const mark = stateMark(before)
      const known = this.#known.get(mark)
      if (known) return known
      const digest = await digestFile(file, undefined, signal).catch((cause: NodeJS.ErrnoException) => {
        if (signal?.aborted) throw cause
        throw new TriremeError('INPUT', `${file} cannot be read (${cause.code}). Check its permissions.`, { cause })
      })
      if (stateMark(checkedStats(file)) !== mark) continue
      if (isSettled(before, began)) this.#remember(mark, digest)
      return digest
    }
    throw new TriremeError(
      'INPUT',
      `${file} changes while it is read: something still writes to it. Wait until it is whole, and give the same command again.`,
    )
  }
  mark(file: string): Mark {
    const found = stats(file)
    return found instanceof Error ? undefined : stateMark(found)
  }
  /**
   * Compares a file with the digest that it had when the plan was made. Reads it only where its mark tells nothing.
   * @param since its mark when somebody began to read it
   * @throws the signal's reason once it says so
   */
  async state(file: string, sha256: string, since: Mark, signal?: AbortSignal): Promise<SourceState> {
    const now = this.mark(file)
    if (now === undefined) return 'gone'
    if (now === since && this.#known.get(now) === sha256) return 'same'
    const digest = await this.of(file, signal).catch((error: unknown) => {
      if (!(error instanceof TriremeError)) throw error
      return undefined
    })
    return digest !== sha256 ? 'changed' : now === since ? 'same' : 'touched'
  }
  #remember(mark: string, digest: string): void {
    this.#known.set(mark, digest)
    try {
      appendLines(this.#file, [{ mark, sha256: digest }])
    } catch {
      // A store that cannot be written: the file is read again the next time.
    }
  }
}
const isNoted = (line: object): line is { readonly mark: string; readonly sha256: string } =>
  'mark' in line && typeof line.mark === 'string' && 'sha256' in line && typeof line.sha256 === 'string'
/**
 * Whether a change from now on must show in the file's times: the last one is longer ago than a step of the clock that wrote them. That is
 * 10 ms or less where they have fractions of a second; where they have none, as on old file systems, up to two seconds.
 */
export function isSettled({ ctimeNs }: Pick<BigIntStats, 'ctimeNs'>, now: number): boolean {
  const step = ctimeNs % 1_000_000_000n === 0n ? 2_500 : 100
  return BigInt(now - step) * 1_000_000n > ctimeNs
}
const stateMark = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats) => [dev, ino, size, mtimeNs, ctimeNs].join(':')

function stats(file: string): BigIntStats | NodeJS.ErrnoException {
  try {
    return statSync(file, { bigint: true })
  } catch (cause) {
    return cause as NodeJS.ErrnoException // of Node's file functions
  }
}
function checkedStats(file: string): BigIntStats {
  const found = stats(file)
  if (found instanceof Error)
    throw new TriremeError('INPUT', `There is no readable file ${file} (${found.code}). Check the name and its folder's permissions.`, {
      cause: found,
    })
  if (!found.isFile()) throw new TriremeError('INPUT', `${file} is not a regular file. Give the path of a file.`)
  if (found.size === 0n) throw new TriremeError('INPUT', `${file} is empty. Give a file with content.`)
  return found
}
