// Measures F1 against the QUAL threshold, by caller: the figures behind the defaults in pipelines/roles.ts. Prints Markdown tables;
// with --write puts them into docs/reference/quality-thresholds.md. Work is kept in --store (default .trireme), so a second run is short.
//   npm run thresholds -- [--write] [--store DIR] [--lambda4 DIR]
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { grid, plan, type Ref, source } from 'trireme-bio'
import { fasta, fastqPair } from 'trireme-bio/kinds'
import { readyTools, runLocally, Store } from 'trireme-bio/local'
import { genome, make } from '../datasets/lambda/make.ts'
import { simulateReads } from '../pipelines/simulate-reads.ts'
import { variantAccuracy } from '../pipelines/variant-accuracy.ts'
import { variantCalling } from '../pipelines/variant-calling.ts'
import type { Summary } from '../steps/truth/summary.script.ts'

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

/** Four samples of the same phage with a list of 166 SNPs: how many of them are found, and how many other records there are. */
async function onLambda4(store: string, folder: string): Promise<string> {
  const at = (name: string) => path.join(folder, name)
  const file = (name: string) => ({
    url: at(name),
    sha256: createHash('sha256')
      .update(readFileSync(at(name)))
      .digest('hex'),
  })
  const reads = [1, 2, 3, 4].map(n => {
    const pair = { first: file(`sample${n}_1.fastq.gz`), second: file(`sample${n}_2.fastq.gz`) }
    return [`sample${n}_L1`, source(`sample${n}`, fastqPair, pair)] as const
  })
  const genome = source('lambda4', fasta, file('lambda_virus.fasta'))
  const expected = new Set(
    readFileSync(at('expected-snplist.txt'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => line.split('\t').slice(0, 2).join('\t')),
  )
  const arms = grid({ aligner, caller, quality: quality.filter(value => value <= 50) })
  const samplesheet = sheet(Object.fromEntries(reads))
  const files = arms.map(
    (arm, n) => [`${n}`, variantCalling({ samplesheet, reference: genome, ploidy: 1, ...arm, qc: false }).variants] as const,
  )
  const content = await contents('thresholds-lambda4', store, Object.fromEntries(files))
  const rows = quality
    .filter(value => value <= 50)
    .map(least => [
      least,
      ...grid({ caller, aligner }).map(pair => {
        const n = arms.findIndex(arm => arm.quality === least && arm.caller === pair.caller && arm.aligner === pair.aligner)
        const places = recordsIn(content(`${n}`)).map(line => line.split('\t').slice(0, 2).join('\t'))
        const found = [...expected].filter(place => places.includes(place)).length
        return `${found} + ${places.filter(place => !expected.has(place)).length}`
      }),
    ])
  return table(['QUAL >', ...grid({ caller, aligner }).map(({ caller, aligner }) => `${caller}, ${aligner}`)], rows)
}

const page = 'docs/reference/quality-thresholds.md'
async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false }, store: text, lambda4: text } })
  const { store = '.trireme', lambda4 = '../shared/data/lambda4' } = values
  const tables = {
    ...(await onLambda(store)),
    draws: await onDraws(store),
    ...(existsSync(lambda4) && { lambda4: await onLambda4(store, lambda4) }),
  }
  for (const [name, table] of Object.entries(tables)) {
    process.stdout.write(`${name}\n\n${table}\n\n`)
    if (!values.write) continue
    const between = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end -->)`)
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(between, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`),
    )
  }
}
await main()
