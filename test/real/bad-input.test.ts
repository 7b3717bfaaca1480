import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { toy } from 'trireme-bio/datasets/toy/files'
import { anyBam, anyCram, bed, fasta, fastqPair } from 'trireme-bio/kinds'
import { Store } from 'trireme-bio/local'
import { bamFile, variantsIn } from 'trireme-bio/steps/tiny'
import { given, ran, scratch } from 'trireme-bio/testing'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { variantCalling } from '../../pipelines/variant-calling.ts'

// What a user may hand in by mistake, through the whole pipeline: the message, what is not published, and that the other sample goes on.
const at = scratch()
const written = (name: string, content: string | Buffer) => {
  const file = path.join(at, name)
  writeFileSync(file, content)
  return file
}
const genomeFile = path.join(at, 'genome.fa')
copyFileSync(toy.genome, genomeFile) // samtools writes an index beside it
const reference = given('toy', fasta, genomeFile)
const [{ first, second }, other] = [toy.reads.sample1_L1, toy.reads.sample2_L1]
const pair = (first: string, second: string) => given('sample1.L1', fastqPair, { first, second })
const bad = { patient: 'p1', sample: 'sample1', lane: 'L1' }
const good = { patient: 'p2', sample: 'sample2', lane: 'L1', reads: given('sample2.L1', fastqPair, other) }
const call = (samplesheet: Parameters<typeof variantCalling>[0]['samplesheet'], more = {}) =>
  variantCalling({ samplesheet, reference, ploidy: 1, parts: 1, ...more })

let store: Store
beforeAll(async () => {
  store = await Store.open(scratch())
})
/** Runs the bad row beside a good one. The bad one has one failure; its results and the joint ones are missing, and the good one's are there. */
async function refusal(row: Parameters<typeof call>[0][number], more = {}): Promise<string> {
  const { state, failures, results, events } = await ran(call([row, good], more), { store })
  expect([state, failures.length]).toEqual(['failed', 1])
  const skipped = events.flatMap(event => (event.event === 'skipped' ? [event.step] : []))
  expect(skipped.filter(step => /^samtools-markdup.*sample1|^bcftools-norm|^bcftools-filter/.test(step)).length).toBeGreaterThanOrEqual(2)
  expect([results.alignments.sample1, results.variants, results.multiqc.multiqc_report]).toEqual([undefined, undefined, undefined])
  expect(existsSync(results.alignments.sample2?.path ?? '')).toBe(true)
  return failures[0]!
}

describe('reads', () => {
  const text = gunzipSync(readFileSync(first)).toString()
  const lines = text.split('\n')
  const packed = readFileSync(first)
  it.each<[string, Buffer, string]>([
    [
      'of no byte',
      Buffer.alloc(0),
      'The first mate is empty: it has 0 bytes. A FASTQ holds at least one read. Copy it again, or leave the lane out.',
    ],
    [
      'of no read',
      gzipSync(''),
      'The first mate has 0 reads, the second 199; there must be as many. Give the two files of one lane, both whole.',
    ],
    [
      'cut off',
      packed.subarray(0, 5000),
      'The first mate is cut off: its gzip data end in the middle, after 5000 bytes. A whole file passes "gzip -t". Copy it again.',
    ],
    [
      'fewer than their mates',
      gzipSync(lines.slice(0, 400).join('\n')),
      'The first mate has 100 reads, the second 199; there must be as many.',
    ],
    [
      'of other names',
      gzipSync(text.replaceAll('@sample1', '@sample9')),
      'mates come in the same order under the same name. Give the two files of one lane, or pair them again (seqkit pair).',
    ],
  ])('%s', async (name, content, message) => {
    expect(await refusal({ ...bad, reads: pair(written(`${name}_1.fastq.gz`, content), second) })).toContain(message)
  })
  it('all too short to keep: the run goes on, and says so', async () => {
    const short = (file: string) =>
      gzipSync(
        gunzipSync(readFileSync(file))
          .toString()
          .split('\n')
          .map((line, n) => (n % 2 === 1 ? line.slice(0, 10) : line))
          .join('\n'),
      )
    const reads = pair(written('short_1.fastq.gz', short(first)), written('short_2.fastq.gz', short(second)))
    const { failures, results } = await ran(call([{ ...bad, reads }, good], { trim: true }), { store })
    expect(failures).toEqual([])
    expect(readFileSync(results.summary.reads!.path, 'utf8')).toMatch(/^Warning: Trimming dropped all reads of lane L1 of sample1\./m)
    expect(variantsIn(results.variants!.path).length).toBeGreaterThan(0)
  })
})

