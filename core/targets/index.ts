// For targets of one's own: `trireme-bio/targets`.

export { shared as sharedSettings } from '../environment/settings.ts'
export { anyTwo, type Joins, ofOneImage } from '../graph/chains.ts'
export type { Execution, RunOptions } from '../run/scheduler.ts'
export { addTarget } from './registry.ts'
export type * from './target.ts'
