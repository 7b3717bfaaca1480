// Compares a sample's calls with the truth, record by record: an allele is found when contig, POS, REF and ALT are equal.
// Both files must be split, atomised and left-aligned before (bcftools norm -m -both -a -f REFERENCE), or equal alleles differ in writing.
// An allele is SNP or indel by its lengths. It lies where its POS lies, which is the rule of `bcftools view -T`.
import { createReadStream, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createGunzip, gunzipSync } from 'node:zlib'
import { bedComment } from '../bed-lines.ts'
import { type Counts, type Rates, rates } from './rates.ts'

export type Type = 'snp' | 'indel'

/** One ALT allele that the sample bears, and its share among the alleles of the genotype: 1 in 1/1 and 1, 0.5 in 0/1. */
export interface Allele {
  readonly contig: string
  readonly pos: number
  readonly type: Type
  readonly share: number
}
export interface Calls {
  readonly alleles: ReadonlyMap<string, Allele>
  readonly contigs: ReadonlySet<string>
  /** Records that say nothing about a sequence here, and were left out. */
  readonly left: { readonly filtered: number; readonly symbolic: number }
}

export interface Row extends Counts, Rates {
  readonly stratum: string
  readonly type: Type
}
export interface Report {
  readonly sample: string
  readonly truthSample: string
  readonly rows: readonly Row[]
  /** False negatives with a false positive of their own within so many bases: perhaps one haplotype in two writings. */
  readonly perhapsSameHaplotype: { readonly within: number; readonly pairs: number; readonly say: string }
  readonly leftOut: { readonly truth: Calls['left']; readonly calls: Calls['left'] }
}

/** Lines of a plain or (b)gzipped file, told by its first bytes; a gzip cut short is an error, not an end. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const head = await new Promise<Buffer>((done, failed) => {
    const chunks: Buffer[] = []
    createReadStream(path, { start: 0, end: 1 })
      .on('data', chunk => chunks.push(Buffer.from(chunk)))
      .on('error', failed)
      .on('end', () => done(Buffer.concat(chunks)))
  })
  const file = createReadStream(path)
  const zipped = head[0] === 0x1f && head[1] === 0x8b
  const input = zipped ? file.pipe(createGunzip()) : file
  // Told by hand, since readline passes on a fault of its input only in later versions of Node 20.
  let fault: Error | undefined
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  input.on('error', (error: Error) => {
    fault = error
    lines.close()
  })
  try {
    yield* lines
  } catch (error) {
    fault ??= error instanceof Error ? error : new Error(String(error))
  }
  if (fault) throw new Error(`${path} cannot be read to its end: ${fault.message}. It should be a whole (b)gzipped VCF: make it again.`)
}

/** undefined: no sequence of its own (symbolic, breakend, overlap star, no ALT). Throws where the record is not split or not atomic. */
export const typeOf = (ref: string, alt: string, where: () => string): Type | undefined => {
  if (alt.includes(','))
    throw new Error(
      `${where()} holds several ALT alleles (${alt}). Each record should hold one. Run bcftools norm -m -both -a -f REFERENCE on the file first.`,
    )
  if (!/^[ACGTN]+$/i.test(alt) || !/^[ACGTN]+$/i.test(ref)) return undefined
  if (ref.length === 1 && alt.length === 1) return 'snp'
  if ((ref.length === 1 || alt.length === 1) && ref[0]?.toUpperCase() === alt[0]?.toUpperCase()) return 'indel'
  throw new Error(
    `${where()} is not atomic (${ref} to ${alt}). Each record should be one SNP, or one insertion or deletion behind one base. Run bcftools norm -m -both -a -f REFERENCE on the file first.`,
  )
}

export const shareOf = (genotype: string) => {
  const alleles = genotype.split(/[/|]/)
  return alleles.filter(allele => allele === '1').length / alleles.length
}

