import { mib, pipe, sameAs, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { indexedFasta, vcf } from 'trireme-bio/kinds'
import { bcftools } from 'trireme-bio/tools'

export const norm = step({
  name: 'bcftools-norm',
  about: 'Bring variants into one form: one alternative a record, atomic, left-aligned',
  edam: ['operation_3096'],
  tools: [bcftools],
  image: images.variants,
  inputs: { calls: vcf({ reference: sameAs('reference') }), reference: indexedFasta({}) },
  outputs: { normalised: vcf({ reference: sameAs('reference') }) },
  streams: ['calls', 'normalised'],
  needs: { cpu: 1, memory: mib(512) },
  // bcftools splits, awk makes the atoms: the atoms of bcftools norm -a differ by version. 1.16 leaves a SNP and an indel behind one base
  // together; 1.21 stops at records of freebayes, and gives a 1/2 whose alternatives share a SNP every atom as 1/1. Atoms that two alternatives
  // of one record share become one, borne by each haplotype that has either: otherwise a SNP that both hold is 0/1 twice (15 of 480 SNPs of a
  // simulated diploid called by freebayes). "*", another allele lies here, is no variant of its own; nor is one where the genome has N, as
  // freebayes alone calls it. -f left-aligns and stops where REF is not the genome's base. -d, which bcftools refuses beside -m, keeps one of
  // two equal records: a haplotype that spans the border of two regions is reported in both.
  command: ({ calls, reference, normalised }) =>
    pipe(
      ['bcftools', 'view', '--no-version', '-O', 'v', calls],
      ['awk', '-F', '\\t', '-v', 'OFS=\\t', numbered],
      ['bcftools', 'norm', '--no-version', '-m', '-both', '-O', 'v', '-'],
      ['awk', '-F', '\\t', '-v', 'OFS=\\t', atoms],
      ['bcftools', 'norm', '--no-version', '-f', reference, '-O', 'u', '-'],
      ['bcftools', 'view', '--no-version', '-e', 'ALT="*" || REF="N"', '-O', 'u', '-'],
      ['bcftools', 'norm', '--no-version', '-d', 'exact', '-O', 'z', '-o', normalised, '-'],
    ),
})
/** Marks what one record is taken apart into. */
const numbered = `
  /^#CHROM/ { print "##INFO=<ID=TRIREME_RECORD,Number=1,Type=Integer,Description=\\"Record\\">" }
  !/^#/ { $8 = ($8 == "." ? "" : $8 ";") "TRIREME_RECORD=" NR }
  { print }`
/** Makes SNPs, insertions and deletions of each record. What is the same at the end of both alleles belongs to neither. */
const atoms = `
  function flush(  i) { for (i = 1; i <= kept; i++) print kepts[i]; kept = 0; split("", place) }
  function either(one, other,  a, b, n, i, phase, whole) {
    phase = index(one, "|") ? "|" : "/"
    n = split(one, a, /[\\/|]/)
    split(other, b, /[\\/|]/)
    for (i = 1; i <= n; i++) whole = whole (i > 1 ? phase : "") (a[i] == 1 || b[i] == 1 ? 1 : a[i])
    return whole
  }
  function add(position, ref, alt,  f, g, n, i, key, line, one, other) {
    key = position "\\t" ref "\\t" alt
    $2 = position; $4 = ref; $5 = alt
    if (!(key in place)) { place[key] = ++kept; kepts[kept] = $0; return }
    if ($9 !~ /^GT(:|$)/) return
    n = split(kepts[place[key]], g, "\\t")
    line = g[1]
    for (i = 2; i <= n; i++) {
      if (i >= 10) {
        one = g[i]; sub(/:.*/, "", one)
        other = $i; sub(/:.*/, "", other)
        g[i] = either(one, other) substr(g[i], length(one) + 1)
      }
      line = line "\\t" g[i]
    }
    kepts[place[key]] = line
  }
  /^##INFO=<ID=TRIREME_RECORD,/ { next }
  /^#/ { print; next }
  {
    match($8, /TRIREME_RECORD=[0-9]+$/)
    record = substr($8, RSTART)
    $8 = RSTART > 1 ? substr($8, 1, RSTART - 2) : "."
    if (record != last) flush()
    last = record
    from = $2; ref = toupper($4); alt = toupper($5); r = length(ref); a = length(alt)
    if ((ref alt) !~ /^[ACGTN]+$/) { add(from, $4, $5); next }
    while (r > 1 && a > 1 && substr(ref, r, 1) == substr(alt, a, 1)) { r--; a-- }
    m = r < a ? r : a
    for (i = 1; i <= m; i++) if (substr(ref, i, 1) != substr(alt, i, 1)) add(from + i - 1, substr(ref, i, 1), substr(alt, i, 1))
    if (r > a) add(from + m - 1, substr(ref, m, r - m + 1), substr(ref, m, 1))
    if (a > r) add(from + m - 1, substr(ref, m, 1), substr(ref, m, 1) substr(alt, m + 1, a - m))
  }
  END { flush() }`
