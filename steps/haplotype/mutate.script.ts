// Makes haplotypes with known variants: reads a reference FASTA, writes the haplotypes' FASTA, and the truth as VCF on stdout.
// Same reference, options and seeds: same bytes on every machine (32-bit integers, own generator, no clock).
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export interface Contig {
  readonly name: string
  readonly bases: string
}

export type Place = 'random' | 'adjacent' | 'homopolymer' | 'border'

/** A variant in normal form: left-aligned, with one base of anchor when it is an indel. */
export interface Variant {
  readonly contig: number
  /** 0-based: the VCF's POS less one. */
  readonly start: number
  readonly ref: string
  readonly alt: string
  readonly place: Place
  /** For each haplotype 1 where it bears the variant. */
  readonly alleles: readonly number[]
}

/** What to make; `defaults` below says the usual, the step says what each word means. */
export interface Wish {
  readonly snps: number
  readonly indels: number
  readonly maxIndel: number
  readonly minDistance: number
  readonly edge: number
  readonly adjacent: number
  readonly homopolymer: number
  readonly borders: readonly number[]
  readonly ploidy: number
  readonly homozygous: number
  readonly shared: number
  readonly sharedSeed: number
  readonly seed: number
}

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, so every draw is the same everywhere. */
export const generator = (seed: number) => {
  let state = seed >>> 0
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  const oneOf = <T>(items: readonly T[]) => items[below(items.length)] as T
  return { below, oneOf, bases: (length: number) => Array.from({ length }, () => oneOf(['A', 'C', 'G', 'T'])).join('') }
}
type Random = ReturnType<typeof generator>

export const readFasta = (text: string): Contig[] =>
  text
    .split(/^>/m)
    .slice(1)
    .map(entry => {
      const [header = '', ...lines] = entry.split(/\r?\n/)
      return { name: header.split(/\s/)[0] ?? '', bases: lines.join('').replace(/\s/g, '').toUpperCase() }
    })

/** Left-aligns an indel before base `at` (Tan et al. 2015, doi:10.1093/bioinformatics/btv112); `end` is how far right it could slide. */
export const leftAligned = (bases: string, at: number, removed: number, inserted: string) => {
  let left = at
  let text = inserted
  while (left > 1 && bases[left - 1] === (removed > 0 ? bases[left - 1 + removed] : text.at(-1))) {
    if (removed === 0) text = text.at(-1) + text.slice(0, -1)
    left--
  }
  let right = left
  let turned = text
  while (right + removed < bases.length && bases[right + removed] === (removed > 0 ? bases[right] : turned[0])) {
    if (removed === 0) turned = turned.slice(1) + turned.charAt(0)
    right++
  }
  const anchor = bases.charAt(left - 1)
  return { start: left - 1, ref: anchor + bases.slice(left, left + removed), alt: anchor + text, end: right + removed }
}