export const readCalls = async (path: string, role: string, sample: string, filtered: 'out' | 'in'): Promise<Calls> => {
  const alleles = new Map<string, Allele>()
  const contigs = new Set<string>()
  const left = { filtered: 0, symbolic: 0 }
  let column = -1
  for await (const line of linesOf(path)) {
    if (line.startsWith('##')) {
      const contig = /^##contig=<(?:.*,)?ID=([^,>]+)/.exec(line)?.[1]
      if (contig !== undefined) contigs.add(contig)
      continue
    }
    const fields = line.split('\t')
    if (line.startsWith('#CHROM')) {
      column = fields.indexOf(sample, 9)
      if (column < 0)
        throw new Error(`The ${role} has no sample "${sample}". It should be one of: ${fields.slice(9).join(', ')}. Name one of these.`)
      continue
    }
    if (line === '') continue
    if (column < 0)
      throw new Error(
        `The ${role} has no #CHROM line before its first record. It should be a VCF with genotypes. Give the file that the caller wrote.`,
      )
    const [contig = '', pos = '', , ref = '', alt = '', , filter = ''] = fields
    contigs.add(contig)
    const type = alt === '.' ? undefined : typeOf(ref, alt, () => `Record ${contig}:${pos} of the ${role}`)
    const gt = (fields[8] ?? '').split(':').indexOf('GT')
    const share = gt < 0 ? 0 : shareOf((fields[column] ?? '').split(':')[gt] ?? '')
    if (share === 0) continue
    if (type === undefined) left.symbolic++
    else if (filtered === 'out' && filter !== 'PASS' && filter !== '.') left.filtered++
    else {
      const key = `${contig}\t${pos}\t${ref.toUpperCase()}\t${alt.toUpperCase()}`
      // A split and atomised 1/2 can name one allele in two records, each with half of it.
      alleles.set(key, { contig, pos: Number(pos), type, share: Math.min(1, share + (alleles.get(key)?.share ?? 0)) })
    }
  }
  if (column < 0) throw new Error(`The ${role} has no #CHROM line. It should be a VCF with genotypes. Give the file that the caller wrote.`)
  return { alleles, contigs, left }
}

/** Where a BED (0-based, half-open, in any order, overlaps allowed) holds a 1-based position. */
export const readBed = (path: string) => {
  const bytes = readFileSync(path)
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8')
  const found = new Map<string, [number, number][]>()
  for (const line of text.split(/\r?\n/)) {
    const [contig = '', start, end] = line.split('\t')
    if (start === undefined || end === undefined || bedComment(line)) continue
    const here = found.get(contig) ?? []
    found.set(contig, here)
    here.push([Number(start), Number(end)])
  }
  const merged = new Map<string, [number, number][]>()
  for (const [contig, spans] of found) {
    const joined: [number, number][] = []
    for (const [start, end] of spans.sort((a, b) => a[0] - b[0])) {
      const last = joined.at(-1)
      if (last && start <= last[1]) last[1] = Math.max(last[1], end)
      else joined.push([start, end])
    }
    merged.set(contig, joined)
  }
  return ({ contig, pos }: { readonly contig: string; readonly pos: number }) => {
    const spans = merged.get(contig) ?? []
    let [low, high] = [0, spans.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((spans[middle]?.[1] ?? 0) < pos) low = middle + 1
      else high = middle
    }
    return (spans[low]?.[0] ?? Number.POSITIVE_INFINITY) < pos
  }
}
type Inside = ReturnType<typeof readBed>

/** Greedy from the left, each false positive used once. */
export const pairsWithin = (within: number, missed: readonly Allele[], extra: readonly Allele[]) => {
  const order = (a: Allele, b: Allele) => (a.contig < b.contig ? -1 : a.contig > b.contig ? 1 : a.pos - b.pos)
  const [fns, fps] = [[...missed].sort(order), [...extra].sort(order)]
  let pairs = 0
  for (let f = 0, p = 0; f < fns.length && p < fps.length; ) {
    const [fn, fp] = [fns[f] as Allele, fps[p] as Allele]
    if (fn.contig === fp.contig && Math.abs(fn.pos - fp.pos) <= within) {
      pairs++
      f++
      p++
    } else if (order(fn, fp) < 0) f++
    else p++
  }
  return pairs
}

