import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Normal } from './normal.ts'

const file = (name: string) => path.join(fileURLToPath(new URL('golden', import.meta.url)), `${name}.json`)
/** More than these of a kind are told by their number, their digest, the first and the last. */
const most = 20

export const golden = (name: string): readonly Normal[] => {
  if (!existsSync(file(name)))
    throw new Error(`There is no golden of "${name}". Write it from the local target: see docs/reference/conformance.md.`)
  return JSON.parse(readFileSync(file(name), 'utf8')) as Normal[] // written by `write`
}
/** Never called by CI: a golden is written on purpose, and read by whoever commits it. */
export function write(name: string, all: readonly Normal[]): void {
  if (process.env.CI) throw new Error('A golden is not written by CI.')
  writeFileSync(file(name), `${JSON.stringify(folded(all), null, 1)}\n`)
}

/** The same with long lists and records made short, so that a golden can be read. */
export function folded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const members = Array.isArray(value) ? value.map(folded) : Object.entries(value).map(([name, each]) => [name, folded(each)] as const)
  if (members.length > most) {
    const sha256 = createHash('sha256').update(JSON.stringify(members)).digest('hex').slice(0, 16)
    return { count: members.length, first: members[0], last: members.at(-1), sha256 }
  }
  return Array.isArray(value) ? members : Object.fromEntries(members as (readonly [string, unknown])[])
}
