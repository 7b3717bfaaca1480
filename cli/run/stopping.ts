import { Cancelled } from './execute.ts'

/**
 * Calls `act` with a signal that Ctrl-C and SIGTERM set off.
 * @param told what is said when it was stopped
 * @throws Cancelled
 */
export async function stoppable<T>(act: (signal: AbortSignal) => Promise<T>, told: string): Promise<T> {
  const stop = new AbortController()
  const by = (signal: NodeJS.Signals) => stop.abort(new Cancelled(told, signal === 'SIGTERM' ? 143 : 130))
  process.on('SIGINT', by).on('SIGTERM', by)
  try {
    return await act(stop.signal)
  } finally {
    process.off('SIGINT', by).off('SIGTERM', by)
  }
}