describe('alignments', () => {
  const contigs = { 'toy|1|': 2400, 'toy*2:01': 1600 }
  const sam = (header: string) => `@HD\tVN:1.6\tSO:coordinate\n${header}r1\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII\tRG:Z:x\n`
  const sq = (all: Readonly<Record<string, number>>) =>
    Object.entries(all)
      .map(([name, length]) => `@SQ\tSN:${name}\tLN:${length}\n`)
      .join('')
  const group = '@RG\tID:x\tSM:sample1\n'
  it.each<[string, string, string]>([
    [
      'of another reference',
      sq({ chr1: 2400 }) + group,
      'The alignments are of another reference: they have a contig "chr1", the reference has "toy|1|", "toy*2:01". Give the reference they were aligned to, or align the reads again.',
    ],
    [
      'of another length',
      sq({ ...contigs, 'toy|1|': 2399 }) + group,
      'their contig "toy|1|" has 2399 bases, that of the reference has 2400.',
    ],
    [
      'of other bases',
      sq(contigs).replace('LN:2400', `LN:2400\tM5:${'0'.repeat(32)}`) + group,
      `their contig "toy|1|" has the MD5 sum ${'0'.repeat(32)}, that of the reference has `,
    ],
    [
      'of another sample',
      sq(contigs) + group.replace('sample1', 'sample2'),
      'Read group "x" of the alignments is of sample "sample2", the row says "sample1". Correct the row, or the read groups.',
    ],
  ])('%s', async (name, header, message) => {
    const alignments = given(name.replaceAll(' ', '-'), anyBam, bamFile(at, name, sam(header)))
    expect(await refusal({ patient: 'p1', sample: 'sample1', alignments })).toContain(message)
  })
  it('cut off, as BAM and as CRAM', async () => {
    const cut = (name: string, words: readonly string[]) => {
      const whole = path.join(at, name)
      execFileSync('samtools', ['view', ...words, '-o', whole], { input: sam(sq(contigs) + group) })
      return written(`cut.${name}`, readFileSync(whole).subarray(0, -30))
    }
    const alignments = given('bam', anyBam, cut('x.bam', ['-b']))
    const archive = given('cram', anyCram, cut('x.cram', ['-C', '-T', genomeFile]))
    const names = { patient: 'p1', sample: 'sample1' }
    const message = 'The alignments are cut off or damaged'
    expect(await refusal({ ...names, alignments })).toContain(message)
    expect(await refusal({ ...names, archive })).toContain(message)
  })
})

describe('rows', () => {
  it('a sample of two patients', () =>
    expect(() => call([good, { ...good, patient: 'p9', lane: 'L2' }])).toThrow(
      'Rows 1 and 2: sample "sample2" belongs to patient "p2" in the first and to "p9" in the second. A sample\'s name stands in its read groups and must be unique. Rename one, such as "p9_sample2".',
    ))
  it('a lane twice', () =>
    expect(() => call([good, { ...good }])).toThrow(
      'Rows 1 and 2: both are lane "L1" of sample "sample2". Each lane of a sample has one row. Remove one, or correct the lane.',
    ))
  it.each(['a b', "o'neil", '"x"', 'a;b', '$(touch x)', '`x`', '{{workflow.name}}', 'a\nb', '-rf', 'é', '../up', 'a/b', 'a|b', ''])(
    'a sample called %j',
    sample => {
      for (const name of ['sample', 'patient', 'lane'])
        expect(() => call([{ ...good, [name]: sample }])).toThrow(/expected 1 to 100 letters, digits, dots, hyphens or underscores/)
    },
  )
})

describe('contigs', () => {
  const renamed = (names: readonly string[], name: string) => {
    const [, one = '', two = ''] = readFileSync(toy.genome, 'utf8').split(/^>.*\n/m)
    return given(name, fasta, written(`${name}.fa`, names.map((name, n) => `>${name}\n${n === 0 ? one : two}`).join('')))
  }
  it.each([
    ['bcftools', '-rf;..$HOME|&~', '../../x:1-5%2F'],
    ['freebayes', '-rf;..$HOME|&~', '../../x:1-5%2F'],
    ['bcftools', 'track-1', 'browser'],
    ['freebayes', 'chr1:1-100', 'track'],
  ] as const)('of hostile names that SAM allows give the same variants, with %s: %s and %s', async (caller, one, two) => {
    const names = [one, two]
    const found = async (of: typeof reference | ReturnType<typeof renamed>) => {
      const { failures, results } = await ran(call([good], { reference: of, caller, qc: false }), { store })
      expect(failures).toEqual([])
      return variantsIn(results.variants!.path)
    }
    const plain = await found(reference)
    expect(plain.length).toBeGreaterThan(20)
    expect(await found(renamed(names, `hostile${one.length}`))).toEqual(
      plain.map(call => call.replace('toy|1|', () => one).replace('toy*2:01', () => two)),
    )
  })
  it.each(['$(touch_x)', 'a,b', '"x"', '{{workflow.name}}', 'é', '#1'])('of names that SAM does not allow: %s', async name => {
    const { failures, results } = await ran(call([good], { reference: renamed([name, 'chr2'], 'odd') }), { store })
    expect(failures).toEqual([
      expect.stringContaining(
        `Line 1 of the reference names a contig "${name}". SAM allows letters, digits and !#$%&*+./:;=?@^_|~- in names, without * and = in front; a # in front makes a comment of every line of a VCF or BED. Rename it, here and in what belongs to it.`,
      ),
    ])
    expect(results.variants).toBeUndefined()
  })
})

