import { TriremeError } from '../errors.ts'
import type { Keys } from '../graph/key.ts'
import type { EachNode } from '../graph/node.ts'
import { bodyOf } from '../graph/walk.ts'
import type { PodMember } from './pod-job.ts'

/** @throws TriremeError `ENVIRONMENT` for an `each` that can only be compiled when its list is there */
export function accept(each: EachNode, plan: string): void {
  const cannot = (what: string) =>
    new TriremeError(
      'ENVIRONMENT',
      `Plan ${plan} has an each ${what}, which Argo cannot run before that list is there. Run the step that writes the list first, locally or as a plan of its own: what is there is known when the rest is compiled.`,
    )
  if (each.list.node.kind !== 'step') throw cannot('over what another each gathers')
  const body = bodyOf(each)
  if (body.some(node => node.kind === 'each')) throw cannot('within an each')
  for (const { node } of Object.values(each.body))
    if (!body.includes(node)) throw cannot('that returns a file which no step of its body makes')
}
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
