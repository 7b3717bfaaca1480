import os from 'node:os'
import { TriremeError } from '../../core/errors.ts'

/** Signals that stop what goes on, in order: Ctrl-C, a request, a terminal that is gone, Ctrl-\. */
const asks = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Something that was stopped, with the exit status that a shell gives the signal. */
export class Cancelled extends TriremeError {
  readonly status: number
  constructor(message: string, status: number) {
    super('CANCELLED', message)
    this.status = status
  }
}
/** Calls `stop` at the first signal that asks for it, with the exit status that is its due; others are passed over. @returns ends that */
export function onStop(stop: (signal: NodeJS.Signals, status: number) => void): () => void {
  let stopped = false
  const by = (signal: NodeJS.Signals) => {
    if (!stopped) stop(signal, 128 + os.constants.signals[signal])
    stopped = true
  }
  for (const signal of asks) process.on(signal, by)
  return () => {
    for (const signal of asks) process.off(signal, by)
  }
}
/**
 * Calls `act` with a signal that Ctrl-C and its like set off.
 * @param told what is said when it was stopped
 * @throws Cancelled
 */
export async function stoppable<T>(act: (signal: AbortSignal) => Promise<T>, told: string): Promise<T> {
  const stop = new AbortController()
  const forget = onStop((_, status) => stop.abort(new Cancelled(told, status)))
  try {
    return await act(stop.signal)
  } finally {
    forget()
  }
}
