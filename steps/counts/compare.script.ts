// Compares the counts of reads that the programs on a sample's way reported.
//   node compare.script.mjs REPORT.json FLAGSTAT.txt [checked=LANE CHECK.json | trimmed=LANE FASTP.json | imported=LANE IMPORT.json] …
import { readFileSync, writeFileSync } from 'node:fs'

/** A fault of the data: its message is all that a user needs to see. */
class Fault extends Error {}

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
function compare([report = '', flags = '', ...words]: readonly string[]): void {
  const lanes = new Map<string, Lane>()
  for (let n = 0; n < words.length; n += 2) {
    const [, kind, name = ''] = /^(\w+)=(.*)$/s.exec(words[n]!) ?? []
    const lane = lanes.get(name) ?? {}
    lanes.set(name, lane)
    const read: unknown = JSON.parse(readFileSync(words[n + 1]!, 'utf8'))
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
  const aligned = Number(primary) + Number(failed)
  const given = [...lanes.values()].reduce((sum, lane) => sum + (lane.given ?? Number.NaN), 0)
  if (aligned !== given)
    throw new Fault(
      `${given} reads went to the aligner or came in as alignments (${[...lanes].map(([name, lane]) => `${name}: ${lane.given}`).join(', ')}), and the alignments of the sample hold ${aligned}. A program on the way lost or doubled some: look at the logs of its steps, and take another version of the program that did.`,
    )
  writeFileSync(report, `${JSON.stringify({ lanes: Object.fromEntries(lanes), aligned }, null, 2)}\n`)
}

try {
  compare(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Fault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
