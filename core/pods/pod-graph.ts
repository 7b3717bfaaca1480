import { type Chain, chainsOf, ofOneImage } from '../graph/chains.ts'
import type { Keys } from '../graph/key.ts'
import type { EachNode, Ref, StepNode } from '../graph/node.ts'
import { rung } from '../vocabulary/quantity.ts'
import { piecesOf } from './chain-graph.ts'
import { checkLimits, gpusOf, type NodePools, poolOf } from './resource-requests.ts'
import { type Branching, type Pod, podsOf } from './shared-pods.ts'

export interface PodOptions {
  readonly environment: NodePools
  /** Reference of the image that a step names. */
  readonly image: (name: string) => string
  /** Joins steps whose both ends can stream by pipes. @default true */
  readonly stream?: boolean
  /** Lets short steps share a pod with the one they follow. @default true */
  readonly share?: boolean
}
export interface RemainingSteps {
  readonly steps: readonly StepNode[]
  readonly eaches: readonly EachNode[]
  /** Files that must be written, since results or other pods need them. */
  readonly wanted: readonly Ref[]
}
/**
 * Steps as pods: chains of those that stream, and which chains share a pod.
 * @throws TriremeError `RESOURCES` for a step that needs more than the environment has
 */
export function graphOf(
  { steps, eaches, wanted }: RemainingSteps,
  keys: Keys,
  { environment, image, stream = true, share = true }: PodOptions,
  label: (node: StepNode) => string,
): readonly (Pod | Branching)[] {
  const kept = new Set(wanted.map(ref => keys.ofRef(ref)))
  const streaming = stream && steps.some(({ step }) => step.streams.length > 0)
  const chains: readonly Chain[] = streaming
    ? chainsOf(steps, keys, {
        kept: (key, port) => kept.has(`${key}#${port}`),
        memory: environment.limits.memory ?? Number.POSITIVE_INFINITY,
        memoryOf: ({ needs }) => rung(needs.memory, 0),
        joins: ofOneImage(image), // a pod's steps run in one container
      })
    : steps.map(node => ({ members: [node], links: [] }))
  checkLimits(chains, environment, label)
  const images = new Map<string, string>()
  const machine = (chain: Chain) => {
    const { step } = chain.members[0]! // all its steps are of one image, whatever its names
    const own = images.get(step.image) ?? image(step.image)
    images.set(step.image, own)
    const gpus = gpusOf(chain)
    return gpus === 0 ? own : `${own} ${gpus} ${poolOf(chain, environment, label)?.model}`
  }
  return podsOf(piecesOf(chains, eaches, keys), { machine, share })
}