describe('targets', () => {
  it.each([
    ['no region', '# nothing\n', 'The BED holds no region; one is the least. Give another BED, or none for the whole genome.'],
    [
      'another reference',
      'chr1\t0\t10\n',
      'Line 1 of the BED names the contig "chr1", the reference has "toy|1|", "toy*2:01". Give the BED of this reference.',
    ],
    [
      'a region beyond its contig',
      'toy|1|\t0\t2401\n',
      'Line 1 of the BED ends at 2401, the contig "toy|1|" at 2400. Give the BED of this reference.',
    ],
  ])('of %s', async (name, text, message) => {
    const targets = given('targets', bed, written(`${name}.bed`, text))
    const { failures, results } = await ran(call([good], { targets, qc: false }), { store })
    expect(failures).toEqual([expect.stringContaining(message)])
    expect([results.variants, existsSync(results.alignments.sample2?.path ?? '')]).toEqual([undefined, true])
  })
})

describe('a tool that exits 0', () => {
  const path_ = process.env.PATH
  afterEach(() => {
    process.env.PATH = path_
  })
  /** Puts a program before all others on PATH that tells the version of the true one and otherwise does as told. */
  function played(program: string, version: string, otherwise: string): void {
    const folder = path.join(at, `played-${program}`)
    mkdirSync(folder, { recursive: true })
    const body = `#!/bin/sh\ncase "$1" in --version) echo '${version}'; exit 0;; esac\n${otherwise}\nexit 0\n`
    writeFileSync(path.join(folder, program), body, { mode: 0o755 })
    process.env.PATH = `${folder}:${path_}`
  }
  const which = (program: string) =>
    execFileSync('bash', ['-c', 'command -v "$1"', 'bash', program], { encoding: 'utf8', env: { ...process.env, PATH: path_ } }).trim()
  const call1 = () => variantCalling({ samplesheet: [good], reference, ploidy: 1, parts: 1, aligner: 'minimap2', trim: true })
  it('and writes empty files', async () => {
    played('fastp', 'fastp 0.23.2', 'for word; do case $word in out/*) : >"$word";; esac; done')
    const empty = await Store.open(scratch())
    const { failures, results } = await ran(call1(), { store: empty })
    expect(failures).toEqual([expect.stringMatching(/^Step fastp-trim:sample2.L1 ended well, but its output "report" is empty: /)])
    expect([results.alignments.sample2, results.variants]).toEqual([undefined, undefined])
  })
  it('and writes nothing', async () => {
    played('minimap2', '2.24-r1122', '')
    const { failures, results } = await ran(call1(), { store: await Store.open(scratch()) })
    expect(failures[0]).toMatch(/^Step minimap2-align:p2.sample2.L1 ended with status 1/)
    expect([results.alignments.sample2, results.variants]).toEqual([undefined, undefined])
  })
  it('and reports on some of the reads: its report is on no page', async () => {
    played('fastp', 'fastp 0.23.2', `exec ${which('fastp')} --reads_to_process 20 "$@"`)
    const { failures, results } = await ran(variantCalling({ samplesheet: [good], reference, ploidy: 1, parts: 1 }), {
      store: await Store.open(scratch()),
    })
    expect(failures).toEqual([
      expect.stringMatching(/Lane L1 of sample2 has \d+ reads, and fastp's report is of 40: some versions of fastp stop at .*--no-qc/),
    ])
    expect(results.variants).toBeDefined()
    expect(results.multiqc.multiqc_report).toBeUndefined()
  })
  it.each(['mark', 'remove'] as const)('and loses alignments: nothing is called, with duplicates: %s', async duplicates => {
    played('minimap2', '2.24-r1122', `${which('minimap2')} "$@" | head -n -20`)
    const { failures, results } = await ran(
      variantCalling({ samplesheet: [good], reference, ploidy: 1, parts: 1, aligner: 'minimap2', duplicates }),
      { store: await Store.open(scratch()) },
    )
    expect(failures).toEqual([expect.stringMatching(/reads went to the aligner or came in as alignments \(L1: \d+\), and the alignments/)])
    expect(results.variants).toBeUndefined()
  })
})
