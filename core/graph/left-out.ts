import { isList, isRef, type Ref, type StepNode } from './node.ts'

/** Whether a file may be missing although nothing failed: its step may leave it out, or is skipped because such a file is missing. */
export function mayBeLeftOut({ node, port }: Ref): boolean {
  if (node.kind === 'item') return false
  if (node.kind === 'each') return mayBeLeftOut(node.list)
  if (node.kind === 'source') return false
  return 'optional' in node.step.outputs[port]! || maySkip(node)
}
const skips = new WeakMap<StepNode, boolean>()
/** Whether a step may be skipped because an input is missing. A `many` slot takes the files that are there. */
export function maySkip(node: StepNode): boolean {
  const known = skips.get(node)
  if (known !== undefined) return known
  let own = false
  for (const given of Object.values(node.inputs))
    if (isRef(given) ? mayBeLeftOut(given) : !isList(given) && Object.values(given).some(mayBeLeftOut)) own = true
  skips.set(node, own)
  return own
}
