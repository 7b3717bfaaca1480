export type {
  ArmFolders,
  Caches,
  Claim,
  CommandArm,
  ComparisonSpec,
  Outputs,
  Quality,
  Resource,
  StoppingRule,
} from './comparison.ts'
export { comparison } from './define.ts'
