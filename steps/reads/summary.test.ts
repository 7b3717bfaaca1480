import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { bam, depthReport, json } from 'trireme-bio/kinds'
import { fixmate } from 'trireme-bio/steps/samtools/fixmate'
import { flagstat } from 'trireme-bio/steps/samtools/flagstat'
import { markdup } from 'trireme-bio/steps/samtools/markdup'
import { sort } from 'trireme-bio/steps/samtools/sort'
import { bamFile, content, folder, pairs, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { depthOf, type Settings, summarise, textOf, tsvOf } from './summary.script.ts'
import { summary } from './summary.ts'

const settings: Settings = {
  lanes: [],
  trimmed: false,
  removed: false,
  maxDepth: 0,
  fewKept: 0.8,
  manyAdapters: 0.1,
  fewMapped: 0.8,
  manyFailed: 0.2,
  lowMappingQuality: 10,
  manyDuplicates: 0.5,
  shallow: 10,
}
interface Sample {
  readonly reads?: number
  readonly kept?: number
  readonly adapters?: number
  readonly aligned?: number
  readonly mapped?: number
  readonly duplicates?: number
  readonly depth?: number
  readonly unlabelled?: number
  readonly failed?: number
  readonly mappingQuality?: number
}
const flagstatOf = (total: number, mapped: number, duplicates: number, failed = 0) =>
  [
    `${total + 7 - failed} + ${failed} in total (QC-passed reads + QC-failed reads)`,
    `${total - failed} + ${failed} primary`,
    '4 + 0 secondary',
    '3 + 0 supplementary',
  ]
    .concat(`${duplicates} + 0 duplicates`, `${duplicates} + 0 primary duplicates`, `${mapped + 7} + 0 mapped (99.00% : N/A)`)
    .concat(`${mapped} + 0 primary mapped (98.00% : N/A)`)
    .join('\n')
/** One lane a sample. All went well, but for what is said. */
function told(samples: Readonly<Record<string, Sample>>, at: Partial<Settings> = {}) {
  const names = Object.keys(samples)
  const each = (of: (sample: Required<Sample>) => string) =>
    new Map(
      Object.entries(samples).map(([name, sample]) => {
        const { reads = 1000, kept = reads, aligned = kept, mapped = aligned } = sample
        return [
          name,
          of({
            adapters: 0,
            duplicates: 0,
            depth: 30,
            unlabelled: 0,
            failed: 0,
            mappingQuality: 60,
            ...sample,
            reads,
            kept,
            aligned,
            mapped,
          }),
        ]
      }),
    )
  return summarise(
    { ...settings, lanes: names.map(name => ({ sample: name, lane: 'L1', name })), ...at },
    {
      imports: new Map(),
      checks: each(({ reads }) => JSON.stringify({ first: { reads: reads / 2 }, second: { reads: reads / 2 } })),
      trimming: each(({ reads, kept, adapters }) =>
        JSON.stringify({
          summary: { before_filtering: { total_reads: reads }, after_filtering: { total_reads: kept } },
          adapter_cutting: { adapter_trimmed_reads: adapters },
        }),
      ),
      flags: each(({ aligned, mapped, duplicates, failed }) => flagstatOf(aligned, mapped, duplicates, failed)),
      duplicates: each(({ duplicates }) => `READ: 1000\nDUPLICATE PRIMARY TOTAL: ${duplicates}\nDUPLICATE TOTAL: 999\n`),
      depths: each(
        ({ depth, mappingQuality }) =>
          `#rname\tstartpos\tendpos\tnumreads\tcovbases\tcoverage\tmeandepth\tmeanbaseq\tmeanmapq\nchr1\t1\t100\t50\t100\t100\t${depth}\t30\t${mappingQuality}\nchr2\t1\t0\t0\t0\t0\t0\t0\t0\n`,
      ),
      barcodes: each(({ unlabelled }) => `${unlabelled}\n`),
    },
  )
}

describe('warnings', () => {
  it('are none where all went well', () => {
    const { lines, warnings } = told({ s: {} })
    expect(warnings).toEqual([])
    expect(lines).toEqual([{ sample: 's', reads: 1000, kept: 1000, mapped: 1000, duplicates: 0, depth: 30, covered: 1 }])
  })
  it.each<[string, Sample, Partial<Settings>, string]>([
    [
      'many duplicates',
      { duplicates: 930 },
      {},
      'Warning: 93.0 % of the reads of s are duplicates, and callers pass over them. Amplicons? --profile amplicon. Molecules with UMIs? --umi name. Otherwise the library held few molecules.',
    ],
    [
      'much trimmed',
      { kept: 590 },
      { trimmed: true },
      'Warning: Trimming left 59.0 % of the reads of s. See the reports of fastp, or leave --trim out.',
    ],
    ['adapters', { adapters: 251 }, {}, 'Warning: 25.1 % of the reads of s run into an adapter. Try --trim.'],
    ['few mapped', { mapped: 100 }, {}, 'Warning: 10.0 % of the reads of s are mapped. Is it the right reference, and the right species?'],
    [
      'reads that the sequencer failed',
      { failed: 900 },
      {},
      'Warning: 90.0 % of the reads of s failed the checks of the sequencer (flag 0x200). bcftools passes over them, freebayes does not. If they are meant, take the flag off: samtools view -h x.bam | awk \'!/^@/{$2-=512*(int($2/512)%2)}1\' OFS="\\t" | samtools view -b',
    ],
    [
      'places that nobody is sure of',
      { mappingQuality: 0 },
      {},
      'Warning: The mean mapping quality of s is 0.0. Callers believe few of them. Do they lie in places that the reference has twice, or does the aligner not tell it?',
    ],
    [
      'shallow',
      { depth: 4 },
      {},
      'Warning: The mean depth of s is 4.0. Variants are missed there, first those of one copy of two. Were only parts of the genome sequenced? Give them as --targets.',
    ],
    [
      'deeper than calling looks',
      { depth: 12_000 },
      { maxDepth: 8000 },
      'Warning: Of 12,000 reads in one place of s calling looked at 8,000. Variants of the others are missed. --max-depth 0 looks at all.',
    ],
    [
      'reads that the aligner lost',
      { kept: 1000, aligned: 998 },
      {},
      'Warning: 1,000 reads of s went to the aligner, and its alignments hold 998. Do not trust its variants: look at the log of the aligner.',
    ],
    [
      'reads without UMI',
      { unlabelled: 10 },
      {},
      'Warning: 10 reads of s have no UMI where --umi says. Such reads count as of one molecule where they lie alike.',
    ],
    ['no reads', { reads: 0 }, {}, 'Warning: Sample s has no reads. Its genotypes are missing. Look at its files.'],
  ])('%s', (_, sample, at, warning) => {
    expect(told({ well: {}, s: sample }, at).warnings).toEqual([warning])
  })
  it('hold at their thresholds', () => {
    expect(told({ s: { kept: 800, duplicates: 400, depth: 10, mapped: 800 } }, { trimmed: true, maxDepth: 10 }).warnings).toEqual([])
  })
  it('name a lane that trimming emptied, and one without reads', () => {
    const fastp = (before: number, after: number) =>
      JSON.stringify({ summary: { before_filtering: { total_reads: before }, after_filtering: { total_reads: after } } })
    const none = new Map<string, string>()
    const { lines, warnings } = summarise(
      { ...settings, trimmed: true, lanes: ['L1', 'L2', 'L3'].map(lane => ({ sample: 's', lane, name: lane })) },
      {
        ...{ checks: none, imports: none, duplicates: none, depths: none, barcodes: none },
        trimming: new Map([
          ['L1', fastp(900, 900)],
          ['L2', fastp(100, 0)],
          ['L3', fastp(0, 0)],
        ]),
        flags: new Map([['s', flagstatOf(900, 900, 0)]]),
      },
    )
    expect(warnings).toEqual([
      'Warning: Trimming dropped all reads of lane L2 of s. See its report of fastp, or leave --trim out.',
      'Warning: Lane L3 of s has no reads. Look at its files.',
    ])
    expect(lines[0]).toMatchObject({ reads: 1000, kept: 900, duplicates: undefined, depth: undefined })
  })
  it('are one of each kind, however many samples it is of', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`s${n}`, { mapped: 500 }]))
    const { lines, warnings } = told(many)
    expect(warnings).toEqual([
      'Warning: 50.0 % of the reads of s0 are mapped. Likewise s1: 50.0 %, s2: 50.0 %, s3: 50.0 %, s4: 50.0 %, 95 more. Is it the right reference, and the right species?',
    ])
    expect(textOf(lines, warnings)).toContain('\n… 80 more samples are in the table beside this text.\n')
    expect(tsvOf(lines).split('\n')).toHaveLength(102)
  })
  it('of reads that fastp did not see are a refusal', () => {
    const checks = new Map([['L1', JSON.stringify({ first: { reads: 900 }, second: { reads: 900 } })]])
    const none = new Map<string, string>()
    const fastp = (reads: number) => {
      const summary = { before_filtering: { total_reads: reads }, after_filtering: { total_reads: reads } }
      return new Map([['L1', JSON.stringify({ summary })]])
    }
    const lanes = [{ sample: 's', lane: 'L1', name: 'L1' }]
    const rest = { imports: none, flags: new Map([['s', flagstatOf(1800, 1800, 0)]]), duplicates: none, depths: none, barcodes: none }
    expect(summarise({ ...settings, lanes }, { checks, trimming: fastp(1800), ...rest }).lines).toMatchObject([{ reads: 1800 }])
    expect(() => summarise({ ...settings, lanes }, { checks, trimming: fastp(500), ...rest })).toThrow(
      "Lane L1 of s has 1,800 reads, and fastp's report is of 500: some versions of fastp stop at the first of several parts of a gzip file. Take another version of fastp, leave its reports out (--no-qc), or pack the files anew: gzip -dc x.fastq.gz | gzip > y.fastq.gz",
    )
  })
  it.each([
    [
      'two samples',
      [
        { sample: 'a', lane: 'L1', name: 'a:L1' },
        { sample: 'b', lane: 'L2', name: 'b:L2' },
      ],
      'Lane L1 of a and lane L2 of b hold',
    ],
    [
      'two lanes',
      [
        { sample: 'a', lane: 'L1', name: 'a:L1' },
        { sample: 'a', lane: 'L2', name: 'b:L2' },
      ],
      'Lane L1 of a and lane L2 of a hold',
    ],
    [
      'unnamed',
      [
        { sample: 'a', name: 'a:L1' },
        { sample: 'b', name: 'b:L2' },
      ],
      'Sample a and sample b hold',
    ],
  ])('of reads that are there twice are a refusal: %s', (_, lanes, words) => {
    const none = new Map<string, string>()
    const all = { checks: none, imports: none, trimming: none, flags: none, duplicates: none, depths: none, barcodes: none }
    const of = (what: 'checks' | 'imports', ...reports: readonly object[]) =>
      summarise({ ...settings, lanes }, { ...all, [what]: new Map(lanes.map(({ name }, n) => [name, JSON.stringify(reports[n])])) })
    const [one, other] = [
      { reads: 100, sum: 'x' },
      { reads: 100, sum: 'y' },
    ]
    const fault = `${words} the same reads, packed, named or ordered otherwise: they would count twice. Each row has reads of its own. Give the right file in one of them, or remove the row.`
    expect(() => of('checks', { first: one, second: other }, { first: other, second: { reads: 100, sum: 'z' } })).toThrow(fault)
    const alignments = () => of('imports', { primary: 100, sum: 'x' }, { primary: 100, sum: 'x' })
    if (lanes[0]!.sample === lanes[1]!.sample) expect(alignments).toThrow(fault)
    else
      expect(alignments().warnings[0]).toBe(
        `Warning: ${words} the same reads. Each sample has reads of its own: look whether the right file is in each row.`,
      )
    of('checks', { first: one }, { first: other })
    of('checks', { first: { reads: 99, sum: 'x' } }, { first: { reads: 99, sum: 'x' } })
    of('imports', { primary: 100, sum: 'x' }, { primary: 100, sum: 'y' })
  })
  it('of UMIs that no read has are a refusal', () => {
    expect(() => told({ s: { unlabelled: 1000 } })).toThrow('No read of sample s has a UMI where --umi says.')
  })
})

