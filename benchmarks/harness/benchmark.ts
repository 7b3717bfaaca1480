import { type Arm, compare, type Timed } from './compare.ts'
import type { Row } from './result.ts'

/** What a benchmark is given. */
export interface Session {
  readonly quick: boolean
  readonly seed: number
  /** Empty folder, removed at the end. */
  readonly scratch: string
  /** Folder of a store that is kept, for data that take long to make. */
  readonly store: string
  readonly log: (line: string) => void
}
export interface Measured {
  readonly timed: Timed<string>
  readonly rows: readonly Row[]
  readonly facts?: Readonly<Record<string, string>>
}
/** A claim with its targets, and how it is measured. */
export interface Benchmark {
  readonly name: string
  readonly about: string
  /** Commands that print the versions of the programs used. */
  readonly programs: Readonly<Record<string, readonly string[]>>
  readonly measure: (session: Session) => Promise<Measured>
}
/** Rounds of a full run are enough to tell a few per cent; a quick run has three. */
export const timedIn = <A extends string>(
  { quick, seed, scratch, log }: Session,
  arms: Readonly<Record<A, Arm>>,
  { rounds, bulky = false }: { readonly rounds: number; readonly bulky?: boolean },
): Promise<Timed<A>> => compare(arms, { rounds: quick ? Math.min(3, rounds) : rounds, seed, scratch, bulky, log })
