// Describes pipelines; runs nothing. `trireme-bio/local` runs a plan on this machine, `trireme-bio/text` prints it,
// `trireme-bio/testing` tries a step, `trireme-bio/targets` is for targets of one's own.

export type { Dataset, Pinned, Profile } from './define/dataset.ts'
export { type CalledStep, each, grid, type Pipeline, pipeline, source } from './define/pipeline.ts'
export { type Step, step } from './define/step.ts'
export { tool } from './define/tool.ts'
export { type Code, PlanError, TriremeError } from './errors.ts'
export type { SourceFile } from './graph/node.ts'
export { after, type Ref } from './graph/node.ts'
export { type Plan, plan, type Results } from './graph/plan.ts'
export type { Environments } from './targets/environment.ts'
export { type Asset, asset } from './vocabulary/asset.ts'
export { type Command, pipe, responseFile, run, type Script, sequence, type Word, word } from './vocabulary/command.ts'
export {
  type FileKind,
  type Gather,
  type GatheredFile,
  type GatheringPlace,
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
} from './vocabulary/kind.ts'
export { type Bytes, gib, hours, mib, minutes, type Needs, type Seconds, seconds } from './vocabulary/quantity.ts'
export { from, rows } from './vocabulary/rows.ts'
export type { Tool } from './vocabulary/tool.ts'