it('counts duplicates that were removed, and reads that came in alignments', () => {
  const none = new Map<string, string>()
  const { lines } = summarise(
    { ...settings, removed: true, lanes: [{ sample: 's', name: 's.undefined' }] },
    {
      ...{ checks: none, imports: none, trimming: none, depths: none, barcodes: none },
      flags: new Map([['s', flagstatOf(600, 500, 0)]]),
      duplicates: new Map([['s', 'DUPLICATE PRIMARY TOTAL: 400\nDUPLICATE TOTAL: 410\n']]),
    },
  )
  expect(lines).toMatchObject([{ reads: 1000, kept: 1000, mapped: 900, duplicates: 400 }])
})
it('reads depths of contigs and of regions, whatever they are called', () => {
  const head = '#rname\tstartpos\tendpos\tnumreads\tcovbases\tcoverage\tmeandepth\tmeanbaseq\tmeanmapq'
  expect(depthOf(`${head}\n#rname\t1\t300\t9\t150\t50\t2\t40\t60\ntrack-1\t1\t100\t9\t50\t50\t6\t40\t60\n`)).toEqual({
    depth: 3,
    covered: 0.5,
  })
  expect(depthOf('#1\t10\t20\tgene A\t50\t5\nchr1\t0\t30\t.\t70\t15\n')).toEqual({ depth: 3, covered: 0.5 })
})

