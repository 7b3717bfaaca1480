import { whose } from '../derive/cells.ts'
import { type StepSeen, stepsSeen } from '../derive/taken.ts'
import type { Record2, Run } from '../record.ts'
import { orderOf, type Place, samePlace } from '../rounds.ts'

const name = (run: Run) => `${run.warmup ? 'warm-up ' : 'round '}${run.round} of ${whose(run)}`

/** What is run once a round, in the order from which the seed draws. A command runs in one environment only: this machine. */
function placesOf({ definition, runs, unmeasured }: Record2): readonly Place[] {
  const { arms, environments, caches } = definition
  const places = (arm: string) =>
    'command' in arms[arm]! ? [runs.find(run => run.arm === arm)?.environment ?? environments[0] ?? ''] : environments
  return caches.flatMap(each =>
    Object.keys(arms).flatMap(arm =>
      places(arm)
        .filter(environment => !unmeasured.some(lost => lost.arm === arm && lost.environment === environment))
        .map(environment => ({ arm, environment, caches: each })),
    ),
  )
}
/** Whether every arm ran in every round, once, or there is word why not. */
export function missingRuns(record: Record2): readonly string[] {
  const { definition, runs, failed } = record
  const all = [...new Set(runs.filter(run => !run.warmup).map(({ round }) => round))]
  return placesOf(record).flatMap(place => {
    const own = runs.filter(run => !run.warmup && samePlace(run, place)).map(({ round }) => round)
    const rounds = definition.settings[place.arm]?.once ? all.slice(0, 1) : all
    const gone = Math.min(Number.POSITIVE_INFINITY, ...failed.filter(each => samePlace(each, place)).map(({ round }) => round)) // from then on it may be missing
    const lacking = rounds.filter(round => !own.includes(round) && round < gone)
    if (own.length === 0 && lacking.length === rounds.length) return [`${whose(place)} was never run, and there is no word why`]
    return [
      ...lacking.map(round => `round ${round} has no run of ${whose(place)}, ${place.caches} caches, and there is no word why`),
      ...own
        .filter((round, n) => own.indexOf(round) !== n)
        .map(round => `round ${round} has two runs of ${whose(place)}, ${place.caches} caches`),
    ]
  })
}
/** Whether the runs are in the order that the seed gives: who draws orders until one suits, or leaves out runs, is found. */
export function wrongOrder(record: Record2): readonly string[] {
  const { runs, seed } = record
  const places = placesOf(record)
  const key = ({ round, warmup }: Run) => `${warmup ? 'warm-up' : 'round'} ${round}`
  const faults = [...new Set(runs.map(key))].flatMap(each => {
    const own = runs.filter(run => key(run) === each)
    const { round, warmup } = own[0]!
    const drawn = orderOf(places, seed, round, warmup).filter(place => own.some(run => samePlace(run, place)))
    const wrong = own.findIndex((run, n) => !drawn[n] || !samePlace(run, drawn[n]))
    return wrong === -1 ? [] : [`${each}: ${whose(own[wrong]!)} is not what the seed gives in place ${wrong + 1}`]
  })
  const numbers = runs.map(({ round, warmup }) => (warmup ? round - runs.length : round)) // warm-ups come first
  const back = numbers.findIndex((number, n) => n > 0 && number < numbers[n - 1]!)
  return back === -1 ? faults : [...faults, `${name(runs[back]!)} comes after ${name(runs[back - 1]!)}`]
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
