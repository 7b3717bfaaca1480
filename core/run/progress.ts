import { fstatSync } from 'node:fs'
import { readBytes } from '../left-behind.ts'

/** What a step reports of its progress while it runs. */
export interface Progress {
  readonly text: string
  /** From 0 to 1. */
  readonly share?: number
}
/**
 * A line by which a program reports its progress, on stderr or on a stdout that goes to no output:
 * `::progress {"text": "epoch 3 of 8", "share": 0.375}`. Any language can print it, and in a terminal it is still readable.
 */
export const isProgress = (line: string): boolean => line.startsWith(mark)
const mark = '::progress '
/** Milliseconds between two looks at the log: people do not notice a shorter interval. */
const interval = 500
/** Bytes read at a look; of a program that writes more in the meantime, only the end is read. */
const readAtMost = 65_536

/** Reads a log, by its descriptor, while it is being written. `stop` looks once more, so that the last line of a short step is reported too. */
export function followLog(log: number, report: (progress: Progress) => void): { stop(): void } {
  let at = 0
  let rest = ''
  const look = () => {
    const { text, end, skipped } = readFrom(log, at)
    at = end
    if (text === '') return
    const lines = `${skipped ? '' : rest}${text}`.split('\n')
    rest = (lines.pop() ?? '').slice(-readAtMost)
    for (const line of lines) {
      const progress = isProgress(line) ? progressIn(line.slice(mark.length)) : undefined
      if (progress) report(progress)
    }
  }
  const timer = setInterval(look, interval)
  timer.unref()
  let over = false
  return {
    stop: () => {
      clearInterval(timer)
      if (!over) look()
      over = true
    },
  }
}
function readFrom(log: number, at: number): { readonly text: string; readonly end: number; readonly skipped: boolean } {
  const { size } = fstatSync(log)
  const from = Math.max(at, size - readAtMost)
  if (size <= from) return { text: '', end: size, skipped: false }
  const bytes = readBytes(log, from, size - from)
  return { text: bytes.toString('utf8'), end: from + bytes.length, skipped: from > at }
}
/** The progress in a line's JSON. Its text is shown on terminals: one line, without control characters. JSON of another form is ignored. */
export function progressIn(json: string): Progress | undefined {
  try {
    const parsed: unknown = JSON.parse(json)
    if (typeof parsed !== 'object' || parsed === null || !('text' in parsed) || typeof parsed.text !== 'string') return undefined
    const text = parsed.text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 200)
    const share = 'share' in parsed && typeof parsed.share === 'number' ? Math.min(Math.max(parsed.share, 0), 1) : undefined
    return { text, ...(share !== undefined && { share }) }
  } catch {
    return undefined
  }
}
