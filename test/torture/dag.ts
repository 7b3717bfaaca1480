/** One step of the small run that is tortured: a shell script that writes its output bit by bit, so that half of it can be seen. */
export interface Work {
  readonly name: string
  /** Steps whose outputs are the words of the script. */
  readonly from: readonly string[]
  readonly script: string
}
/** Leaves what many programs do that keep a cache, as that of Go's modules: folders that nobody may write in. */
const cached = (work: Work): Work => ({
  ...work,
  script: `mkdir -p tmp/go/mod; : >tmp/go/mod/x; chmod 444 tmp/go/mod/x; chmod 555 tmp/go tmp/go/mod; ${work.script}`,
})
const part = (n: number): Work => ({
  name: `part${n}`,
  from: [],
  script: `set -e; for i in 1 2 3 4 5; do seq $((i * ${n}00)); sleep 0.02; done`,
})
const sum = (n: number): Work => ({
  name: `sum${n}`,
  from: [`part${n}`],
  script: `set -e; awk '{ s += $1 } END { print s }' "$1"; sleep 0.02`,
})
const joined = (all: readonly string[]): Work => ({
  name: 'joined',
  from: all,
  script: 'set -e; for file; do cat "$file"; sleep 0.01; done; seq 20000',
})
// Not cksum: that of coreutils 9.1 passes over an error of reading, and ends with 0.
const last: Work = { name: 'last', from: ['joined'], script: 'set -e; sleep 0.03; sha256sum <"$1"; seq 3000; sleep 0.03; echo end' }

/** Ten steps, two at a time, most of a second. */
export const full: readonly Work[] = [
  ...[1, 2, 3, 4].flatMap(n => [cached(part(n)), sum(n)]),
  joined(['sum1', 'sum2', 'sum3', 'sum4']),
  last,
]
const quick = (work: Work): Work => ({ ...work, script: work.script.replace(/sleep 0\.\d+/g, ':') })
/** A chain with a tee and a list: three steps, as few system calls as that takes. */
export const small: readonly Work[] = [part(1), sum(1), joined(['sum1', 'part1'])].map(quick)
/** One more step than `small`. */
export const grown: readonly Work[] = [...small, quick(last)]
/** Big enough to fill a small disk: half a megabyte a step. */
export const big: readonly Work[] = [1, 2, 3, 4].flatMap(n => [
  { name: `part${n}`, from: [], script: `set -e; seq ${n}0000 ${n}9999; for i in 1 2 3 4 5 6; do seq 1000 15999; done` },
  { name: `sum${n}`, from: [`part${n}`], script: `awk '{ s += $1; print } END { print s }' "$1"` },
])
export const dags = { full, small, grown, big } as const
export type DagName = keyof typeof dags
