// Takes alignments that a user brings along: checks that they belong to the reference and the sample, and makes them fit for merge and markdup.
//   node import.script.mjs take ALIGNMENTS REFERENCE.fa SAMPLE GROUP OUT.bam REPORT.json THREADS MIB_PER_THREAD
// It starts itself between pipes of samtools, to look at every record and to rewrite every record:
//   samtools … | node import.script.mjs look
//   samtools … | node import.script.mjs rewrite | samtools …
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { type Census, census } from '../bam-census.ts'
import { type Rewriting, type Rewritten, rewrite } from '../bam-rewrite.ts'
import { Unpacked, Written } from '../bam-stream.ts'

/** A fault of the data: its message is all that a user needs to see. */
class Fault extends Error {}
type Tags = Readonly<Record<string, string>>

const [mode = '', ...words] = process.argv.slice(2)
const [alignments = '', reference = '', sample = '', group = '', out = '', report = '', threads = '1', memory = '256'] = words
// Without this, htslib looks up the sequences of a CRAM on the web.
const env = { ...process.env, REF_PATH: '/nonexistent', REF_CACHE: '/nonexistent' }

function samtools(...words: readonly string[]): string {
  const done = spawnSync('samtools', words, { encoding: 'latin1', env, maxBuffer: 2 ** 30 })
  if (done.status === 0) return done.stdout
  const said = done.stderr.trim().split('\n').slice(-3).join('; ')
  throw new Fault(
    `The alignments cannot be read: samtools ${words[0]} says "${said}". A whole file passes "samtools quickcheck". Copy it again.`,
  )
}
/** Names as people see them: headers are read with a character for each byte, so that none is lost where they are no UTF-8. */
const shown = (name: string | undefined) => Buffer.from(name ?? '', 'latin1').toString('utf8')
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

const ownGroups = `Set them with "samtools addreplacerg -m overwrite_all -r 'ID:…' -r 'SM:${sample}'".`

/**
 * New names of the read groups that records name, and the header's lines for them. All begin with the row's own group, so that those of two
 * files are never the same: callers tell samples apart by them alone.
 * @throws Fault when a group of another sample has records
 */
function renamed(groups: readonly Tags[], counts: Census['groups']): Pick<Rewriting, 'names' | 'lines'> {
  const of = ({ ID = '' }: Tags) => counts[ID] ?? 0
  const foreign = groups.find(tags => tags.SM !== undefined && tags.SM !== sample && of(tags) > 0)
  if (foreign && groups.some(tags => tags.SM === sample && of(tags) > 0))
    throw new Fault(
      `The alignments mix samples: ${of(foreign)} of their records are in read group "${shown(foreign.ID)}" of sample "${shown(foreign.SM)}", the row says "${sample}". Give each sample a file of its own: "samtools split" makes one of each read group.`,
    )
  if (foreign)
    throw new Fault(
      `Read group "${shown(foreign.ID)}" of the alignments is of sample "${shown(foreign.SM)}", the row says "${sample}". Correct the row, or the read groups. ${ownGroups}`,
    )
  const known = new Set(groups.map(({ ID }) => ID))
  const names = Object.fromEntries(Object.keys(counts).map(id => [id, id === '' ? group : `${group}/${id}`]))
  const lines = [
    ...groups.filter(tags => of(tags) > 0).map(tags => ({ ...tags, ID: names[tags.ID!]!, SM: sample })),
    ...Object.keys(counts).flatMap(id => (known.has(id) ? [] : [{ ID: names[id]!, SM: sample, LB: sample }])),
  ]
  return { names, lines: lines.map(tags => ['@RG', ...Object.entries(tags).map(([tag, value]) => `${tag}:${value}`)].join('\t')) }
}

/** Runs a fixed script; values come as its positions only. Bash makes the pipes: Node's would be non-blocking, which samtools does not bear. */
function bash(script: string, ...words: readonly string[]): void {
  const done = spawnSync('bash', ['-euo', 'pipefail', '-c', script, 'import', ...words], {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    env,
  })
  if (done.status === 0) return
  const { fault } = existsSync(rewrittenAt) ? read<Rewritten>(rewrittenAt) : {}
  if (fault) throw new Fault(fault)
  if (/unsorted positions|not sorted|NO_COOR reads not in a single block/i.test(done.stderr))
    throw new Fault(
      'The header of the alignments says that they are sorted by coordinate, but they are not. Sort them with "samtools sort".',
    )
  throw new Fault(
    `The alignments could not be taken in: ${done.stderr.trim().split('\n').slice(-3).join('; ')}. Look for the damage with "samtools view -c".`,
  )
}
const [censusAt, planAt, rewrittenAt] = ['tmp/census.json', 'tmp/plan.json', 'tmp/rewritten.json']
const read = <T>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as T // written below, by this very script
const write = (file: string, content: unknown) => writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)

