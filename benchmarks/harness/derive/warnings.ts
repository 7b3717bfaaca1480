import { sum } from '../../../core/vocabulary/quantity.ts'
import type { Derived, Observed, Run } from '../record.ts'
import { drift } from '../statistics.ts'
import { cellName, counted, type Sampled, whose } from './cells.ts'
import { whole } from './taken.ts'

const percent = (share: number) => `${Number((share * 100).toPrecision(2))} %`
const times = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`

/** What a reader should know before believing the figures, told from the record alone. */
export function warningsOf(seen: Observed, sampled: readonly Sampled[], figures: Derived['figures']): readonly string[] {
  const runs = counted(seen)
  return [
    ...ofOrigin(seen),
    ...ofMachine(seen, runs),
    ...ofClocks(seen, runs),
    ...ofNoise(seen, sampled, figures),
    ...ofGpus(seen, runs, figures),
    ...ofFailures(seen),
  ]
}
const ofOrigin = ({ quick, code }: Observed): readonly string[] => [
  ...(quick ? ['It was run with --quick, to see that everything works: no claim may rest on it.'] : []),
  ...(code.commit === undefined ? [`Its code is in no commit${code.why === undefined ? '' : `: ${code.why}`}.`] : []),
]
function ofMachine({ machine, sessions }: Observed, runs: readonly Run[]): readonly string[] {
  const wall = sum(runs.map(run => run.wall))
  const others = sum(runs.map(run => run.others)) / (wall * machine.cores)
  const load = Math.max(0, ...sessions.map(session => session.load.before))
  const held = sum(runs.map(run => run.throttled)) / wall
  const frequencies = runs.flatMap(({ frequency }) => (frequency ? [frequency.before, frequency.after] : []))
  const [slowest, fastest] = [Math.min(...frequencies), Math.max(...frequencies)]
  const long = runs.filter(run => run.wall >= 10)
  const own = sum(long.map(run => run.harness)) / sum(long.map(run => run.wall))
  return [
    ...(load > 0.5 * machine.cores
      ? [
          `The load average was ${load.toFixed(1)} when it began, on ${times(machine.cores, 'core')}: times by the clock are those of a busy machine.`,
        ]
      : []),
    ...(others > 0.05
      ? [`Other programs used ${percent(others)} of the machine during the runs: trust CPU seconds more than the clock.`]
      : []),
    ...(held > 0.01 ? [`A limit of the control group held the processes back for ${percent(held)} of the time.`] : []),
    ...(frequencies.length > 0 && fastest > 1.1 * slowest
      ? [
          `The processor's frequency went from ${Math.round(slowest)} to ${Math.round(fastest)} MHz: it was throttled, or not at full speed from the start.`,
        ]
      : []),
    ...(machine.governor !== undefined && machine.governor !== 'performance'
      ? [`The processor's governor is "${machine.governor}": frequencies follow the load. With "performance" times vary less.`]
      : []),
    ...(long.length > 0 && own > 0.005 ? [`The harness itself used ${percent(own)} of a core during runs of 10 s and more.`] : []),
  ]
}
function ofClocks({ machine, sessions }: Observed, runs: readonly Run[]): readonly string[] {
  const set = [
    ...runs.filter(run => jumped(run.calendar, run.wall)).map(run => run.calendar - run.wall),
    ...sessions
      .map(({ began, ended, usage }) => (Date.parse(ended) - Date.parse(began)) / 1000 - usage.wall)
      .filter(by => Math.abs(by) > 1),
  ]
  const farthest = [...set].sort((a, b) => Math.abs(b) - Math.abs(a))[0]
  const shortest = Math.min(...runs.map(run => run.wall))
  return [
    ...(farthest === undefined
      ? []
      : [`The clock of the calendar was set while this was measured, by ${farthest.toFixed(1)} s: only the monotonic clock counts.`]),
    ...(runs.length > 0 && machine.clock > 0.01 * shortest
      ? [`The clock counts steps of ${machine.clock} s, and the shortest run took ${shortest} s: make the arms longer.`]
      : []),
  ]
}
/** Clocks of the calendar are corrected all the time, by less than a thousandth. */
const jumped = (calendar: number, wall: number) => Math.abs(calendar - wall) > Math.max(0.1, 0.01 * wall)

const ofNoise = ({ definition }: Observed, sampled: readonly Sampled[], figures: Derived['figures']): readonly string[] =>
  sampled.flatMap(({ cell, rounds }, n) => {
    if (cell.measure !== whole) return []
    const name = cellName(cell, definition.caches)
    const { outliers, visible } = figures[n]!
    const moved = drift([...rounds.values()].map(({ wall }) => wall))
    const drifted = moved.low !== undefined && moved.high !== undefined && (moved.low > 1 || moved.high < 1)
    return [
      ...(rounds.size < 6 ? [`${name}: ${times(rounds.size, 'run')}; an interval takes 6.`] : []),
      ...(visible !== undefined && visible > definition.runs.width
        ? [`${name}: the noise of ${rounds.size} runs hides changes below ${percent(visible)}. Run it more often, or on a quieter machine.`]
        : []),
      ...(outliers > 0 ? [`${name}: ${outliers} of ${rounds.size} runs lie far from the rest. They count like others.`] : []),
      ...(drifted ? [`${name}: the later half of the runs took ${moved.value.toFixed(2)} times as long as the first.`] : []),
    ]
  })
/** A GPU that was given away need not be there: what is not told is no GPU's speed. */
function ofGpus({ environments }: Observed, runs: readonly Run[], figures: Derived['figures']): readonly string[] {
  const blind = figures.filter(({ gpu, device }) => gpu !== undefined && device === undefined)
  return [...new Set(blind.map(({ environment }) => environment))].map(environment => {
    const events = runs.flatMap(run => (run.environment === environment ? run.events : []))
    const taken = new Set(events.flatMap(({ pool }) => (pool === undefined ? [] : (environments[environment]?.pools?.[pool]?.model ?? []))))
    const of = taken.size > 0 ? ` of the pool ${[...taken].join(', ')}` : ''
    return `Steps in ${environment} asked for GPUs${of}, and nothing told which device they had, or whether there was one. Its GPU seconds are those for which GPUs were reserved, and no time there is the speed of a GPU.`
  })
}
function ofFailures({ failed, unmeasured }: Observed): readonly string[] {
  const all = failed.map(each => `did not count in ${whose(each)}, since ${each.why}.`)
  return [
    ...unmeasured.map(each => `${whose(each)} is not measured: ${each.why}.`),
    ...[...new Set(all)].map(why => `${times(all.filter(each => each === why).length, 'run')} ${why}`),
  ]
}
