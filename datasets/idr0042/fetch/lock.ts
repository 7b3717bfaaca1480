import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { read } from './png.ts'

/**
 * Digests of what was fetched, noted when a file first arrives and held to ever after. Lines as `sha256sum` writes them, so that
 * `sha256sum -c` checks them too; one is appended the moment its file is in place, so nothing is lost when the machine goes down.
 */
export class Lock {
  readonly #file: string
  readonly #known = new Map<string, string>()
  constructor(file: string) {
    this.#file = file
    const text = read(file)?.toString('utf8') ?? ''
    for (const line of text.split('\n')) {
      const [, sha256, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [] // a line that a crash cut short is no line
      if (sha256 !== undefined && name !== undefined) this.#known.set(name, sha256)
    }
    mkdirSync(path.dirname(file), { recursive: true })
    if (text !== '' && !text.endsWith('\n')) this.tidy()
  }
  of(name: string): string | undefined {
    return this.#known.get(name)
  }
  note(name: string, sha256: string): void {
    if (this.#known.has(name)) return
    appendFileSync(this.#file, `${sha256}  ${name}\n`)
    this.#known.set(name, sha256)
  }
  /** Writes all lines anew, in the order of the names. */
  tidy(): void {
    const lines = [...this.#known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, sha256]) => `${sha256}  ${name}\n`)
    writeFileSync(`${this.#file}.new`, lines.join(''))
    renameSync(`${this.#file}.new`, this.#file)
  }
}
