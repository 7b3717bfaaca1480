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
