import { appendFile, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import { digestFile } from './fsync.ts'

/**
 * Digests of a user's own files, remembered by device, inode, size and time of change in `digests.jsonl`, so that
 * a 100 GB file is read once. A damaged line is passed over: the file is then read again.
 */
export class Digests {
  readonly #file: string
  readonly #known: Map<string, string>
  private constructor(file: string, known: Map<string, string>) {
    this.#file = file
    this.#known = known
  }
  static async open(root: string): Promise<Digests> {
    const file = path.join(root, 'digests.jsonl')
    const known = new Map<string, string>()
    for (const line of (await readFile(file, 'utf8').catch(() => '')).split('\n')) {
      const match = /^\["([\d:.]+)","([0-9a-f]{64})"\]$/.exec(line)
      if (match) known.set(match[1]!, match[2]!)
    }
    return new Digests(file, known)
  }
  /** @throws TriremeError `INPUT` when the file is missing, unreadable, empty or no regular file */
  async of(file: string): Promise<string> {
    const found = await stat(file, { bigint: true }).catch((cause: NodeJS.ErrnoException) => {
      throw new TriremeError('INPUT', `There is no readable file ${file} (${cause.code}). Check the name and its folder's permissions.`, {
        cause,
      })
    })
    if (!found.isFile()) throw new TriremeError('INPUT', `${file} is not a regular file. Give the path of a file.`)
    if (found.size === 0n) throw new TriremeError('INPUT', `${file} is empty. Give a file with content.`)
    const mark = `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}`
    const known = this.#known.get(mark)
    if (known) return known
    const digest = await digestFile(file).catch((cause: NodeJS.ErrnoException) => {
      throw new TriremeError('INPUT', `${file} cannot be read (${cause.code}). Check its permissions.`, { cause })
    })
    this.#known.set(mark, digest)
    await appendFile(this.#file, `${JSON.stringify([mark, digest])}\n`)
    return digest
  }
}
