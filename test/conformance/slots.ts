/** Lets so many act at a time; others wait for their turn. */
export function slots(width: number): <T>(act: () => Promise<T>) => Promise<T> {
  let free = width
  const waiting: (() => void)[] = []
  return async act => {
    if (free === 0) await new Promise<void>(turn => waiting.push(turn))
    else free--
    try {
      return await act()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
