// Pools reports of truth/compare: counts are added over the samples, and precision, recall and F1 made from the sums (not the mean of the ratios),
// so that a sample with few variants does not weigh as much as one with many. Formulas: rates.ts.
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Counts, type Rates, rates } from './rates.ts'

export interface Row extends Counts {
  readonly stratum: string
  readonly type: string
}
export interface Report {
  readonly sample: string
  readonly rows: readonly Row[]
  readonly perhapsSameHaplotype: { readonly within: number; readonly pairs: number }
}
export interface Line extends Row, Rates {
  readonly sample: string
}
const line = (sample: string, { stratum, type, tp, fp, fn, genotypesSame }: Row): Line => {
  const counts = { tp, fp, fn, genotypesSame }
  return { sample, stratum, type, ...counts, ...rates(counts) }
}

export const pool = (reports: readonly Report[]) => {
  const seen = new Set<string>()
  for (const { sample } of reports) {
    if (seen.has(sample))
      throw new Error(`Two reports are of sample "${sample}". Each sample should be pooled once. Leave one of them out.`)
    seen.add(sample)
  }
  const sums = new Map<string, Row>()
  for (const row of reports.flatMap(({ rows }) => rows)) {
    const key = `${row.stratum}\t${row.type}`
    const sofar = sums.get(key) ?? { stratum: row.stratum, type: row.type, tp: 0, fp: 0, fn: 0, genotypesSame: 0 }
    sums.set(key, {
      ...sofar,
      tp: sofar.tp + row.tp,
      fp: sofar.fp + row.fp,
      fn: sofar.fn + row.fn,
      genotypesSame: sofar.genotypesSame + row.genotypesSame,
    })
  }
  return {
    samples: reports.flatMap(({ sample, rows }) => rows.map(row => line(sample, row))),
    pooled: [...sums.values()].map(row => line('(pooled)', row)),
    perhapsSameHaplotype: {
      within: Math.max(0, ...reports.map(({ perhapsSameHaplotype }) => perhapsSameHaplotype.within)),
      pairs: reports.reduce((sum, { perhapsSameHaplotype }) => sum + perhapsSameHaplotype.pairs, 0),
    },
  }
}
export type Summary = ReturnType<typeof pool>

const columns = [
  'sample',
  'stratum',
  'type',
  'tp',
  'fp',
  'fn',
  'precision',
  'recall',
  'f1',
  'genotypesSame',
  'genotypeConcordance',
] as const
const cell = (value: string | number | null, digits: number) =>
  value === null ? 'NA' : typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(digits) : `${value}`

export const tsvOf = ({ samples, pooled }: Summary) =>
  [columns, ...[...samples, ...pooled].map(row => columns.map(column => cell(row[column], 6)))]
    .map(cells => `${cells.join('\t')}\n`)
    .join('')

/** A table for people: counts to the right, ratios with four digits, the pooled lines last. */
export const textOf = ({ samples, pooled, perhapsSameHaplotype: { within, pairs } }: Summary) => {
  const heads = ['sample', 'stratum', 'type', 'TP', 'FP', 'FN', 'precision', 'recall', 'F1', 'genotypes']
  const ratios = (row: Line) => [row.precision, row.recall, row.f1, row.genotypeConcordance].map(value => value?.toFixed(4) ?? 'NA')
  const body = [...samples, ...pooled].map(row => [
    row.sample,
    row.stratum,
    row.type,
    `${row.tp}`,
    `${row.fp}`,
    `${row.fn}`,
    ...ratios(row),
  ])
  const widths = heads.map((head, column) => Math.max(head.length, ...body.map(cells => cells[column]?.length ?? 0)))
  const padded = [heads, ...body].map(cells =>
    cells.map((text, column) => (column < 3 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))).join('  '),
  )
  const note = `${pairs} false negative(s) have a false positive within ${within} bases; whether these are one haplotype written in two ways is a question for RTG vcfeval or hap.py.`
  return [...padded, ...(pairs > 0 ? ['', note] : []), ''].join('\n')
}

/** The pooled rates over everything, in a line for the end of a run. */
export const headlineOf = ({ pooled }: Summary) => {
  const told = pooled
    .filter(({ stratum }) => stratum === 'all')
    .map(row => {
      const [precision, recall, f1] = [row.precision, row.recall, row.f1].map(value => value?.toFixed(4) ?? 'NA')
      return `${row.type === 'snp' ? 'SNPs' : `${row.type}s`} precision ${precision}, recall ${recall}, F1 ${f1} (${row.tp} of ${row.tp + row.fn} found, ${row.fp} wrong)`
    })
  return `Accuracy: ${told.join('; ')}\n`
}

const main = () => {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: text, tsv: text, text, headline: text } })
  const summary = pool(positionals.map((path): Report => JSON.parse(readFileSync(path, 'utf8'))))
  writeFileSync(values.json ?? '', `${JSON.stringify(summary, null, 2)}\n`)
  writeFileSync(values.tsv ?? '', tsvOf(summary))
  writeFileSync(values.text ?? '', textOf(summary))
  writeFileSync(values.headline ?? '', headlineOf(summary))
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}
