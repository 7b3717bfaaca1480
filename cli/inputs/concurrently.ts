/** Calls for every item, so many at a time; the answers in the items' order. The first error ends it. */
export async function concurrently<T, R>(
  items: readonly T[],
  width: number,
  call: (item: T, n: number) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = new Array(items.length)
  let next = 0
  const worker = async () => {
    for (let n = next++; n < items.length; n = next++) answers[n] = await call(items[n]!, n)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  return answers
}
