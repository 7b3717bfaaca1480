import { PlanError, shown } from '../errors.ts'
import { type Given, isList, isRef, type Node, refsIn, refWords } from './node.ts'
import { bodyOf, inOrder, nodesOf, outside } from './walk.ts'

/** A graph, pure data: what a target runs, compiles or prints. */
export interface Plan<O extends Results = Results> {
  readonly name: string
  readonly results: O
  /** Every node that a result needs, each after what it needs; bodies of `each` come just before it. */
  readonly nodes: readonly Node[]
}
/**
 * Names a graph so that a target can run or compile it: `plan('germline', germline({ … }))`.
 * The pipeline was already called, so its arguments are checked; a step whose outputs no result needs is no part of the plan.
 * @throws PlanError `WIRING` when the item of an `each` is used outside its body
 */
export function plan<const O extends Results>(name: string, results: O): Plan<O> {
  checkResults(`plan "${name}"`, results)
  const nodes = new Set<Node>()
  for (const node of inOrder(nodesOf(Object.values(results).flatMap(refsIn)))) addNode(node, nodes)
  const items = new Set<Node>([...nodes].flatMap(node => (node.kind === 'each' ? [node.item] : [])))
  for (const node of nodes)
    if (node.kind === 'item' && !items.has(node))
      throw new PlanError('WIRING', 'The item of an each is used outside its body. Return what you need from the body.')
  return { name, results, nodes: [...nodes].filter(node => node.kind !== 'item') }
}
function addNode(node: Node, nodes: Set<Node>): void {
  if (node.kind === 'each') {
    for (const before of inOrder(outside(node))) addNode(before, nodes)
    for (const inner of bodyOf(node)) addNode(inner, nodes)
  }
  nodes.add(node)
}
/** What the compiler says of results, for code that it does not see. @throws PlanError `WIRING` */
export function checkResults(owner: string, results: unknown): asserts results is Results {
  const remedy = 'Return files by name: { trimmed, report }.'
  const fault = (what: string, remedy: string) => new PlanError('WIRING', `${what} ${remedy}`)
  const whose = `${owner[0]!.toUpperCase()}${owner.slice(1)}`
  if (results instanceof Promise) {
    results.catch(() => {}) // told here already
    throw fault(`The build of ${owner} is async.`, 'Take the "async" away: files are made later, and there is nothing to wait for.')
  }
  if (results === undefined || results === null) throw fault(`${whose} returns nothing.`, `End its function with "return { … }". ${remedy}`)
  if (isRef(results)) throw fault(`${whose} returns ${refWords(results)}, without a name for it.`, `Write: return { ${results.port}: … }`)
  if (typeof results !== 'object' || isList(results)) throw fault(`${whose} returns ${shown(results)}.`, remedy)
  for (const [name, given] of Object.entries(results)) {
    const own = `The result "${name}" of ${owner} is`
    const files = 'Give a file, a list of files, or files by name.'
    if (typeof given !== 'object' || given === null)
      throw fault(`${own} ${shown(given)}.`, given === undefined ? `${files} Leave out a result that is not made.` : files)
    if (isRef(given)) continue
    for (const [key, ref] of isList(given) ? given.map((ref, n) => [n + 1, ref] as const) : Object.entries(given))
      if (!isRef(ref))
        throw fault(
          `${own} ${isList(given) ? 'a list' : 'a record'} whose ${isList(given) ? `file ${key}` : `"${key}"`} is ${shown(ref)}.`,
          files,
        )
  }
}
/** Results by name: each is a file, a list of files, or files by name. */
export type Results = Readonly<Record<string, Given>>
