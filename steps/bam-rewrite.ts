import * as bam from './bam-stream.ts'

/** How the records of a BAM are changed. */
export interface Rewriting {
  /** New names of read groups by those that records have; '' stands for none. */
  readonly names: Readonly<Record<string, string>>
  /** The header's lines of read groups. */
  readonly lines: readonly string[]
  /** Whether the records of a template follow one another: mates that are not there are then taken out of the others. */
  readonly together: boolean
}
export interface Rewritten {
  readonly records: number
  /** Records that lost a mate that is not in the file. */
  readonly orphans: number
  /** Set where the file cannot be taken. */
  readonly fault?: string
}
const [RG, MC, MQ, ms] = [bam.tag('RG'), bam.tag('MC'), bam.tag('MQ'), bam.tag('ms')]
const withoutMate = new Set([RG, MC, MQ, ms])
const withMate = new Set([RG])

export function rewrite(from: bam.Unpacked, to: bam.Written, { names, lines, together }: Rewriting): Rewritten {
  const start = bam.readStart(from)
  const others = start.text.split('\n').filter(line => line !== '' && !line.startsWith('@RG\t'))
  const programs = others.findIndex(line => line.startsWith('@PG\t'))
  others.splice(programs < 0 ? others.length : programs, 0, ...lines)
  bam.writeStart(to, { ...start, text: `${others.join('\n')}\n` })
  const ends = new Map(Object.entries(names).map(([old, name]) => [old, Buffer.from(`RGZ${name}\0`, 'latin1')]))
  let [records, orphans] = [0, 0]
  const write = (record: Buffer, dropped: ReadonlySet<number>) => {
    const kept: Buffer[] = []
    let group = ''
    let [begin, at] = [0, bam.fieldsAt(record)]
    while (at < record.length) {
      const end = bam.fieldEnd(record, at)
      const name = bam.tagAt(record, at)
      if (name === RG) group = record.toString('latin1', at + 3, end - 1)
      if (dropped.has(name)) {
        if (at > begin) kept.push(record.subarray(begin, at))
        begin = end
      }
      at = end
    }
    if (begin < record.length) kept.push(record.subarray(begin))
    bam.writeRecord(to, ...kept, ends.get(group)!) // the look before named every group
    records++
  }
  if (!together) {
    for (let record = bam.readRecord(from); record; record = bam.readRecord(from)) write(record, withMate)
    to.flush()
    return { records, orphans }
  }
  let template: Buffer[] = []
  const done = (): string | undefined => {
    const mates = template.map(record => mateOf(record))
    const [first, second] = [mates.filter(mate => mate === 1).length, mates.filter(mate => mate === 2).length]
    if (first > 1 || second > 1)
      return `Read "${bam.nameOf(template[0]!).toString('utf8')}" of the alignments is there ${first} times as first and ${second} times as second mate: two runs were merged that use the same names, or a file was merged with itself. Give the files as they were before merging, a row each.`
    const orphaned = first + second < 2
    for (const record of template) {
      const alone = orphaned && (bam.flagOf(record) & bam.flags.paired) !== 0
      if (alone) {
        bam.unpair(record)
        orphans++
      }
      write(record, alone ? withoutMate : withMate)
    }
    template = []
    return undefined
  }
  for (let record = bam.readRecord(from); record; record = bam.readRecord(from)) {
    const fault = template[0] && !bam.nameOf(template[0]).equals(bam.nameOf(record)) ? done() : undefined
    if (fault) return { records, orphans, fault }
    template.push(Buffer.from(record))
  }
  const fault = template.length > 0 ? done() : undefined
  to.flush()
  return { records, orphans, ...(fault && { fault }) }
}
/** Which mate a primary record of a pair is; 0 for all others. */
function mateOf(record: Buffer): 0 | 1 | 2 {
  const flag = bam.flagOf(record)
  if ((flag & (bam.flags.paired | bam.flags.other)) !== bam.flags.paired) return 0
  const mate = flag & (bam.flags.first | bam.flags.second)
  return mate === bam.flags.first ? 1 : mate === bam.flags.second ? 2 : 0
}
