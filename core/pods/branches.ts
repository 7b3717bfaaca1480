import type { Keys } from '../graph/key.ts'
import type { EachNode } from '../graph/node.ts'
import type { PodMember } from './pod-job.ts'

/** Name of the DAG of one branch. */
export const bodyName = (key: string) => `each-${key.slice(0, 12)}`

/** A result of a branch, and the step of the pod that makes it. */
export interface Gathered {
  readonly port: string
  readonly place: number
}
export const gathersOf = (each: EachNode, members: readonly PodMember[], keys: Keys): readonly Gathered[] =>
  Object.entries(each.body).flatMap(([port, ref]) => {
    const maker = members.find(({ node }) => keys.of(node) === keys.of(ref.node))
    return maker ? [{ port, place: maker.place }] : []
  })
