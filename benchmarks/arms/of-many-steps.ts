import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { compiled } from '../harness/places.ts'

/** Independent steps, each `sh -c` creating a file, two at a time: the cost of the engine itself, where the tools cost nothing. */
export const trireme = (count: number, store: string): { readonly argv: readonly string[] } => ({
  argv: [...compiled('benchmarks/arms/many-steps.js'), String(count), store],
})
/** Proves that every file is there and holds its number. */
function checkFiles(files: readonly string[], count: number): void {
  const numbers = new Set(files.map(file => Number(readFileSync(file, 'utf8'))))
  if (numbers.size !== count || !numbers.has(0) || !numbers.has(count - 1)) throw new Error(`${numbers.size} of ${count} files were made`)
}
export const checkMade = (folder: string, count: number): void =>
  checkFiles(
    readdirSync(path.join(folder, 'made')).map(name => path.join(folder, 'made', name)),
    count,
  )
export const checkStore = (store: string, count: number): void =>
  checkFiles(
    readdirSync(path.join(store, 'entries')).flatMap(half =>
      readdirSync(path.join(store, 'entries', half)).map(key => path.join(store, 'entries', half, key, 'made.txt')),
    ),
    count,
  )
/** What of a run decides how many steps there are. */
export interface ManyStepsAt {
  readonly folder: string
  readonly quick: boolean
}
/** From an empty store. */
export const fresh = (count: (at: ManyStepsAt) => number) => ({
  command: (at: ManyStepsAt) => trireme(count(at), path.join(at.folder, 'store')),
  check: (at: ManyStepsAt) => checkStore(path.join(at.folder, 'store'), count(at)),
})
