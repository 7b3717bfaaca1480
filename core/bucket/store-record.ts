import { createHash } from 'node:crypto'
import type { Keys } from '../graph/key.ts'
import { versionsOf } from '../graph/key.ts'
import { mayBeLeftOut } from '../graph/left-out.ts'
import { type Given, isRef, refsIn, type StepNode } from '../graph/node.ts'
import { type Grant, grantOf, listWords, type PipedOutput, stepWords } from '../graph/step-words.ts'
import { contentKeys } from '../run/content-keys.ts'
import type { StepOutputs } from '../run/step-outputs.ts'
import type { StepRecord } from '../store/record.ts'
import type { BucketRecord } from './bucket-record.ts'

/** How a step was joined to others of its pod. Unknown for entries that another run made. */
export interface Joined {
  /** Labels of the steps of its chain. */
  readonly group?: readonly string[]
  /** The output that it wrote into a pipe. */
  readonly pipe?: PipedOutput
}
export interface Composing extends Joined {
  readonly keys: Keys
  readonly places: StepOutputs
  readonly versions: ReadonlyMap<string, string>
  readonly run: string
  readonly label: string
  /** Most cores that a step is granted. */
  readonly cpu: number | undefined
}
/** The store's record of a step that ran in a pod: what the pod reported, and what only the plan knows. */
export function recordOf(node: StepNode, found: BucketRecord, at: Composing): StepRecord {
  const granted = grantOf(node, found.climbed ?? 0, at.cpu)
  const tools = versionsOf(node, at.versions)
  const outputs = Object.entries(found.outputs).map(([port, files]) => [
    port,
    files.map(({ name, size, sha256 }) => ({ name, size, sha256 })),
  ])
  return {
    format: 2,
    key: at.keys.of(node),
    same: contentKeyIfKnown(node, at),
    step: node.step.name,
    label: at.label,
    image: node.step.image,
    recipe: at.keys.recipe(node),
    params: node.params,
    argv: argvOf(node, granted, at),
    tools,
    outputs: Object.fromEntries(outputs),
    run: at.run,
    attempt: found.attempt,
    ...granted,
    started: found.started,
    seconds: found.seconds,
    ...(found.usage && { usage: found.usage }),
    ...(at.group && { group: at.group }),
    host: found.host,
  }
}
/**
 * The second key, over the content of the inputs. Where the record of an input is missing, there is none: a key that no other step has
 * stands in its place.
 */
function contentKeyIfKnown(node: StepNode, { keys, places }: Composing): string {
  const makers = Object.values(node.inputs)
    .flatMap(refsIn)
    .flatMap(ref => places.origins(ref))
  if (makers.every(ref => places.entries.has(keys.of(ref.node)))) return contentKeys({ members: [node], links: [] }, keys, places)[0]!
  return createHash('sha256')
    .update(`no content ${keys.of(node)}`)
    .digest('hex')
}
/** Argv as it ran in a pod. */
export function argvOf(node: StepNode, granted: Grant, { places, pipe }: Pick<Composing, 'places' | 'pipe'>): StepRecord['argv'] {
  const list = (slot: string) => listWords(node.step, slot, countOf(node.inputs[slot] ?? [], places))
  return stepWords(node, { granted, pipe, assets: 'by link', list }).argv
}
/** Files of a list: those that were there. Where a step's record is missing, all files that it cannot have left out. */
const countOf = (given: Given, places: StepOutputs): number =>
  isRef(given) ? (places.list(given)?.length ?? 0) : refsIn(given).filter(ref => places.one(ref) !== undefined || !mayBeLeftOut(ref)).length
