import { secondsText } from '../../core/vocabulary/quantity.ts'
import type { Paint } from './colour.ts'
import type { Display, Expected } from './display.ts'
import { RunProgress } from './progress.ts'
import { Screen } from './screen.ts'

/** Redraws a few lines in place: one for every running step, and the totals. What fails stays above them. */
export function live(stream: NodeJS.WriteStream, expected: Expected): Display {
  const progress = new RunProgress()
  const screen: Screen = new Screen(stream, () => frame(progress, Date.now(), expected, screen.size, screen.paint))
  const { paint } = screen
  return {
    on: event => {
      progress.on(event)
      if (event.event === 'failed' && event.cancelled) screen.above(paint('yellow', `■ ${event.step}: stopped`))
      else if (event.event === 'failed') screen.above(paint('red', `✗ ${event.message.split('\n')[0]}`))
      if (event.event === 'damaged') screen.above(paint('yellow', `↻ ${event.step}: ${event.reason}; it is made again`))
      if (event.event === 'retried') screen.above(paint('yellow', `↻ ${event.step}: ${event.reason}`))
    },
    close: () => screen.close(),
  }
}
/** The lines shown at a moment. */
export function frame(
  progress: RunProgress,
  now: number,
  expected: Expected,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  paint: Paint = (_, text) => text,
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
  const told = `${progress.plan}: ${totals.join(', ')}`
  const bar = barOf(progress, Math.min(24, Math.floor((columns - told.length - 1) / 8) * 8), paint)
  return [...lines, bar + cut(told, columns)].join('\n')
}
/** The share of the steps that are over, failed ones in red; nothing before any step is known, and where there is no room. */
function barOf({ over, failed, skipped, total }: RunProgress, width: number, paint: Paint): string {
  if (total === 0 || width < 8) return ''
  const cells = (steps: number) => Math.floor((width * steps) / total)
  const [good, all] = [cells(over - failed - skipped), cells(over)]
  return `${paint('green', '━'.repeat(good))}${paint('red', '━'.repeat(all - good))}${paint('dim', '─'.repeat(width - all))} `
}
const cut = (line: string, columns: number) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line)
