import type { Event } from '../../core/events.ts'
import { bytesText, secondsText } from '../../core/vocabulary/quantity.ts'
import type { Paint } from './colour.ts'
import type { Display } from './display.ts'

/** Milliseconds between two lines of progress of one step: enough to see that it goes on, without flooding a log. */
const progressInterval = 10_000
/** One line for each event, for logs and pipes. Cached steps are reported as one number, progress now and then. */
export function plainDisplay(write: (line: string) => void, paint: Paint = (_, text) => text): Display {
  let cached = 0
  let unneeded = 0
  let steps = 0
  const spoke = new Map<string, number>()
  const flush = (at: string) => {
    if (cached > 0) write(`${clock(at)}  ${cached} of ${steps} steps cached${unneeded > 0 ? `, ${unneeded} not needed` : ''}`)
    cached = 0
    unneeded = 0
  }
  return {
    on: event => {
      if (event.event === 'planned') steps++
      if (event.event === 'cached') cached++
      else if (event.event === 'skipped' && event.reason.startsWith('not needed')) unneeded++
      else if (event.event !== 'planned') flush(event.at)
      if (event.event === 'progress') {
        const at = Date.parse(event.at)
        if (at - (spoke.get(event.step) ?? -progressInterval) < progressInterval) return
        spoke.set(event.step, at)
      }
      const text = lineOf(event)
      if (text !== undefined)
        write(`${clock(event.at)}  ${event.event === 'failed' ? paint(event.cancelled ? 'yellow' : 'red', text) : text}`)
    },
    close: () => {},
  }
}
function lineOf(event: Event): string | undefined {
  if (event.event === 'run-started')
    return `run ${event.run} of ${event.plan}: ${event.steps} steps${event.lists ? ', more for each file of a list' : ''}${event.cpu > 0 ? `, ${event.cpu} core${event.cpu === 1 ? '' : 's'}` : ''}${event.memory > 0 ? `, ${bytesText(event.memory)}` : ''}`
  if (event.event === 'started') return `started  ${event.step}${event.attempt > 1 ? ` (attempt ${event.attempt})` : ''}`
  if (event.event === 'succeeded')
    return `done     ${event.step}  ${secondsText(event.seconds)}${event.usage ? `, ${bytesText(event.usage.peakMemory)}` : ''}`
  if (event.event === 'progress')
    return `         ${event.step}  ${event.share === undefined ? '' : `${Math.round(event.share * 100)} %, `}${event.text}`
  if (event.event === 'retried') return `retried  ${event.step}: ${event.reason}`
  if (event.event === 'damaged') return `damaged  ${event.step}: ${event.reason}; it is made again`
  if (event.event === 'failed' && event.cancelled) return `stopped  ${event.step}`
  if (event.event === 'failed') return `FAILED   ${event.step}: ${event.message.split('\n')[0]}`
  if (event.event === 'skipped' && !event.reason.startsWith('not needed')) return `skipped  ${event.step}: ${event.reason}`
  return undefined
}
/** Time of day, in the reader's own zone. */
const clock = (at: string) => new Date(at).toTimeString().slice(0, 8)
