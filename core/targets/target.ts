import type { z } from 'zod'
import type { Engine } from '../environment/engines.ts'
import type { Settings, WithName } from '../environment/settings.ts'
import type { Joins } from '../graph/chains.ts'
import type { Plan, Results } from '../graph/plan.ts'
import type { Execution, RunOptions } from '../run/scheduler.ts'
import type { Store } from '../store/store.ts'

/**
 * What plans are given to. The command line and the library know a target by this interface alone: they never compare its name, but
 * ask what it can do. What only some targets can do is an optional group of functions: `compile`, `attach`, `examine`, `setup`.
 *
 * Its module is loaded whenever an environment is read, so it imports what it needs for work only when a function is called.
 */
export interface Target<S extends Settings = Settings> {
  /** As `target` of an environment names it. */
  readonly name: string
  /** Schema of its environments: a closed object with `target`, the settings that all targets share, and its own. */
  readonly settings: z.ZodType<S>
  /** Names of its own settings that are paths: relative ones start at the folder of the settings file. @default none */
  readonly paths?: readonly string[]
  /** Steps run in images, which hold their tools. @default they do not: the tools are programs of this machine, and may be installed on it */
  readonly images?: ImageUse<S>
  /** Which steps a pipe may join in an environment. Asked when a plan is printed, run or compiled. */
  joins(at: Destination<S>): Joins
  /** @throws TriremeError as `runLocally`; `ENVIRONMENT` when the environment cannot be used */
  run<O extends Results>(plan: Plan<O>, options: TargetRunOptions<S>): Promise<Execution<O>>
  /** It can write a plan as files, to be submitted by others. */
  readonly compile?: Compilation<S>
  /** Its runs go on when the client is gone, and can be followed again. */
  readonly attach?: Attachment<S>
  /** It can say whether an environment is as runs need it. */
  readonly examine?: Examination<S>
  /** It can say what an administrator has to set up once, before anyone may run there. */
  readonly setup?: Setup<S>
}
/** An environment, and the images that names stand for in it. */
export interface Destination<S extends Settings = Settings> {
  readonly environment: WithName<S>
  /** Reference of the image that a step names; of a target without images, the name itself. */
  readonly image: (name: string) => string
}
export interface TargetRunOptions<S extends Settings = Settings> extends RunOptions, Destination<S> {}

// Methods, not properties that hold functions: TypeScript compares their parameters loosely, so that a target with settings of its own is a
// `Target`. That is safe, since an environment is only ever given to the target that read it.
export interface ImageUse<S extends Settings = Settings> {
  /** An image may be a file of this machine. @default false */
  readonly files?: boolean
  /** Which program runs containers here, as the environment says. It is asked for the tools' versions. @default the first that is here */
  engine?(environment: WithName<S>): Engine | undefined
}
export interface Compilation<S extends Settings = Settings> {
  /** What a plan may be written as; the first is the default. */
  readonly forms: readonly [string, ...string[]]
  /** @throws TriremeError `RESOURCES`, `ENVIRONMENT` for a plan that cannot run there */
  write(plan: Plan, options: CompilationOptions<S>): Promise<CompiledFiles>
}
export interface CompilationOptions<S extends Settings = Settings> extends Destination<S> {
  /** Versions of the tools, which are part of the keys. */
  readonly versions: ReadonlyMap<string, string>
  /** Joins steps whose both ends can stream by pipes. */
  readonly stream: boolean
  readonly form: string
}
export interface CompiledFiles {
  /** For people to read and keep, by name. */
  readonly manifests: ReadonlyMap<string, string>
  /** What they refer to: `objects/<sha256>`. */
  readonly objects: ReadonlyMap<string, string | Uint8Array>
  /** What whoever submits it should know first. */
  readonly warnings?: readonly string[]
  /** How to submit by hand what was written into a folder: lines for people. */
  howTo(folder: string): readonly string[]
}
export interface Attachment<S extends Settings = Settings> {
  /** Working folder of the command whose run sent work here; undefined where it sent none. */
  folder(store: Store, run: string): Promise<string | undefined>
  /** Goes on with what the run has sent. */
  run<O extends Results>(plan: Plan<O>, options: TargetRunOptions<S>): Promise<Execution<O>>
}
export interface Examination<S extends Settings = Settings> {
  /** Looks at all that a run in the environment needs, and changes nothing. */
  findings(environment: WithName<S>): AsyncIterable<Finding>
  /** Runs two small steps. @param name of the image to try, as steps have it */
  trial(at: Destination<S>, name: string): Promise<Finding>
}
/** One thing that was looked at. */
export interface Finding {
  readonly name: string
  /** `unknown`: this user may not look; runs may go all the same. */
  readonly state: 'ok' | 'bad' | 'unknown'
  readonly found: string
  readonly needed: string
  /** What to do about it. */
  readonly mend?: string
}
export interface Setup<S extends Settings = Settings> {
  /** Accounts and rights, as text to read and then to apply. @param subjects who may submit runs */
  text(environment: WithName<S>, subjects: readonly Subject[]): Promise<string>
}
export interface Subject {
  readonly kind: 'User' | 'Group'
  readonly name: string
}
/** What only some targets can. */
export type Capability = 'compile' | 'attach' | 'examine' | 'setup'
/** A target that can do it. */
export type Capable<C extends Capability> = Target & Required<Pick<Target, C>>
export const can = <C extends Capability>(target: Target, capability: C): target is Capable<C> => target[capability] !== undefined