describe('of the programs themselves', () => {
  const at = folder()
  const own = pairs()
  const twice = own.flatMap(pair => [pair, ...[1, 2, 3].map(n => ({ ...pair, name: `${pair.name}:${n}` }))])
  const aligned = given('aligned', bam({ sorted: 'unsorted' }), bamFile(at, 'aligned', samText(twice, 's')))
  const file = (name: string, text: string) => {
    writeFileSync(path.join(at, name), text)
    return path.join(at, name)
  }
  const reads = { first: { reads: twice.length }, second: { reads: twice.length } }
  const checks = { 's.L1': given('check', json, file('check.json', JSON.stringify(reads))) }
  it.each([false, true])('duplicates removed: %s', async removed => {
    const { marked, report } = markdup({ merged: sort({ unsorted: fixmate({ aligned }).fixed }).sorted, remove: removed })
    const { text, table } = await made(
      summary({
        ...{
          checks,
          imports: {},
          trimming: {},
          barcodes: {},
          flags: { s: flagstat({ alignments: marked }).report },
          duplicates: { s: report },
        },
        depths: { s: given('depth', depthReport, file('depth.tsv', 'chr1\t0\t100\t3000\t50\n')) },
        lanes: [{ sample: 's', lane: 'L1', name: 's.L1' }],
        ...{ trimmed: false, removed },
      }),
    )
    expect(content(table.path)).toBe(
      `sample\treads\tkept\tmapped\tduplicates\tmean_depth\tcovered\ns\t${[8, 8, 8, 6].map(n => n * own.length).join('\t')}\t30.00\t0.5000\n`,
    )
    expect(content(text.path).split('\n')).toEqual([
      'sample  reads   kept  mapped  duplicates  mean depth  covered',
      expect.stringMatching(/^s +[\d,]+ {2}100 % +100 % +75\.0 % +30\.0 +50\.0 %$/),
      '',
      expect.stringMatching(/^Warning: 75\.0 % of the reads of s are duplicates/),
      '',
    ])
  })
})
