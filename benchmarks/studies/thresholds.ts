// Measures F1 against the QUAL threshold, by caller: the figures behind the defaults in pipelines/roles.ts. Prints Markdown tables;
// with --write puts them into docs/reference/quality-thresholds.md. Work is kept in --store (default .trireme), so a second run is short.
//   npm run thresholds -- [--write] [--store DIR] [--lambda4 DIR] [--real DIR]
// What --real takes is told in docs/reference/real-reads.md.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { grid, plan, type Ref, source } from 'trireme-bio'
import { fasta, fastqPair } from 'trireme-bio/kinds'
import { readyTools, runLocally, Store } from 'trireme-bio/local'
import { genome, make } from '../../datasets/lambda/make.ts'
import { simulateReads } from '../../pipelines/simulate-reads.ts'
import { variantAccuracy } from '../../pipelines/variant-accuracy.ts'
import { variantCalling } from '../../pipelines/variant-calling.ts'
import type { Summary } from '../../steps/truth/summary.script.ts'

const aligner = ['bwa', 'minimap2'] as const
const caller = ['bcftools', 'freebayes'] as const
const quality = [0, 1, 5, 10, 20, 30, 50, 100, 200] as const
const reference = source('NC_001416', fasta, genome)

/** Rows of a samplesheet from reads named `sample_lane`, as simulate-reads names them. */
const sheet = <R>(reads: Readonly<Record<string, R>>) =>
  Object.entries(reads).map(([name, reads]) => {
    const [sample = '', lane = ''] = name.split('_')
    return { patient: sample, sample, lane, reads }
  })