function take(): void {
  const whole = spawnSync('samtools', ['quickcheck', '-v', alignments], { encoding: 'utf8', env })
  if (whole.status !== 0)
    throw new Fault(
      'The alignments are cut off or damaged: "samtools quickcheck" finds no header or no end-of-file block. Copy the file again.',
    )
  const header = samtools('view', '-H', '--no-PG', '-T', reference, alignments)
  const contigs = tagsOf(header, 'SQ')
  const wanted = tagsOf(readFileSync(`${reference}.dict`, 'utf8'), 'SQ')
  checkContigs(contigs, wanted)
  mkdirSync('tmp', { recursive: true })
  const script = process.argv[1]!
  const { genome, options } = decoding(contigs, wanted)
  bash(`samtools view --no-PG -u -@ 1 ${options} -T "$2" "$1" | node "$3" look`, alignments, genome, script)
  const { records, primary, groups, unscored, whole: mated, doubled, sum } = read<Census>(censusAt)
  if (records === 0) throw new Fault('The alignments hold no record. Leave the row out, or make the file again.')
  if (doubled !== undefined)
    throw new Fault(
      `Read "${shown(doubled)}" of the alignments is there twice in one place: a file was merged with itself, or with one that holds some of the same reads. Give the files as they were before merging, a row each, or take out what is there twice.`,
    )
  const together = unscored > 0 || !mated
  write(planAt, { ...renamed(tagsOf(header, 'RG'), groups), together } satisfies Rewriting)
  const indexed = `${out}##idx##${out}.bai`
  const sorted = '-@ "$5" -m "$6M" -l 1 -T tmp/sort --write-index -o "$4" -'
  // collate without -@: with threads it waits 1.4 s on its 64 temporary files, however small.
  const pipe = together
    ? `samtools collate ${options} --reference "$2" --no-PG -O -u "$1" tmp/collate | node "$3" rewrite | samtools fixmate --no-PG -m -u - - | samtools sort --no-PG ${sorted}`
    : `samtools view --no-PG -u -@ 1 ${options} -T "$2" "$1" | node "$3" rewrite | samtools ${
        tagsOf(header, 'HD')[0]?.SO === 'coordinate' ? 'view --no-PG -@ "$5" -1 --write-index -o "$4" -' : `sort --no-PG ${sorted}`
      }`
  bash(pipe, alignments, genome, script, indexed, threads, memory)
  const { records: rewritten, orphans } = read<Rewritten>(rewrittenAt)
  // Counts of the index: contig, length, mapped, unmapped; "*" for those without a place.
  const written = samtools('idxstats', out)
    .split('\n')
    .map(line => line.split('\t'))
    .reduce((sum, [, , mapped = '0', unmapped = '0']) => sum + Number(mapped) + Number(unmapped), 0)
  if (records !== rewritten || records !== written)
    throw new Fault(
      `The alignments have ${records} records, of which ${rewritten} were read again and ${written} were written: samtools lost some. Look for the damage with "samtools view -c", or take another version of samtools.`,
    )
  const known = new Set(tagsOf(header, 'RG').map(({ ID }) => ID))
  const unknown = Object.keys(groups).filter(id => !known.has(id))
  if (orphans > 0)
    process.stderr.write(`${orphans} of ${records} records say that they have a mate which the file lacks: they count as single reads.\n`)
  if (unknown.length > 0)
    process.stderr.write(
      `${unknown.reduce((sum, id) => sum + groups[id]!, 0)} of ${records} records name no read group of the header: they are taken to be of sample "${sample}", as the row says.\n`,
    )
  write(report, {
    records,
    primary,
    orphans,
    readGroups: Object.fromEntries(Object.entries(groups).map(([id, count]) => [shown(id), count])),
    notInHeader: unknown.map(shown),
    matesScored: together,
    sum,
  })
}
/**
 * With what the alignments are decoded. A CRAM holds differences to the genome it was made with, in which every base but A, C, G, T counts as N:
 * where normalising chose a base, the copy made here has N again. Only then are the sums of its slices left unchecked (they are of the codes);
 * the sums of whole contigs were compared before.
 */
function decoding(got: readonly Tags[], want: readonly Tags[]): { readonly genome: string; readonly options: string } {
  const file = openSync(alignments, 'r')
  const magic = Buffer.alloc(4)
  readSync(file, magic)
  closeSync(file)
  if (magic.toString('latin1') !== 'CRAM' || want.every(({ nc }) => nc === undefined)) return { genome: reference, options: '' }
  const unsummed = got.find(({ M5 }) => M5 === undefined)
  if (unsummed)
    throw new Fault(
      `The header of the CRAM has no MD5 sum (M5) of contig "${unsummed.SN}", and the reference has codes or gaps: whether they belong together cannot be told. Make a BAM of it, with the reference it was made with: "samtools view -b -T REFERENCE.fa".`,
    )
  const genome = 'tmp/decoding.fa'
  bash('cp --reflink=auto "$1" "$2" && chmod u+w "$2" && cp "$1.fai" "$2.fai"', reference, genome)
  const lines = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n')
  const index = new Map(lines(`${reference}.fai`).map(line => [line.split('\t')[0]!, line.split('\t').slice(2).map(Number)]))
  const copy = openSync(genome, 'r+')
  for (const line of lines(`${reference}.codes.tsv`).slice(1)) {
    const [contig = '', position = ''] = line.split('\t')
    const [offset = 0, bases = 1, bytes = 1] = index.get(contig) ?? []
    const at = Number(position) - 1
    writeSync(copy, 'N', offset + Math.floor(at / bases) * bytes + (at % bases))
  }
  closeSync(copy)
  return { genome, options: '--input-fmt-option ignore_md5=1' }
}

try {
  if (mode === 'look') write(censusAt, census(new Unpacked(0)))
  else if (mode === 'rewrite') {
    const done = rewrite(new Unpacked(0), new Written(1), read<Rewriting>(planAt))
    write(rewrittenAt, done)
    if (done.fault) process.exitCode = 1
  } else take()
} catch (error) {
  if (!(error instanceof Fault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
