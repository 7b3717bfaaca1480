import type { Record2, Run } from '../../benchmarks/harness/record.ts'
import { type Place, samePlace } from '../../benchmarks/harness/rounds.ts'
import { bytesText, secondsText, sum } from '../../core/vocabulary/quantity.ts'
import { Screen } from '../display/screen.ts'

const shortTime = (seconds: number) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : secondsText(seconds))
/** How far a comparison is: a line for each run, and on a terminal one more that says what runs now and how long all may still take. */
export class BenchProgress {
  readonly #screen: Screen | undefined
  readonly #definition: Record2['definition']
  readonly #places: readonly Place[]
  readonly #runs: readonly Run[]
  #now: { readonly place: Place; readonly round: number; readonly warmup: boolean; readonly since: number } | undefined
  readonly #log: (line: string) => void
  constructor(definition: Record2['definition'], places: readonly Place[], runs: readonly Run[], log: (line: string) => void) {
    this.#log = log
    this.#definition = definition
    this.#places = places
    this.#runs = runs
    this.#screen = process.stderr.isTTY && process.env.TERM !== 'dumb' ? new Screen(process.stderr, () => this.#frame()) : undefined
  }
  begins(place: Place, round: number, warmup: boolean): void {
    this.#now = { place, round, warmup, since: performance.now() }
  }
  ended(run: Run): void {
    const { wall, cpu, memory } = run
    this.line(`${this.#name(run, run.round, run.warmup)}: ${shortTime(wall)}, CPU ${shortTime(cpu)}, ${bytesText(memory)}. ${this.#left()}`)
  }
  line(text: string): void {
    if (this.#screen) this.#screen.above(text)
    else this.#log(text)
  }
  close(): void {
    this.#screen?.close()
  }
  #name(place: Place, round: number, warmup: boolean): string {
    const { runs, warmups, caches } = this.#definition
    const of = warmup
      ? `warm-up ${round + 1} of ${warmups}`
      : `round ${round + 1} of ${runs.least === runs.most ? '' : `${runs.least} to `}${runs.most}`
    return `${of}: ${place.arm}, ${place.environment}${caches.length > 1 ? `, ${place.caches}` : ''}`
  }
  #frame(): string {
    if (!this.#now) return '…'
    const { place, round, warmup, since } = this.#now
    return `${this.#name(place, round, warmup)} … ${secondsText((performance.now() - since) / 1000)}. ${this.#left()}`
  }
  /** What is left if the stopping rule lets it end as soon as it may, and at most. */
  #left(): string {
    const { runs, warmups, settings } = this.#definition
    const all = this.#runs.map(({ wall }) => wall)
    const one = (place: Place) => {
      const own = this.#runs.filter(run => samePlace(run, place)).map(({ wall }) => wall)
      return own.length > 0 ? sum(own) / own.length : sum(all) / all.length
    }
    const left = (rounds: number) =>
      sum(
        this.#places.map(place => {
          const once = settings?.[place.arm]?.once === true
          const wanted = once ? 1 : warmups + rounds
          const done = this.#runs.filter(run => samePlace(run, place)).length
          return Math.max(0, wanted - done) * one(place)
        }),
      )
    const [least, most] = [left(runs.least), left(runs.most)].map(seconds => secondsText(seconds))
    return least === most ? `${most} left.` : left(runs.least) === 0 ? `At most ${most} left.` : `${least} to ${most} left.`
  }
}
