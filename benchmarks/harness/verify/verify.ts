import { type ReadRecord, readRecord } from '../read-record.ts'
import type { Record2 } from '../record.ts'
import { definitionDigest } from '../record-text.ts'
import { impossibleTimes } from './clocks.ts'
import { whatDoesNotFollow } from './follows.ts'
import { missingRuns, unprovedRuns } from './runs.ts'

/** Everything by which a record contradicts itself; empty where all of it follows from its runs. */
export const contradictions = (record: Record2): readonly string[] => [
  ...(definitionDigest(record.definition) === record.digest ? [] : ['definition: its digest is of another definition']),
  ...missingRuns(record),
  ...unprovedRuns(record),
  ...impossibleTimes(record),
  ...whatDoesNotFollow(record),
]
export interface Verdict {
  readonly read: ReadRecord
  /** Of the text first, then of what it says. */
  readonly faults: readonly string[]
}
/** Whether a record's text is whole, and all that it says follows from its runs. Nothing outside the text is asked. */
export function verifyText(text: string): Verdict {
  const read = readRecord(text)
  return { read, faults: read.format === 2 ? [...read.faults, ...contradictions(read.record)] : read.faults }
}
