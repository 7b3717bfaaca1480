import { whose } from '../derive/cells.ts'
import type { Record2, Run } from '../record.ts'

const name = (run: Run) => `round ${run.round} of ${whose(run)}`
/** Seconds by which two readings of one clock may disagree. */
const slack = 1
const span = ({ began, ended }: Record2['sessions'][number]) => (Date.parse(ended) - Date.parse(began)) / 1000

/**
 * Whether the runs fit into the time in which they are said to have been made: one after the other, within a session. A clock that was set meanwhile
 * shows as a calendar that differs from the monotonic clock; the record then has a warning, and nothing here can be told.
 */
export function impossibleTimes({ runs, sessions }: Record2): readonly string[] {
  const set =
    sessions.some(each => Math.abs(span(each) - each.usage.wall) > slack) || runs.some(run => Math.abs(run.calendar - run.wall) > slack)
  if (set) return []
  return runs.flatMap((run, n) => {
    const [began, next] = [Date.parse(run.began) / 1000, runs[n + 1]]
    const within = sessions.some(
      each => began >= Date.parse(each.began) / 1000 - slack && began + run.wall <= Date.parse(each.ended) / 1000 + slack,
    )
    return [
      ...(within ? [] : [`${name(run)} lies in no session of the record`]),
      ...(next && began + run.wall > Date.parse(next.began) / 1000 + slack
        ? [`${name(next)} began ${(began + run.wall - Date.parse(next.began) / 1000).toFixed(1)} s before ${name(run)} had ended`]
        : []),
    ]
  })
}
