// Compares the counts of reads that the programs on a sample's way reported.
//   node compare.script.mjs REPORT.json FLAGSTAT.txt SAMPLE keep|refuse [checked=LANE CHECK.json | trimmed=LANE FASTP.json
//     | imported=LANE IMPORT.json | removed=SAMPLE MARKDUP.txt] …
import { readFileSync, writeFileSync } from 'node:fs'
import { Fault, main } from '../script.ts'

interface Checked {
  readonly first: { readonly reads: number }
  readonly second?: { readonly reads: number }
}
interface Fastp {
  readonly summary: Record<'before_filtering' | 'after_filtering', { readonly total_reads: number }>
}
interface Lane {
  checked?: number
  fastpRead?: number
  /** Reads that are to be in the alignments. */
  given?: number
}
function compare([report = '', flags = '', sample = '', empty = '', ...words]: readonly string[]): void {
  const lanes = new Map<string, Lane>()
  let removed = 0
  for (let n = 0; n < words.length; n += 2) {
    const [, kind, name = ''] = /^(\w+)=(.*)$/s.exec(words[n]!) ?? []
    const text = readFileSync(words[n + 1]!, 'utf8')
    if (kind === 'removed') {
      // Of primary alignments, which flagstat counts; markdup counts those that go with them apart.
      const [, duplicates] = /^DUPLICATE PRIMARY TOTAL: (\d+)$/m.exec(text) ?? []
      if (duplicates === undefined)
        throw new Fault('The report of samtools markdup has no line "DUPLICATE PRIMARY TOTAL". Make it with samtools 1.13 or newer.')
      removed = Number(duplicates)
      continue
    }
    const lane = lanes.get(name) ?? {}
    lanes.set(name, lane)
    const read: unknown = JSON.parse(text)
    if (kind === 'checked') {
      const { first, second } = read as Checked // written by steps/fastq/check.script.ts
      lane.checked = first.reads + (second?.reads ?? 0)
      lane.given ??= lane.checked
    } else if (kind === 'trimmed') {
      const { before_filtering, after_filtering } = (read as Fastp).summary
      lane.fastpRead = before_filtering.total_reads
      lane.given = after_filtering.total_reads
    } else lane.given = (read as { readonly primary: number }).primary // written by steps/samtools/import.script.ts
  }
  for (const [name, { checked, fastpRead }] of lanes)
    if (checked !== undefined && fastpRead !== undefined && checked !== fastpRead)
      throw new Fault(
        `Lane ${name} has ${checked} reads, of which fastp read ${fastpRead}: some versions of fastp stop at the first of several parts of a gzip file. Take another version of fastp, or none (--no-trim), or pack the files anew: gzip -dc x.fastq.gz | gzip > y.fastq.gz`,
      )
  const [, primary] = /^(\d+) \+ \d+ primary$/m.exec(readFileSync(flags, 'utf8')) ?? []
  const [, failed] = /^\d+ \+ (\d+) primary$/m.exec(readFileSync(flags, 'utf8')) ?? []
  const aligned = Number(primary) + Number(failed) + removed
  const given = [...lanes.values()].reduce((sum, lane) => sum + (lane.given ?? Number.NaN), 0)
  if (aligned !== given)
    throw new Fault(
      `${given} reads went to the aligner or came in as alignments (${[...lanes].map(([name, lane]) => `${name}: ${lane.given}`).join(', ')}), and the alignments of the sample hold ${aligned}${removed > 0 ? `, with the ${removed} duplicates that were removed` : ''}. A program on the way lost or doubled some: look at the logs of its steps, and take another version of the program that did.`,
    )
  const emptied = empty === 'refuse' ? [...lanes].filter(([, { given }]) => given === 0) : []
  if (emptied.length > 0)
    throw new Fault(emptied.map(([name, lane]) => refusal(sample, name, lane.checked ?? lane.fastpRead ?? 0)).join('\n'))
  writeFileSync(report, `${JSON.stringify({ lanes: Object.fromEntries(lanes), aligned }, null, 2)}\n`)
}
/** @param reads how many there were before trimming */
function refusal(sample: string, lane: string, reads: number): string {
  const place = lane.startsWith('+') ? `row ${lane.slice(1)} of sample ${sample}` : `lane ${lane} of sample ${sample}`
  const otherwise = 'remove its row from the samplesheet, or go on without its reads (--empty keep).'
  return reads > 0
    ? `Trimming dropped all ${reads} reads of ${place}. See its report of fastp and leave --trim out, ${otherwise}`
    : `There are no reads in ${place}. Look at its files and give the right ones, ${otherwise}`
}

await main(() => compare(process.argv.slice(2)))
