import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { isAncestor } from './commit.ts'
import { type Result, result } from './result.ts'

export interface KeptRecord {
  readonly file: string
  readonly result: Result
  /** Why no claim may rest on it; undefined where one may. */
  readonly fault: string | undefined
}
/** Version and commit, as a result names them: `0.1.0 30a38d8`, `0.1.0 30a38d8-dirty`. */
const named = /^\S+ ([0-9a-f]{7,40})(-dirty)?$/

/** All records below a folder of results. @throws Error where a file is none */
export function readRecords(folder: string, checkout: string): readonly KeptRecord[] {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json')) : []
  return files.sort().map(file => {
    const read = result.parse(JSON.parse(readFileSync(path.join(folder, file), 'utf8')))
    return { file, result: read, fault: /dirty/.test(file) ? 'its name says that its code was changed' : faultOf(read, checkout) }
  })
}
function faultOf({ version }: Result, checkout: string): string | undefined {
  const [, commit, dirty] = named.exec(version) ?? []
  if (commit === undefined) return `its version, "${version}", names no commit`
  if (dirty) return `its code was commit ${commit} with changes that are in no commit`
  return isAncestor(checkout, commit) === false ? `its commit, ${commit}, is not in the history of what is checked out` : undefined
}
