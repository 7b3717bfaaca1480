// Describes pipelines; runs nothing. `trireme-bio/local` runs a plan on this machine, `trireme-bio/text` prints it,
// `trireme-bio/testing` tries a step.
export { type Asset, asset } from './asset.ts'
export { type Command, pipe, run, type Script, sequence, type Word, word } from './command.ts'
export type { Dataset, Pinned, Profile } from './dataset.ts'
export type { Environments } from './environment.ts'
export { type Code, PlanError, TriremeError } from './errors.ts'
export {
  type FileKind,
  type Itself,
  itself,
  kind,
  type Many,
  many,
  type Named,
  named,
  type Optional,
  optional,
  type Probe,
  type Probed,
  type SameAs,
  sameAs,
} from './kind.ts'
export type { SourceFile } from './node.ts'
export { after, type Ref } from './node.ts'
export { each, grid, type Pipeline, pipeline, type Results, source } from './pipeline.ts'
export { type Plan, plan } from './plan.ts'
export { type Bytes, gib, hours, mib, minutes, type Needs, type Seconds, seconds } from './quantity.ts'
export { from, rows } from './rows.ts'
export { type Step, step } from './step.ts'
export { type Tool, tool } from './tool.ts'
