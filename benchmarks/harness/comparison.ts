import type { Pipeline, Results } from 'trireme-bio'
import type { Kinds } from '../../core/vocabulary/rows.ts'
import type { ArgsOf, Schemas } from '../../core/vocabulary/schema.ts'

/** What all runs of all arms share. */
export interface Shared {
  /** Made by `setup`, once, before the first run. */
  readonly shared: string
  /** The dataset's files by name. */
  readonly files: Readonly<Record<string, string>>
  /** Whether this is a trial, with `--quick`: then the work may be less. */
  readonly quick: boolean
}
/** Where a run of an arm does its work. */
export interface ArmFolders extends Shared {
  /** Fresh for each run, and empty but for what `prepare` left; of a pipeline the folder of its results. */
  readonly folder: string
}
/** A program beside the pipeline: a floor, or a peer. */
export interface CommandArm {
  /** What is timed. */
  readonly command: (at: ArmFolders) => { readonly argv: readonly string[]; readonly environment?: Readonly<Record<string, string>> }
  /** Not timed. */
  readonly prepare?: (at: ArmFolders) => void | Promise<void>
  /** Proves that the work was done, or throws. Only then do its seconds count. */
  readonly check: (at: ArmFolders) => void
  /** What parts of the work took, as the program itself measured them, by name: to `measures` they are what steps are. Seconds. */
  readonly parts?: (at: ArmFolders) => Readonly<Record<string, { readonly wall: number; readonly cpu: number }>>
}
/** Arguments of a pipeline as a params file gives them: a file is a path, a sheet a path or its rows. */
export type ArmArguments<I extends Kinds, P extends Schemas> = Partial<ArgsOf<P>> & { readonly [N in keyof I]?: unknown }
/** How an arm is run, and what it takes to run it. */
export interface ArmSettings {
  /** Cores that steps may use together; where there are fewer the arm is not measured. @default all */
  readonly cpu?: number
  /** GPUs that steps may use together; where there are fewer the arm is not measured. @default 0 */
  readonly gpu?: number
  /** Whether steps are joined by pipes. @default true */
  readonly stream?: boolean
  /** In the first round only, as it takes minutes. @default false */
  readonly once?: boolean
}

/** A figure read from what a run left. Beyond its bounds no time of the run counts. */
export interface Quality<A extends string = string> {
  readonly about: string
  /** @default no unit, as of an AUC or F1 */
  readonly unit?: string
  readonly read: (at: ArmFolders) => number
  /** Less than this means that the work was not done well enough to be timed. */
  readonly floor?: number
  /** More than this is too good to be true: training has seen what it is judged by. */
  readonly ceiling?: number
  /** @default all */
  readonly arms?: readonly A[]
}
/** What must be the same whichever arm made it. */
export interface Outputs<A extends string = string> {
  /** Digests, or numbers, by name. */
  readonly read: (at: ArmFolders) => Readonly<Record<string, string | number>>
  /** Numbers may differ by this share of the larger. @default 0 */
  readonly tolerance?: number
  /** Groups of arms whose outputs are equal; the runs of one arm are so in all environments. @default all arms are one group */
  readonly equal?: readonly (readonly A[])[]
}
interface Bounds {
  readonly least?: number
  readonly most?: number
}
export type Resource = 'wall' | 'cpu' | 'memory'
/** What the comparison is expected to show: how many times the one arm takes what the other does, a figure of quality, or what an arm takes. */
export type Claim<A extends string = string, M extends string = string, Q extends string = string> = Bounds &
  (
    | { readonly ratio: readonly [A, A]; readonly of: Resource; readonly measure?: M | 'whole'; readonly environment?: string }
    | { readonly quality: Q; readonly arm: A; readonly take: 'least' | 'median' | 'most' | 'mean'; readonly environment?: string }
    | { readonly of: Resource; readonly arm: A; readonly measure?: M | 'whole'; readonly environment?: string }
  )
/** When a comparison has been run often enough: at least `least` rounds, then until the intervals are narrow, at most `most`. */
export interface StoppingRule {
  /** @default 6: under six rounds there is no interval */
  readonly least?: number
  /** @default 30 */
  readonly most?: number
  /** Half the width of the 95 % interval of every ratio to the baseline, as a share of it. @default 0.05 */
  readonly width?: number
}
/** In a cold run nothing of the inputs is in the page cache; before a warm one they are read once. Every run has a store of its own. */
export type Caches = 'cold' | 'warm'

export interface ComparisonSpec<
  I extends Kinds,
  P extends Schemas,
  O extends Results,
  S extends string,
  A extends string,
  M extends string,
  Q extends string,
> {
  /** Lower case, digits and hyphens. */
  readonly name: string
  readonly about: string
  /** One that `trireme run` finds by its name. Left out where all arms are commands. */
  readonly pipeline?: Pipeline<I, P, O, S>
  /** The pipeline's arguments with their dataset, as for `trireme run --profile`. */
  readonly profile?: string
  readonly arms: Readonly<
    Record<A, ArmArguments<NoInfer<I>, NoInfer<P>> | ((at: Shared) => ArmArguments<NoInfer<I>, NoInfer<P>>) | CommandArm>
  >
  /** How arms are run, where not as all others. */
  readonly settings?: Readonly<Partial<Record<NoInfer<A>, ArmSettings>>>
  /** All others are compared with it. @default the first arm, in the first environment */
  readonly baseline?: NoInfer<A> | { readonly arm: NoInfer<A>; readonly environment: string }
  /** Where pipelines run; commands run on this machine only. @default ['workstation'] */
  readonly environments?: readonly string[]
  /** Names of what command arms measure themselves, where the pipeline has no step of that name. */
  readonly parts?: readonly S[]
  /** Sets of steps, or parts, that are rows of their own: `training: ['torch-train']`. The whole is always one. */
  readonly measures?: Readonly<Record<M, readonly NoInfer<S>[]>>
  readonly quality?: Readonly<Record<Q, Quality<NoInfer<A>>>>
  readonly outputs?: Outputs<NoInfer<A>>
  /** Steps whose results are made once, before, for all runs: what they take is in no row. @default none */
  readonly given?: readonly NoInfer<S>[]
  /** Runs of each arm before those that count. @default 1 */
  readonly warmups?: number
  readonly runs?: StoppingRule
  /** What `--quick` changes, beside the number of rounds. */
  readonly quick?: { readonly profile?: string; readonly without?: readonly NoInfer<A>[] }
  /** Both is twice the rows. @default ['warm'] */
  readonly caches?: readonly Caches[]
  /** Cores, or work, of each arm, for the laws of Amdahl (strong) and Gustafson (weak). */
  readonly scaling?: { readonly law: 'strong' | 'weak'; readonly cores: Readonly<Partial<Record<NoInfer<A>, number>>> }
  readonly claims?: readonly Claim<NoInfer<A>, NoInfer<M>, NoInfer<Q>>[]
  /** Commands that print the versions of programs that no step names. */
  readonly programs?: Readonly<Record<string, readonly string[]>>
  /** Makes, once, what arms share. Not timed. */
  readonly setup?: (at: Shared & { readonly log: (line: string) => void }) => void | Promise<void>
}
/** A comparison as the harness takes it: all names are text. */
export type AnyComparison = ComparisonSpec<Kinds, Schemas, Results, string, string, string, string>
/** Whether an arm is a command, and no arguments of the pipeline. */
export const isCommand = (arm: AnyComparison['arms'][string]): arm is CommandArm =>
  typeof arm === 'object' && 'command' in arm && typeof arm.command === 'function'