export const draw = (contigs: readonly Contig[], wish: Wish): Variant[] => {
  const made: Variant[] = []
  const tally = { snps: 0, indels: 0 }
  const starts: number[] = []
  let total = 0
  for (const { bases } of contigs) {
    starts.push(total)
    total += bases.length
  }
  /** The last contig that begins at or before a base, counted over all: genomes have hundreds of thousands of contigs. */
  const contigAt = (base: number) => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= base) low = middle
      else high = middle - 1
    }
    return low
  }
  const bordersOf = (bases: string) => wish.borders.filter(at => at > wish.edge && at < bases.length - wish.edge)
  // Room around a border is kept from the first, so that variants shared by samples never take it.
  const taken = contigs.map(({ bases }) => {
    const used = new Uint8Array(bases.length)
    const reach = wish.maxIndel + wish.minDistance
    for (const at of bordersOf(bases)) used.fill(1, Math.max(0, at - reach), at + reach)
    return used
  })

  type Found = { start: number; ref: string; alt: string; end: number }
  const put = (r: Random, contig: number, { start, ref, alt, end }: Found, place: Place, onTaken = false) => {
    const bases = contigs[contig]?.bases ?? ''
    const used = taken[contig] ?? new Uint8Array()
    if (start < wish.edge || end > bases.length - wish.edge || !/^[ACGT]+$/.test(bases.slice(start, end))) return false
    if (!onTaken && used.subarray(start, end).some(Boolean)) return false
    used.fill(1, start - Math.min(start, wish.minDistance), end + wish.minDistance)
    const both = wish.ploidy === 1 || r.below(1000) < wish.homozygous * 1000
    tally[ref.length === alt.length ? 'snps' : 'indels']++
    made.push({
      contig,
      start,
      ref,
      alt,
      place,
      alleles: both
        ? Array(wish.ploidy).fill(1)
        : r.oneOf([
            [0, 1],
            [1, 0],
          ]),
    })
    return true
  }
  const snpAt = (r: Random, bases: string, at: number): Found => {
    const ref = bases.charAt(at)
    return { start: at, ref, alt: r.oneOf([...'ACGT'].filter(base => base !== ref)), end: at + 1 }
  }
  const indelAt = (r: Random, bases: string, at: number, length: number, longer = r.below(2) === 1): Found =>
    longer ? leftAligned(bases, at, 0, r.bases(length)) : leftAligned(bases, at, length, '')

  /** One variant a border, in turn: SNP on a region's last base, SNP on the next one's first, deletion across, insertion between. */
  const atBorder = (r: Random, bases: string, first: number, turn: number): Found => {
    const half = 1 + r.below(Math.max(1, wish.maxIndel >> 1))
    if (turn === 0) return snpAt(r, bases, first - 1)
    if (turn === 1) return snpAt(r, bases, first)
    return turn === 2 ? indelAt(r, bases, first - half, Math.min(2 * half, wish.maxIndel), false) : indelAt(r, bases, first, half, true)
  }
  const pair = (r: Random, contig: number, bases: string, at: number) => {
    const next = at + 1 + r.below(2)
    if (next >= bases.length - wish.edge || taken[contig]?.[next] || !'ACGT'.includes(bases.charAt(next))) return
    if (put(r, contig, snpAt(r, bases, at), 'adjacent')) put(r, contig, snpAt(r, bases, next), 'adjacent', true)
  }
  const inHomopolymer = (r: Random, contig: number, bases: string, at: number) => {
    const run = bases.charAt(at).repeat(4)
    const length = 1 + r.below(2)
    if (bases.slice(at, at + 4) !== run) return
    put(r, contig, r.below(2) ? leftAligned(bases, at, 0, run.slice(0, length)) : leftAligned(bases, at, length, ''), 'homopolymer')
  }

  const fill = (r: Random, goal: { readonly snps: number; readonly indels: number }) => {
    const before = { ...tally }
    const until = (what: 'snps' | 'indels', count: number, attempt: (contig: number, bases: string, at: number) => void) => {
      for (let tries = 0; tally[what] < count; tries++) {
        if (tries > 5000 + 500 * count)
          throw new Error(
            `Only ${tally[what]} of ${wish[what]} ${what} fit into ${total} bases. All would fit with fewer variants, less --min-distance (now ${wish.minDistance}) or less --edge (now ${wish.edge}): lower one of them.`,
          )
        const drawn = r.below(total)
        const contig = contigAt(drawn)
        const at = drawn - starts[contig]!
        attempt(contig, contigs[contig]?.bases ?? '', at)
      }
    }
    const share = (what: 'snps' | 'indels', part: number) => before[what] + Math.round((goal[what] - before[what]) * part)
    until('snps', before.snps + 2 * Math.round(((goal.snps - before.snps) * wish.adjacent) / 2), (...at) => pair(r, ...at))
    until('indels', share('indels', wish.homopolymer), (...at) => inHomopolymer(r, ...at))
    until('indels', goal.indels, (contig, bases, at) => {
      const length = 1 + r.below(wish.maxIndel)
      if (at > 0 && at + length < bases.length) put(r, contig, indelAt(r, bases, at, length), 'random')
    })
    until('snps', goal.snps, (contig, bases, at) => put(r, contig, snpAt(r, bases, at), 'random'))
  }

  fill(generator(wish.sharedSeed), { snps: Math.round(wish.snps * wish.shared), indels: Math.round(wish.indels * wish.shared) })
  const own = generator(wish.seed)
  contigs.forEach(({ bases }, contig) => {
    bordersOf(bases).forEach((first, index) => {
      put(own, contig, atBorder(own, bases, first, (index + wish.seed) % 4), 'border', true)
    })
  })
  fill(own, wish)
  return made.sort((a, b) => a.contig - b.contig || a.start - b.start)
}

