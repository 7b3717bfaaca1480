import { fieldEnd, fieldsAt, flagOf, flags, nameOf, readRecord, readStart, sequenceOf, tag, tagAt, type Unpacked } from './bam-stream.ts'
import { ContentSum, hashes } from './content-sum.ts'

/** What a look at every record of a BAM tells. */
export interface Census {
  readonly records: number
  /** Those that are no further alignment of a read that has one: as many as there are reads. */
  readonly primary: number
  /** Records by the read group that they name; '' for those that name none. */
  readonly groups: Readonly<Record<string, number>>
  /** Records of mapped pairs without the scores and CIGARs of mates (ms, MC) that duplicate marking needs. */
  readonly unscored: number
  /** Of the bases of all reads, in whatever order. */
  readonly sum: string
  /** A read that is there twice in one place, as the same mate of the same strand. */
  readonly doubled?: string
  /** Whether every first mate has its second in the file, and the reverse: told by sums over the names of both. */
  readonly whole: boolean
}
const [RG, MC, ms] = [tag('RG'), tag('MC'), tag('ms')]

export function census(from: Unpacked): Census {
  readStart(from)
  const groups = new Map<string, number>()
  let [records, primary, unscored, whole] = [0, 0, 0, true]
  let doubled: string | undefined
  const here = new Here()
  const sum = new ContentSum()
  // Sums of two hashes of each name: equal for both mates only where the same names are there as often.
  const sums = [0, 0]
  for (let record = readRecord(from); record; record = readRecord(from)) {
    records++
    let [group, scores] = ['', 0]
    for (let at = fieldsAt(record); at < record.length; ) {
      const end = fieldEnd(record, at)
      const name = tagAt(record, at)
      if (name === RG) group = record.toString('latin1', at + 3, end - 1)
      else if (name === MC || name === ms) scores++
      at = end
    }
    groups.set(group, (groups.get(group) ?? 0) + 1)
    const flag = flagOf(record)
    if ((flag & flags.other) === 0) {
      primary++
      sum.add(sequenceOf(record))
      if (!here.add(record)) doubled ??= nameOf(record).toString('latin1')
    }
    if ((flag & (flags.paired | flags.other)) !== flags.paired) continue
    if ((flag & (flags.unmapped | flags.mateUnmapped)) === 0 && scores < 2) unscored++
    const mate = flag & (flags.first | flags.second)
    if (mate !== flags.first && mate !== flags.second) {
      whole = false
      continue
    }
    const [one, other] = hashes(nameOf(record))
    const sign = mate === flags.first ? 1 : -1
    sums[0] = (sums[0]! + sign * one) | 0
    sums[1] = (sums[1]! + sign * other) | 0
  }
  return {
    ...{ records, primary, groups: Object.fromEntries(groups), unscored, whole: whole && sums.every(sum => sum === 0) },
    sum: `${sum}`,
    ...(doubled !== undefined && { doubled }),
  }
}
/** The reads of one place, or of one name. Those of a file that was merged with itself lie side by side, in whichever order it is. */
class Here {
  private place = -1
  private contig = -1
  private name = ''
  private readonly seen = new Set<string>()
  /** @returns false when the same mate is there already */
  add(record: Buffer): boolean {
    const [contig, place, name] = [record.readInt32LE(0), record.readInt32LE(4), nameOf(record).toString('latin1')]
    if ((contig !== this.contig || place !== this.place || contig < 0) && name !== this.name) this.seen.clear()
    this.contig = contig
    this.place = place
    this.name = name
    const mark = `${name} ${place} ${flagOf(record) & (flags.first | flags.second | flags.reverse)}`
    if (name === '*' || contig < 0 || !this.seen.has(mark)) {
      this.seen.add(mark)
      return true
    }
    return false
  }
}
