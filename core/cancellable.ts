import { setMaxListeners } from 'node:events'

/** A signal to which all that is at work listens: of more than ten listeners Node tells users that they may be a leak. */
export function heardByMany(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal)
  return signal
}
/** The same promise, given up once the signal says so: what it waits for may never come. @throws the signal's reason */
export function cancellable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((done, fail) => {
    const stop = () => fail(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
    promise.then(done, fail).finally(() => signal.removeEventListener('abort', stop))
  })
}
