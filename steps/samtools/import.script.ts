// Takes alignments that a user brings along: checks that they belong to the reference and the sample, and makes them fit for merge and markdup.
//   node import.script.mjs ALIGNMENTS REFERENCE.fa SAMPLE OUT.bam THREADS MIB_PER_THREAD
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A fault of the data: its message is all that a user needs to see. */
class Fault extends Error {}
type Tags = Readonly<Record<string, string>>

const [alignments = '', reference = '', sample = '', out = '', threads = '1', memory = '256'] = process.argv.slice(2)
// Without this, htslib looks up the sequences of a CRAM on the web.
const env = { ...process.env, REF_PATH: '/nonexistent', REF_CACHE: '/nonexistent' }

function samtools(...words: readonly string[]): string {
  const done = spawnSync('samtools', words, { encoding: 'utf8', env, maxBuffer: 2 ** 30 })
  if (done.status === 0) return done.stdout
  const said = done.stderr.trim().split('\n').slice(-3).join('; ')
  throw new Fault(
    `The alignments cannot be read: samtools ${words[0]} says "${said}". A whole file passes "samtools quickcheck". Copy it again.`,
  )
}
/** Lines of one type, each as its tags. */
const tagsOf = (header: string, type: string): readonly Tags[] =>
  header
    .split('\n')
    .filter(line => line.startsWith(`@${type}\t`))
    .map(line =>
      Object.fromEntries(
        line
          .split('\t')
          .slice(1)
          .map(field => [field.slice(0, 2), field.slice(3)]),
      ),
    )

function checkContigs(got: readonly Tags[], want: readonly Tags[]): void {
  const remedy = 'Give the reference they were aligned to, or align the reads again.'
  const lengths = new Map(want.map(({ SN, LN }) => [SN, LN]))
  const sums = new Map(want.map(({ SN, M5 }) => [SN, M5]))
  for (const { SN, LN, M5 } of got) {
    if (!lengths.has(SN))
      throw new Fault(`The alignments are of another reference: they have a contig "${SN}", the reference has ${some(want)}. ${remedy}`)
    if (lengths.get(SN) !== LN)
      throw new Fault(
        `The alignments are of another reference: their contig "${SN}" has ${LN} bases, that of the reference has ${lengths.get(SN)}. ${remedy}`,
      )
    if (M5 !== undefined && sums.get(SN) !== M5)
      throw new Fault(
        `The alignments are of another reference: their contig "${SN}" has the MD5 sum ${M5}, that of the reference has ${sums.get(SN)}. ${remedy}`,
      )
  }
  const names = new Set(got.map(({ SN }) => SN))
  const lacking = want.find(({ SN }) => !names.has(SN))
  if (lacking) throw new Fault(`The alignments are of another reference: they lack its contig "${lacking.SN}". ${remedy}`)
  const moved = got.findIndex(({ SN }, n) => SN !== want[n]?.SN)
  if (moved >= 0)
    throw new Fault(
      `The alignments have the reference's contigs in another order: contig ${moved + 1} is "${got[moved]?.SN}", in the reference it is "${want[moved]?.SN}". Reorder them (gatk ReorderSam), or align the reads again.`,
    )
}
const some = (contigs: readonly Tags[]) =>
  `${contigs
    .slice(0, 3)
    .map(({ SN }) => `"${SN}"`)
    .join(', ')}${contigs.length > 3 ? ` and ${contigs.length - 3} more` : ''}`

function checkReadGroups(groups: readonly Tags[]): void {
  const remedy = `Set them with "samtools addreplacerg -r 'ID:…' -r 'SM:${sample}'".`
  if (groups.length === 0)
    throw new Fault(
      `The alignments have no read group; callers tell samples apart by them. There should be one with SM:${sample}. ${remedy}`,
    )
  for (const { ID, SM } of groups)
    if (SM !== sample)
      throw new Fault(
        `Read group "${ID}" of the alignments is of sample ${SM === undefined ? 'nothing' : `"${SM}"`}, the row says "${sample}". Correct the row, or the read groups. ${remedy}`,
      )
}
/** Whether pairs carry the mate scores and CIGARs that duplicate marking needs, told from the first records. */
function hasMateTags(): boolean {
  const records = samtools('head', '-h', '0', '-n', '2000', '-T', reference, alignments).split('\n')
  const bothMapped = records.filter(line => (Number(line.split('\t', 2)[1] ?? 4) & 0x90d) === 0x1) // paired, neither mate unmapped, primary
  return bothMapped.every(line => /\tms:i:/.test(line) && /\tMC:Z:/.test(line))
}
/** Runs a fixed script; values come as its positions only. Bash makes the pipes: Node's would be non-blocking, which samtools does not bear. */
function bash(script: string, ...words: readonly string[]): void {
  const done = spawnSync('bash', ['-euo', 'pipefail', '-c', script, 'import', ...words], {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    env,
  })
  if (done.status === 0) return
  if (/unsorted positions|not sorted|NO_COOR reads not in a single block/i.test(done.stderr))
    throw new Fault(
      'The header of the alignments says that they are sorted by coordinate, but they are not. Sort them with "samtools sort".',
    )
  throw new Fault(
    `The alignments could not be taken in: ${done.stderr.trim().split('\n').slice(-3).join('; ')}. Look for the damage with "samtools view -c".`,
  )
}

function take(): void {
  const whole = spawnSync('samtools', ['quickcheck', '-v', alignments], { encoding: 'utf8', env })
  if (whole.status !== 0)
    throw new Fault(
      'The alignments are cut off or damaged: "samtools quickcheck" finds no header or no end-of-file block. Copy the file again.',
    )
  const header = samtools('view', '-H', '--no-PG', '-T', reference, alignments)
  const contigs = tagsOf(header, 'SQ')
  const wanted = contigs.some(({ M5 }) => M5 !== undefined) ? tagsOf(samtools('dict', reference), 'SQ') : faidx()
  checkContigs(contigs, wanted)
  checkReadGroups(tagsOf(header, 'RG'))
  const indexed = `${out}##idx##${out}.bai`
  // collate without -@: with threads it waits 1.4 s on its 64 temporary files, however small.
  if (!hasMateTags())
    bash(
      'samtools collate --reference "$2" --no-PG -O -u "$1" tmp/collate | samtools fixmate --no-PG -m -u - - | samtools sort --no-PG -@ "$4" -m "$5M" -l 1 -T tmp/sort --write-index -o "$3" -',
      ...[alignments, reference, indexed, threads, memory],
    )
  else if (tagsOf(header, 'HD')[0]?.SO === 'coordinate')
    bash('samtools view --no-PG -@ "$4" -T "$2" -1 --write-index -o "$3" "$1"', alignments, reference, indexed, threads)
  else
    bash(
      'samtools sort --no-PG -@ "$4" -m "$5M" --reference "$2" -l 1 -T tmp/sort --write-index -o "$3" "$1"',
      ...[alignments, reference, indexed, threads, memory],
    )
}
const faidx = (): readonly Tags[] =>
  readFileSync(`${reference}.fai`, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => ({ SN: line.split('\t')[0]!, LN: line.split('\t')[1]! }))

try {
  take()
} catch (error) {
  if (!(error instanceof Fault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
