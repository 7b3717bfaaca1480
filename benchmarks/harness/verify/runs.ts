import { whose } from '../derive/cells.ts'
import { type StepSeen, stepsSeen } from '../derive/taken.ts'
import type { Record2, Run } from '../record.ts'

const name = (run: Run) => `${run.warmup ? 'warm-up ' : 'round '}${run.round} of ${whose(run)}`

/** Whether every arm ran in every round, or there is word why not. A command runs in one environment only. */
export function missingRuns({ definition, environments, runs, failed, unmeasured }: Record2): readonly string[] {
  const used = Object.keys(environments)
  const expected = Object.entries(definition.arms).flatMap(([arm, how]) => {
    const places = 'command' in how ? [runs.find(run => run.arm === arm)?.environment ?? used[0] ?? ''] : used
    const able = places.filter(environment => !unmeasured.some(each => each.arm === arm && each.environment === environment))
    return able.flatMap(environment => definition.caches.map(caches => ({ arm, environment, caches })))
  })
  const all = [...new Set(runs.filter(run => !run.warmup).map(({ round }) => round))]
  return expected.flatMap(cell => {
    const same = (each: typeof cell) => each.arm === cell.arm && each.environment === cell.environment && each.caches === cell.caches
    const own = runs.filter(run => !run.warmup && same(run)).map(({ round }) => round)
    const rounds = definition.settings[cell.arm]?.once ? all.slice(0, 1) : all
    const gone = Math.min(Number.POSITIVE_INFINITY, ...failed.filter(same).map(({ round }) => round)) // an environment may be gone from some round on
    const lacking = rounds.filter(round => !own.includes(round) && round < gone)
    if (lacking.length === rounds.length && own.length === 0) return [`${whose(cell)} was never run, and there is no word why`]
    return [
      ...lacking.map(round => `round ${round} has no run of ${whose(cell)}, ${cell.caches} caches, and there is no word why`),
      ...own
        .filter((round, n) => own.indexOf(round) !== n)
        .map(round => `round ${round} has two runs of ${whose(cell)}, ${cell.caches} caches`),
    ]
  })
}
/** Whether each run ran all that it measured. */
export const unprovedRuns = ({ definition, runs }: Record2): readonly string[] =>
  runs.flatMap(run => {
    const how = definition.arms[run.arm]
    if (how === undefined) return [`${name(run)}: there is no arm "${run.arm}"`]
    const faults = 'command' in how ? [] : ofSteps(run, definition)
    return faults.map(fault => `${name(run)}: ${fault}`)
  })
function ofSteps(run: Run, { given, measures }: Record2['definition']): readonly string[] {
  if (run.events.length === 0) return ['it has no events: nothing shows that a step ran']
  const measured = Object.values(measures).flat()
  const fault = (label: string, { name, cached, succeeded }: StepSeen) =>
    cached && (!given.includes(name) || measured.includes(name))
      ? [`step ${label} was served from the cache`]
      : cached || succeeded
        ? []
        : [`step ${label} did not end`]
  const late = run.events.find(({ at }) => at < -1 || at > run.wall + 1) // clocks of a cluster differ by less
  return [
    ...[...stepsSeen(run)].flatMap(([label, step]) => fault(label, step)),
    ...(late ? [`${late.event} of step ${late.step} is told for second ${late.at}, and the run took ${run.wall} s`] : []),
  ]
}
