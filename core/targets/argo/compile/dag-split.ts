import type { LooseTask } from './tasks.ts'

/** Argo's own limits: tasks of a DAG, and templates of a Workflow. */
export const mostTasks = 200
/** A task that so many others wait for, or that waits for so many, is a hub: it connects what is otherwise apart. */
const hubFrom = 9

/** Tasks that go into one DAG together, by number: several make a DAG of their own, one stays where it is. */
export type DagGroup = readonly number[]
/**
 * Divides tasks into DAGs of at most 200 each. What belongs together stays together: without the tasks that many others wait for or that
 * wait for many (an indexed genome, a joint call), a large plan falls apart into pieces such as the lanes of one sample. Whole pieces that
 * wait for the same things share a DAG, so that no task waits for one that it would not wait for anyway, unless a single piece is too large.
 * @param tasks each after what it needs
 */
export function unitsOf(tasks: readonly LooseTask[]): readonly DagGroup[] {
  if (tasks.length <= mostTasks) return tasks.map((_, n) => [n])
  const followers = new Array<number>(tasks.length).fill(0)
  for (const { before } of tasks) for (const n of before) followers[n]!++
  const hub = tasks.map(({ before, top }, n) => top || before.length >= hubFrom || followers[n]! >= hubFrom)
  // Pieces are of one phase, the number of hubs before them: otherwise one that goes round a hub would wait for itself.
  const phase: number[] = []
  for (const [n, { before }] of tasks.entries()) {
    let own = 0
    for (const b of before) own = Math.max(own, phase[b]! + (hub[b] ? 1 : 0))
    phase[n] = own
  }
  const pieces = connected(tasks, (a, b) => !hub[a] && !hub[b] && phase[a] === phase[b])
  const units: number[][] = []
  const home: number[] = []
  const open = new Map<string, number>()
  const add = (members: readonly number[], unit: number) => {
    units[unit] = [...(units[unit] ?? []), ...members]
    for (const n of members) home[n] = unit
  }
  const rank = (piece: readonly number[]) => phase[piece[0]!]! * 2 + (hub[piece[0]!] ? 1 : 0)
  for (const piece of [...pieces].sort((a, b) => rank(a) - rank(b) || a[0]! - b[0]!)) {
    if (hub[piece[0]!] || piece.length > mostTasks) {
      for (let from = 0; from < piece.length; from += mostTasks) add(piece.slice(from, from + mostTasks), units.length)
      continue
    }
    const own = new Set(piece)
    const outside = new Set(piece.flatMap(n => tasks[n]!.before.filter(b => !own.has(b)).map(b => home[b]!)))
    const waits = [phase[piece[0]!], ...[...outside].sort((a, b) => a - b)].join()
    const room = open.get(waits)
    const unit = room !== undefined && units[room]!.length + piece.length <= mostTasks ? room : units.length
    add(piece, unit)
    open.set(waits, unit)
  }
  return units
}
/** Connected pieces, each in the order of the tasks. */
function connected(tasks: readonly LooseTask[], together: (a: number, b: number) => boolean): readonly (readonly number[])[] {
  const parent = tasks.map((_, n) => n)
  const root = (n: number): number => {
    let at = n
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!
      at = parent[at]!
    }
    return at
  }
  for (const [n, { before }] of tasks.entries()) for (const b of before) if (together(b, n)) parent[root(n)] = root(b)
  const pieces = new Map<number, number[]>()
  for (const n of tasks.keys()) {
    const piece = pieces.get(root(n))
    if (piece) piece.push(n)
    else pieces.set(root(n), [n])
  }
  return [...pieces.values()]
}
