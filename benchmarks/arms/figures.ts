import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ArmFolders } from 'trireme-bio/benchmarks'

/** What a program among the arms measured itself: it leaves `figures.json` in the folder of its run. */
export const figures = ({ folder }: ArmFolders): Readonly<Record<string, number | string>> =>
  JSON.parse(readFileSync(path.join(folder, 'figures.json'), 'utf8'))
/** @throws Error where the program left no such number */
export function figure(at: ArmFolders, name: string): number {
  const value = figures(at)[name]
  if (typeof value !== 'number') throw new Error(`figures.json holds no number called ${JSON.stringify(name)}`)
  return value
}
