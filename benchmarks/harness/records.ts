import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { isAncestor } from './commit.ts'
import { recordFiles } from './keep-record.ts'
import type { ReadRecord } from './read-record.ts'
import { verifyText } from './verify/verify.ts'

export interface KeptRecord {
  readonly file: string
  readonly read: ReadRecord
  /** Why no claim may rest on it; empty where one may. */
  readonly faults: readonly string[]
}
/** All records below a folder of results of this checkout: each has to prove itself, and the code that it speaks of has to be there. */
export const readRecords = (folder: string, checkout: string): readonly KeptRecord[] =>
  (existsSync(folder) ? recordFiles(folder) : []).map(file => {
    const { read, faults } = verifyText(readFileSync(file, 'utf8'))
    const named = /dirty/.test(path.basename(file)) ? ['its name says that its code was changed'] : []
    return { file: path.relative(folder, file), read, faults: [...faults, ...named, ...lostCode(read, checkout)] }
  })
function lostCode(read: ReadRecord, checkout: string): readonly string[] {
  if (read.format === undefined) return []
  if (read.format === 1) return lostVersion(read.result.version, checkout)
  const { commit, why = 'no commit' } = read.record.code
  return commit === undefined ? [`its code is in no commit: ${why}`] : lostCommit(commit, checkout)
}
/** Version and commit, as format 1 has them: `0.1.0 30a38d8`, `0.1.0 30a38d8-dirty`. */
function lostVersion(version: string, checkout: string): readonly string[] {
  const [, commit, dirty] = /^\S+ ([0-9a-f]{7,40})(-dirty)?$/.exec(version) ?? []
  if (commit === undefined) return [`its version, "${version}", names no commit`]
  return dirty ? [`its code was commit ${commit} with changes that are in no commit`] : lostCommit(commit, checkout)
}
const lostCommit = (commit: string, checkout: string) =>
  isAncestor(checkout, commit) === false ? [`its commit, ${commit}, is not in the history of what is checked out`] : []