export const compare = (truth: Calls, calls: Calls, strata: Readonly<Record<string, Inside>>, confident: Inside, within: number) => {
  const shared = [...truth.contigs].filter(contig => calls.contigs.has(contig))
  if (shared.length === 0 && truth.contigs.size > 0 && calls.contigs.size > 0)
    throw new Error(
      `Truth and calls have no contig in common (truth: ${[...truth.contigs][0]}, calls: ${[...calls.contigs][0]}). Both should be on one reference. Compare with the truth of the reference that was called on.`,
    )
  const found: Allele[] = []
  const missed: Allele[] = []
  const extra: Allele[] = []
  const same = new Set<Allele>()
  for (const [key, allele] of truth.alleles) {
    if (!confident(allele)) continue
    const call = calls.alleles.get(key)
    ;(call ? found : missed).push(allele)
    if (call?.share === allele.share) same.add(allele)
  }
  for (const [key, allele] of calls.alleles) if (confident(allele) && !truth.alleles.has(key)) extra.push(allele)

  const rows = Object.entries<Inside>({ all: () => true, ...strata }).flatMap(([stratum, inside]) =>
    (['snp', 'indel'] as const).map(type => {
      const here = (alleles: readonly Allele[]) => alleles.filter(allele => allele.type === type && inside(allele))
      const tps = here(found)
      const genotypesSame = tps.filter(allele => same.has(allele)).length
      const counts = { tp: tps.length, fp: here(extra).length, fn: here(missed).length, genotypesSame }
      return { stratum, type, ...counts, ...rates(counts) }
    }),
  )
  const pairs = pairsWithin(within, missed, extra)
  const say =
    pairs === 0
      ? `No false negative has a false positive within ${within} bases.`
      : `${pairs} false negative(s) have a false positive within ${within} bases: these may be the same haplotype written in another way, which a comparison by record cannot tell. RTG vcfeval and hap.py compare haplotypes.`
  return { rows, perhapsSameHaplotype: { within, pairs, say } }
}

export const tsvOf = (report: Report) => {
  const columns = ['stratum', 'type', 'tp', 'fp', 'fn', 'precision', 'recall', 'f1', 'genotypesSame', 'genotypeConcordance'] as const
  const cell = (value: string | number | null) =>
    value === null ? 'NA' : typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(6) : `${value}`
  return [
    ['sample', ...columns].join('\t'),
    ...report.rows.map(row => [report.sample, ...columns.map(column => cell(row[column]))].join('\t')),
    '',
  ].join('\n')
}

const main = async () => {
  const text = { type: 'string' } as const
  const texts = { type: 'string', multiple: true } as const
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      truth: text,
      calls: text,
      'truth-sample': text,
      sample: text,
      filtered: text,
      within: text,
      json: text,
      tsv: text,
      stratum: texts,
      bed: texts,
    },
  })
  const { truth = '', calls = '', sample = '', json = '', tsv = '', within = '', stratum = [], bed = [] } = values
  const truthSample = values['truth-sample'] ?? sample
  const called = await readCalls(calls, 'calls', sample, values.filtered === 'in' ? 'in' : 'out')
  const known = await readCalls(truth, 'truth', truthSample, 'in')
  const strata = Object.fromEntries(stratum.map((name, index) => [name, readBed(bed[index] ?? '')]))
  const confident = positionals.map(readBed)
  const compared = compare(known, called, strata, allele => confident.every(inside => inside(allele)), Number(within))
  const report: Report = { sample, truthSample, ...compared, leftOut: { truth: known.left, calls: called.left } }
  writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(tsv, tsvOf(report))
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  })
}
