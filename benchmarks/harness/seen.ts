import type { Event } from '../../core/events.ts'
import type { Run } from './record.ts'

type Seen = Run['events']
const digits = 12

/** Events of a pipeline's run as a record holds them. A step that nothing needed, since what it makes is given, was no part of the run. */
export function seen(events: readonly Event[], began: number): Seen {
  const skipped = new Set(events.flatMap(event => (event.event === 'skipped' ? [event.step] : [])))
  return events.flatMap((event): Seen => {
    if (!('step' in event) || skipped.has(event.step)) return []
    const { step } = event
    const at = Math.round(Date.parse(event.at) - began * 1000) / 1000
    switch (event.event) {
      case 'planned':
        return [{ at, event: event.event, step, name: event.name, key: event.key.slice(0, digits), ...(event.gpu && { gpu: event.gpu }) }]
      case 'succeeded': {
        const { usage, seconds, began: elsewhere } = event
        const used = usage && { cpu: usage.user + usage.system, memory: usage.peakMemory }
        const from = elsewhere === undefined ? undefined : Math.round(Date.parse(elsewhere) - began * 1000) / 1000
        return [{ at, event: event.event, step, seconds, ...(from !== undefined && Number.isFinite(from) && { from }), ...used }]
      }
      case 'started':
        return [{ at, event: event.event, step, ...(event.pool !== undefined && { pool: event.pool }) }]
      case 'cached':
      case 'damaged':
      case 'retried':
        return [{ at, event: event.event, step }]
      default:
        return []
    }
  })
}
/** What a command says of its parts, as if they had been steps, one after the other. */
export function seenParts(parts: Readonly<Record<string, { readonly wall: number; readonly cpu: number }>>): Seen {
  let at = 0
  return Object.entries(parts).flatMap(([step, { wall, cpu }]): Seen => {
    const from = at
    at += wall
    return [
      { at: from, event: 'planned', step, name: step },
      { at: from, event: 'started', step },
      { at, event: 'succeeded', step, seconds: wall, cpu },
    ]
  })
}
/**
 * Why the events of a run do not prove that the work was done then, in words; undefined where they do.
 * @param given names of steps whose results were there before
 */
export function unproved(events: Seen, given: readonly string[]): string | undefined {
  const names = new Map(events.flatMap(event => (event.event === 'planned' ? [[event.step, event.name ?? event.step] as const] : [])))
  if (names.size === 0) return 'it told no events: nothing shows that a step ran'
  for (const [step, name] of names) {
    const last = events.findLast(event => event.step === step && (event.event === 'cached' || event.event === 'succeeded'))
    if (last === undefined) return `its step ${step} did not end`
    if (last.event === 'cached' && !given.includes(name)) return `its step ${step} was served from the cache, so nothing was measured`
  }
  return undefined
}
