// Cuts a genome, or the regions of a BED, into parts with as many bases each, in the order of the genome.
//   node split.script.mjs GENOME.fa.fai PARTS MIN_BASES FOLDER [REGIONS.bed]
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { bedComment, withoutMark } from '../bed-lines.ts'

/** A fault of the data: its message is all that a user needs to see. */
class Fault extends Error {}
/** As in a BED: start counted from 0, end not included. */
interface Interval {
  readonly contig: string
  readonly start: number
  readonly end: number
}

const linesOf = (file: string) => withoutMark(readFileSync(file, 'utf8')).split(/\r?\n/)
const contigsOf = (fai: string): readonly Interval[] =>
  linesOf(fai)
    .filter(line => line !== '')
    .map(line => ({ contig: line.split('\t')[0]!, start: 0, end: Number(line.split('\t')[1]) }))

function regionsOf(bed: string, contigs: readonly Interval[]): readonly Interval[] {
  const lengths = new Map(contigs.map(({ contig, end }) => [contig, end]))
  const regions = new Map<string, Interval[]>()
  for (const [n, line] of linesOf(bed).entries()) {
    if (bedComment(line)) continue
    const [contig = '', from = '', to = ''] = line.split('\t')
    const [start, end, length] = [Number(from), Number(to), lengths.get(contig)]
    const where = `Line ${n + 1} of the BED`
    if (length === undefined)
      throw new Fault(`${where} names the contig "${contig}", the reference has ${some(contigs)}. Give the BED of this reference.`)
    if (!/^[0-9]+$/.test(from) || !/^[0-9]+$/.test(to) || start >= end)
      throw new Fault(
        `${where} goes from "${from}" to "${to}"; right are whole numbers, the first the lesser, counted from 0. Correct the line.`,
      )
    if (end > length) throw new Fault(`${where} ends at ${end}, the contig "${contig}" at ${length}. Give the BED of this reference.`)
    const own = regions.get(contig)
    if (own) own.push({ contig, start, end })
    else regions.set(contig, [{ contig, start, end }])
  }
  if (regions.size === 0) throw new Fault('The BED holds no region; one is the least. Give another BED, or none for the whole genome.')
  return contigs.flatMap(({ contig }) => merged(regions.get(contig) ?? []))
}
const some = (contigs: readonly Interval[]) =>
  `${contigs
    .slice(0, 3)
    .map(({ contig }) => `"${contig}"`)
    .join(', ')}${contigs.length > 3 ? ` and ${contigs.length - 3} more` : ''}`

/** Overlapping and touching regions of one contig as one: no base is called twice. */
function merged(regions: readonly Interval[]): readonly Interval[] {
  const whole: Interval[] = []
  for (const region of regions.toSorted((a, b) => a.start - b.start)) {
    const last = whole.at(-1)
    if (last && region.start <= last.end) whole[whole.length - 1] = { ...last, end: Math.max(last.end, region.end) }
    else whole.push(region)
  }
  return whole
}

/** Part k ends where k/parts of all bases are reached, so parts differ by one base at most. */
function split(regions: readonly Interval[], wanted: number, minBases: number): readonly (readonly Interval[])[] {
  const total = regions.reduce((sum, { start, end }) => sum + end - start, 0)
  const count = Math.max(1, Math.min(wanted, Math.floor(total / minBases)))
  const parts: Interval[][] = Array.from({ length: count }, () => [])
  let done = 0
  let part = 0
  for (const { contig, start, end } of regions)
    for (let from = start; from < end; ) {
      const room = Math.floor((total * (part + 1)) / count) - done
      const to = Math.min(end, from + room)
      parts[part]!.push({ contig, start: from, end: to })
      done += to - from
      from = to
      if (done === Math.floor((total * (part + 1)) / count)) part++
    }
  return parts
}

function write([fai = '', parts = '', minBases = '', folder = '', bed]: readonly string[]): void {
  const contigs = contigsOf(fai)
  const regions = bed === undefined ? contigs : regionsOf(bed, contigs)
  for (const [n, part] of split(regions, Number(parts), Number(minBases)).entries())
    writeFileSync(
      path.join(folder, `${String(n + 1).padStart(5, '0')}.bed`),
      part.map(({ contig, start, end }) => `${contig}\t${start}\t${end}\n`).join(''),
    )
}
try {
  write(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Fault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
