import { olderContradictions } from '../older/contradictions.ts'
import { type ReadRecord, readRecord } from '../read-record.ts'
import type { Record2 } from '../record.ts'
import { definitionDigest } from '../record-text.ts'
import { impossibleTimes } from './clocks.ts'
import { whatDoesNotFollow } from './follows.ts'
import { missingRuns, unprovedRuns, wrongOrder } from './runs.ts'

/** Everything by which a record contradicts itself; empty where all of it follows from its runs. */
const contradictions = (record: Record2): readonly string[] => [
  ...(definitionDigest(record.definition) === record.digest ? [] : ['definition: its digest is of another definition']),
  ...missingRuns(record),
  ...wrongOrder(record),
  ...unprovedRuns(record),
  ...impossibleTimes(record),
  ...whatDoesNotFollow(record),
]
export interface Verdict {
  readonly read: ReadRecord
  /** Of the text first, then of what it says; empty where the text is whole and all that it says follows from its runs. */
  readonly faults: readonly string[]
}
/** Nothing outside the text is asked. */
export function verifyText(text: string): Verdict {
  const read = readRecord(text)
  if (read.format === 1) return { read, faults: olderContradictions(read.result) }
  return { read, faults: read.format === 2 ? [...read.faults, ...contradictions(read.record)] : read.faults }
}
