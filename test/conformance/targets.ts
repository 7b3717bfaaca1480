import { inContainers } from './in-containers.ts'
import { byFiles, locally } from './locally.ts'
import { onArgo } from './on-argo.ts'
import type { Target } from './target.ts'

export const targets: readonly Target[] = [locally, byFiles, inContainers, onArgo]