/** The reference with one haplotype's variants in it. */
export const apply = (bases: string, variants: readonly Variant[]) => {
  const pieces: string[] = []
  let done = 0
  for (const { start, ref, alt } of variants) {
    pieces.push(bases.slice(done, start), alt)
    done = start + ref.length
  }
  return pieces.join('') + bases.slice(done)
}

const truthOf = (contigs: readonly Contig[], variants: readonly Variant[], sample: string) =>
  [
    '##fileformat=VCFv4.2',
    '##FILTER=<ID=PASS,Description="All filters passed">',
    '##INFO=<ID=PLACE,Number=1,Type=String,Description="Why it lies here: random, adjacent, homopolymer or border">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    ...contigs.map(({ name, bases }) => `##contig=<ID=${name},length=${bases.length}>`),
    `#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t${sample}`,
    ...variants.map(({ contig, start, ref, alt, place, alleles }) =>
      [contigs[contig]?.name, start + 1, '.', ref, alt, '.', 'PASS', `PLACE=${place}`, 'GT', alleles.join('|')].join('\t'),
    ),
    '',
  ].join('\n')

const main = () => {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      reference: text,
      haplotypes: text,
      sample: text,
      snps: text,
      indels: text,
      'max-indel': text,
      'min-distance': text,
      edge: text,
      adjacent: text,
      homopolymer: text,
      borders: text,
      ploidy: text,
      homozygous: text,
      shared: text,
      'shared-seed': text,
      seed: text,
    },
  })
  const number = (name: keyof typeof values) => Number(values[name])
  const contigs = readFasta(readFileSync(values.reference ?? '', 'utf8'))
  const wish = {
    snps: number('snps'),
    indels: number('indels'),
    maxIndel: number('max-indel'),
    minDistance: number('min-distance'),
    edge: number('edge'),
    adjacent: number('adjacent'),
    homopolymer: number('homopolymer'),
    borders: (values.borders ?? '').split(',').filter(Boolean).map(Number),
    ploidy: number('ploidy'),
    homozygous: number('homozygous'),
    shared: number('shared'),
    sharedSeed: number('shared-seed'),
    seed: number('seed'),
  }
  const variants = draw(contigs, wish)
  const byContig = new Map<number, Variant[]>()
  for (const variant of variants) {
    const own = byContig.get(variant.contig)
    if (own) own.push(variant)
    else byContig.set(variant.contig, [variant])
  }
  const haplotypes = Array.from({ length: wish.ploidy }, (_, haplotype) =>
    contigs.map(({ name, bases }, contig) => {
      const mine = (byContig.get(contig) ?? []).filter(({ alleles }) => alleles[haplotype] === 1)
      const lines = apply(bases, mine).match(/.{1,70}/g) ?? []
      return `>${name}${wish.ploidy === 1 ? '' : `_haplotype${haplotype + 1}`}\n${lines.join('\n')}\n`
    }),
  )
  writeFileSync(values.haplotypes ?? '', haplotypes.flat().join(''))
  process.stdout.write(truthOf(contigs, variants, values.sample ?? ''))
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}