let open: Promise<Store> | undefined
/** Runs a plan of these files and gives the content of each, by its name. */
async function contents(name: string, store: string, files: Readonly<Record<string, Ref>>): Promise<(name: string) => string> {
  const whole = plan(name, { files })
  open ??= Store.open(store)
  const versions = await readyTools(whole, path.join(store, 'tools.json'))
  const { results, failures } = await runLocally(whole, { store: await open, versions, run: `thresholds-${process.pid}` })
  if (failures[0] !== undefined) throw new Error(failures[0])
  return name => {
    const bytes = readFileSync(results.files[name]!.path)
    return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString()
  }
}
/** F1 of SNPs and of indels, all samples together. */
function scores(report: string): readonly [snp: number, indel: number] {
  const { pooled }: Summary = JSON.parse(report)
  const f1 = (type: string) => pooled.find(row => row.stratum === 'all' && row.type === type)?.f1 ?? 0
  return [f1('snp'), f1('indel')]
}
const recordsIn = (vcf: string) => vcf.split('\n').filter(line => line !== '' && !line.startsWith('#'))
const table = (heads: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
  [heads, heads.map((_, n) => (n === 0 ? '---' : '---:')), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
const shown = (f1: number) => f1.toFixed(4)

/** The dataset `lambda`, as `trireme run variant-accuracy --profile lambda --quality N` does it: a table for each caller. */
async function onLambda(store: string): Promise<Readonly<Record<string, string>>> {
  const { truth, reads } = make().results
  const arms = grid({ aligner, caller, quality })
  const called = arms.map(arm => variantAccuracy({ samplesheet: sheet(reads), reference, truth, ploidy: 1, ...arm, qc: false }))
  const files = called.flatMap(({ accuracy, variants }, n) => [[`${n}.json`, accuracy.accuracy] as const, [`${n}.vcf`, variants] as const])
  const content = await contents('thresholds-lambda', store, Object.fromEntries(files))
  const cells = (wanted: (typeof arms)[number]) => {
    const n = arms.findIndex(arm => Object.entries(wanted).every(([name, value]) => arm[name as keyof typeof arm] === value)) // its own names
    return [...scores(content(`${n}.json`)).map(shown), recordsIn(content(`${n}.vcf`)).length]
  }
  const heads = aligner.flatMap(aligner => [`${aligner}: SNP F1`, 'indel F1', 'records'])
  const of = (caller: (typeof arms)[number]['caller']) =>
    table(
      ['QUAL >', ...heads],
      quality.map(quality => [quality, ...aligner.flatMap(aligner => cells({ aligner, caller, quality }))]),
    )
  return Object.fromEntries(caller.map(caller => [`lambda-${caller}`, of(caller)]))
}

/** Five other draws of haplotypes and reads, made as `lambda` is but for its region borders, at two rates of sequencing error. */
async function onDraws(store: string): Promise<string> {
  const seeds = [1, 2, 3, 4, 5]
  const least = quality.filter(value => value <= 50)
  const arms = grid({ errorRate: [0.005, 0.01], caller, quality: least, seed: seeds })
  const files = arms.map(({ errorRate, seed, ...arm }, n) => {
    const variants = { snps: 240, indels: 80, maxIndel: 20, minDistance: 25, edge: 300, adjacent: 0.12, homopolymer: 0.2, shared: 0.5 }
    const { truth, reads } = simulateReads({ genome: reference, coverage: 25, length: 100, insert: 350, errorRate, ...variants, seed })
    const called = variantAccuracy({ samplesheet: sheet(reads), reference, truth, ploidy: 1, ...arm, qc: false })
    return [`${n}`, called.accuracy.accuracy] as const
  })
  const content = await contents('thresholds-draws', store, Object.fromEntries(files))
  const rows = grid({ errorRate: [0.005, 0.01], caller, quality: least }).map(at => {
    const all = arms.flatMap((arm, n) =>
      arm.errorRate === at.errorRate && arm.caller === at.caller && arm.quality === at.quality ? [scores(content(`${n}`))] : [],
    )
    const [snps, indels] = [all.map(([snp]) => snp), all.map(([, indel]) => indel)]
    const both = (values: readonly number[]) =>
      [values.reduce((sum, value) => sum + value, 0) / values.length, Math.min(...values)].map(shown)
    return [`${at.caller}, ${at.errorRate * 100} %`, at.quality, ...both(snps), ...both(indels)]
  })
  return table(['caller, errors a base', 'QUAL >', 'SNP F1, mean', 'worst', 'indel F1, mean', 'worst'], rows)
}

const fileOf = (at: string) => ({ url: at, sha256: createHash('sha256').update(readFileSync(at)).digest('hex') })
/** How many of the places known to have variants are found above each threshold, and how many other records there are: `166 + 190`. */
async function found(
  name: string,
  store: string,
  expected: ReadonlySet<string>,
  called: (arm: { readonly aligner: (typeof aligner)[number]; readonly caller: (typeof caller)[number]; readonly quality: number }) => Ref,
): Promise<string> {
  const least = quality.filter(value => value <= 50)
  const arms = grid({ aligner, caller, quality: least })
  const content = await contents(`thresholds-${name}`, store, Object.fromEntries(arms.map((arm, n) => [`${n}`, called(arm)])))
  const rows = least.map(quality => [
    quality,
    ...grid({ caller, aligner }).map(pair => {
      const n = arms.findIndex(arm => arm.quality === quality && arm.caller === pair.caller && arm.aligner === pair.aligner)
      const places = recordsIn(content(`${n}`)).map(line => line.split('\t').slice(0, 2).join('\t'))
      return `${[...expected].filter(place => places.includes(place)).length} + ${places.filter(place => !expected.has(place)).length}`
    }),
  ])
  return table(['QUAL >', ...grid({ caller, aligner }).map(({ caller, aligner }) => `${caller}, ${aligner}`)], rows)
}
/** Contig and position of every line. */
const placesIn = (file: string) =>
  new Set(
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => line.split('\t').slice(0, 2).join('\t')),
  )

/** Four samples of the same phage with a list of 166 SNPs. */
function onLambda4(store: string, folder: string): Promise<string> {
  const at = (name: string) => path.join(folder, name)
  const reads = [1, 2, 3, 4].map(n => {
    const pair = { first: fileOf(at(`sample${n}_1.fastq.gz`)), second: fileOf(at(`sample${n}_2.fastq.gz`)) }
    return [`sample${n}_L1`, source(`sample${n}`, fastqPair, pair)] as const
  })
  const genome = source('lambda4', fasta, fileOf(at('lambda_virus.fasta')))
  const samplesheet = sheet(Object.fromEntries(reads))
  return found(
    'lambda4',
    store,
    placesIn(at('expected-snplist.txt')),
    arm => variantCalling({ samplesheet, reference: genome, ploidy: 1, ...arm, qc: false }).variants,
  )
}
/** Reads of a sequencer, each set in a folder of its own. */
const sets = { human: { ploidy: 2 }, ebola: { ploidy: 1 }, amplicons: { ploidy: 1, duplicates: 'off', maxDepth: 0 } } as const
async function onReal(store: string, folder: string): Promise<Readonly<Record<string, string>>> {
  const tables: Record<string, string> = {}
  for (const [name, { ploidy, ...settings }] of Object.entries(sets)) {
    const at = (file: string) => path.join(folder, name, file)
    if (!existsSync(at('expected.txt'))) throw new Error(`There is no ${at('expected.txt')}. Make it as docs/reference/real-reads.md says.`)
    const reference = source(name, fasta, fileOf(at('reference.fa')))
    const reads = source('reads', fastqPair, { first: fileOf(at('reads_1.fastq.gz')), second: fileOf(at('reads_2.fastq.gz')) })
    const samplesheet = sheet({ [`${name}_L1`]: reads })
    tables[`real-${name}`] = await found(
      `real-${name}`,
      store,
      placesIn(at('expected.txt')),
      arm => variantCalling({ samplesheet, reference, ploidy, ...settings, ...arm, qc: false }).variants,
    )
  }
  return tables
}

const pages = { thresholds: 'docs/reference/quality-thresholds.md', real: 'docs/reference/real-reads.md' }
async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false }, store: text, lambda4: text, real: text } })
  const { store = '.trireme', lambda4 = '../shared/data/lambda4' } = values
  const parts: readonly (() => Promise<Readonly<Record<string, string>>>)[] = [
    async () => (values.real === undefined ? {} : onReal(store, values.real)),
    async () => (existsSync(lambda4) ? { lambda4: await onLambda4(store, lambda4) } : {}),
    () => onLambda(store),
    async () => ({ draws: await onDraws(store) }),
  ]
  for (const part of parts)
    for (const [name, table] of Object.entries(await part())) {
      process.stdout.write(`${name}\n\n${table}\n\n`)
      if (!values.write) continue
      const page = name.startsWith('real-') ? pages.real : pages.thresholds
      const between = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end -->)`)
      writeFileSync(
        page,
        readFileSync(page, 'utf8').replace(between, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`),
      )
    }
}
await main()
