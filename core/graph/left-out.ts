import { isList, isRef, type Ref, type StepNode } from './node.ts'

/** Whether a file may not be there although all went well: its step may leave it out, or is skipped for want of such a file. */
export function mayBeLeftOut({ node, port }: Ref): boolean {
  if (node.kind === 'item') return false
  if (node.kind === 'each') return mayBeLeftOut(node.list)
  if (node.kind === 'source') return false
  return 'optional' in node.step.outputs[port]! || maySkip(node)
}
const skips = new WeakMap<StepNode, boolean>()
/** Whether a step may be skipped, for want of an input; a `many` slot takes what is there. */
export function maySkip(node: StepNode): boolean {
  const known = skips.get(node)
  if (known !== undefined) return known
  let own = false
  for (const given of Object.values(node.inputs))
    if (isRef(given) ? mayBeLeftOut(given) : !isList(given) && Object.values(given).some(mayBeLeftOut)) own = true
  skips.set(node, own)
  return own
}
