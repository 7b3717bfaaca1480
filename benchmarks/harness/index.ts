export type {
  ArmFolders,
  ArmSettings,
  Caches,
  Claim,
  CommandArm,
  ComparisonSpec,
  Outputs,
  Quality,
  Resource,
  Shared,
  StoppingRule,
} from './comparison.ts'
export { comparison } from './define.ts'
