import { byFiles, locally } from './locally.ts'
import type { Target } from './target.ts'

export const targets: readonly Target[] = [locally, byFiles]
