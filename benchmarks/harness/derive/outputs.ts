import type { Observed, Run } from '../record.ts'
import { whose } from './cells.ts'

type Value = string | number
const where = (run: Run) => `${whose(run)}, round ${run.round}`
/** How far apart two values are, as a share of the larger; 1 for texts that differ, and for a number beside a text. */
function apart(a: Value, b: Value): number {
  if (typeof a === 'string' || typeof b === 'string') return a === b ? 0 : 1
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b))
}
/** Each output that is not the same, within the tolerance, in all runs that should agree; the two runs farthest apart are named. */
export function differingOutputs(
  definition: { readonly arms: object; readonly outputs?: Observed['definition']['outputs'] },
  runs: readonly Run[],
): readonly string[] {
  const { arms, outputs } = definition
  if (!outputs) return []
  const alone = Object.keys(arms).filter(arm => !outputs.equal.some(group => group.includes(arm)))
  const groups = [...outputs.equal, ...alone.map(arm => [arm])] // the runs of one arm are equal in all environments
  return groups.flatMap(group => {
    const own = runs.filter(({ arm }) => group.includes(arm))
    const names = [...new Set(own.flatMap(run => Object.keys(run.outputs)))]
    return names.flatMap(name => disagreement(name, own, outputs.tolerance) ?? [])
  })
}
function disagreement(name: string, runs: readonly Run[], tolerance: number): string | undefined {
  const silent = runs.find(run => run.outputs[name] === undefined)
  const told = runs.filter(run => run.outputs[name] !== undefined)
  if (silent) return `Outputs differ: ${name} is not there in ${where(silent)}, but in ${where(told[0]!)}.`
  const value = (run: Run) => run.outputs[name]!
  const sorted = [...told].sort((a, b) => Number(value(a)) - Number(value(b)))
  const numbers = told.every(run => typeof value(run) === 'number')
  const [a, b] = numbers ? [sorted[0]!, sorted.at(-1)!] : [told[0]!, told.find(run => value(run) !== value(told[0]!)) ?? told[0]!]
  const far = apart(value(a), value(b))
  if (far <= tolerance) return undefined
  const how = numbers
    ? `, ${Number((far * 100).toPrecision(2))} % apart where ${Number((tolerance * 100).toPrecision(2))} % are allowed`
    : ''
  return `Outputs differ: ${name} is ${value(a)} in ${where(a)}, and ${value(b)} in ${where(b)}${how}.`
}
