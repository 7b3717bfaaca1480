import { createLogUpdate } from 'log-update'
import { secondsText } from '../../core/vocabulary/quantity.ts'
import type { Display, Expected } from './display.ts'
import { RunProgress } from './progress.ts'

/** Redraws a few lines in place: one for every running step, and the totals. What fails stays above them. */
export function live(stream: NodeJS.WriteStream, expected: Expected): Display {
  const progress = new RunProgress()
  const update = createLogUpdate(stream, { showCursor: false })
  const draw = () => update(frame(progress, Date.now(), expected, { rows: stream.rows ?? 24, columns: stream.columns ?? 80 }))
  // Five times a second looks smooth, and a step of one second is still seen.
  const timer = setInterval(draw, 200)
  timer.unref()
  return {
    on: event => {
      progress.on(event)
      if (event.event === 'failed' && event.cancelled) update.persist(`■ ${event.step}: stopped`)
      else if (event.event === 'failed') update.persist(`✗ ${event.message.split('\n')[0]}`)
      if (event.event === 'damaged') update.persist(`↻ ${event.step}: ${event.reason}; it is made again`)
      if (event.event === 'retried') update.persist(`↻ ${event.step}: ${event.reason}`)
    },
    close: () => {
      clearInterval(timer)
      update.clear()
      update.done()
    },
  }
}
/** The lines shown at a moment. */
export function frame(
  progress: RunProgress,
  now: number,
  expected: Expected,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): string {
  const running = [...progress.running].sort(([, a], [, b]) => a.since - b.since)
  const room = Math.max(rows - 4, 1)
  const lines = running.slice(0, room).map(([step, { since, attempt, text, share }]) => {
    const note = [attempt > 1 ? `attempt ${attempt}` : '', share === undefined ? '' : `${Math.round(share * 100)} %`, text ?? ''].filter(
      each => each !== '',
    )
    return cut(`  ▸ ${step}  ${secondsText((now - since) / 1000)}${note.length > 0 ? `  ${note.join(', ')}` : ''}`, columns)
  })
  if (running.length > room) lines.push(`  … and ${running.length - room} more`)
  const left = progress.left(now, expected)
  const totals = [
    `${progress.over} of ${progress.total} steps`,
    ...(progress.cached > 0 ? [`${progress.cached} cached`] : []),
    ...(progress.failed > 0 ? [`${progress.failed} failed`] : []),
    ...(progress.started > 0 ? [secondsText((now - progress.started) / 1000)] : []),
    ...(left !== undefined && progress.over < progress.total ? [`about ${secondsText(Math.max(left, 1))} left`] : []),
  ]
  return [...lines, cut(`${progress.plan}: ${totals.join(', ')}`, columns)].join('\n')
}
const cut = (line: string, columns: number) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line)
