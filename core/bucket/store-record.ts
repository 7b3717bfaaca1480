import { createHash } from 'node:crypto'
import type { Keys } from '../graph/key.ts'
import { isRef, refsIn, type StepNode } from '../graph/node.ts'
import { placedAt } from '../graph/place.ts'
import { contentKeys } from '../run/content-keys.ts'
import type { StepOutputs } from '../run/step-outputs.ts'
import type { StepRecord } from '../store/record.ts'
import { type Argv, granted, resolve, type Slot } from '../vocabulary/command.ts'
import { fileOf } from '../vocabulary/kind.ts'
import { rung } from '../vocabulary/quantity.ts'
import type { BucketRecord } from './bucket-record.ts'

export interface Composing {
  readonly keys: Keys
  readonly places: StepOutputs
  readonly versions: ReadonlyMap<string, string>
  readonly run: string
  readonly label: string
  readonly group?: readonly string[]
  /** Most cores that a step is granted. */
  readonly cpu: number
}
/** The store's record of a step that ran in a pod: what the pod told, and what only the plan knows. */
export function recordOf(node: StepNode, found: BucketRecord, at: Composing): StepRecord {
  const cpu = Math.min(node.needs.cpu, at.cpu)
  const memory = rung(node.needs.memory, found.attempt - 1)
  const tools = Object.fromEntries(node.step.tools.map(tool => [tool.name, at.versions.get(tool.name) ?? 'unknown']))
  const outputs = Object.entries(found.outputs).map(([port, files]) => [
    port,
    files.map(({ name, size, sha256 }) => ({ name, size, sha256 })),
  ])
  return {
    format: 1,
    key: at.keys.of(node),
    same: contentKey(node, at),
    step: node.step.name,
    label: at.label,
    image: node.step.image,
    recipe: at.keys.recipe(node),
    params: node.params,
    argv: argvOf(node, at.places, { cpu, memory }),
    tools,
    outputs: Object.fromEntries(outputs),
    run: at.run,
    attempt: found.attempt,
    cpu,
    memory,
    started: found.started,
    seconds: found.seconds,
    ...(found.usage && { usage: found.usage }),
    ...(at.group && { group: at.group }),
    host: found.host,
  }
}
/**
 * The second key, over the content of the inputs. Where a record of an input is not at hand, there is none: a key that no other step has
 * stands in its place.
 */
function contentKey(node: StepNode, { keys, places }: Composing): string {
  const makers = Object.values(node.inputs)
    .flatMap(refsIn)
    .flatMap(ref => places.origins(ref))
  if (makers.every(ref => places.entries.has(keys.of(ref.node)))) return contentKeys({ members: [node], links: [] }, keys, places)[0]!
  return createHash('sha256')
    .update(`no content ${keys.of(node)}`)
    .digest('hex')
}
/** Argv as it ran: names in the step's own folder are the same in a pod and on this machine. */
export function argvOf(node: StepNode, places: StepOutputs, got: { readonly cpu: number; readonly memory: number }): StepRecord['argv'] {
  const { step, inputs, script } = node
  const base = (slot: string, n: number) => `in/${slot}/${String(n + 1).padStart(4, '0')}`
  const namesOf = (slot: string): readonly string[] => {
    const given = inputs[slot]
    if (given === undefined) return []
    if (isRef(given)) return 'many' in step.inputs[slot]! ? (places.list(given) ?? []).map((_, n) => base(slot, n)) : [`in/${slot}`]
    return refsIn(given).map((_, n) => base(slot, n))
  }
  const slot = ({ slot, part, key }: Slot): string => {
    const asset = step.assets[slot]
    if (asset) return asset.path
    const kind = step.outputs[slot] ?? step.inputs[slot]!
    const given = inputs[slot]
    const nth =
      key === undefined || given === undefined || isRef(given) ? 0 : Array.isArray(given) ? Number(key) : Object.keys(given).indexOf(key)
    const at = slot in step.outputs ? `out/${slot}` : (namesOf(slot)[nth] ?? `in/${slot}`)
    if ('many' in kind) return at
    const placed = placedAt(at, fileOf(kind))
    return part === undefined ? placed.path : placed.parts[part]!
  }
  const words = (argv: Argv) =>
    resolve(argv, {
      slot,
      list: slot => namesOf(slot).map(name => placedAt(name, fileOf(step.inputs[slot]!)).path),
      granted: amount => granted(amount, got),
      resume: () => 'resume',
      level: ({ level }) => String(level),
    })
  return script.pipes.map(stages => stages.map(words))
}
