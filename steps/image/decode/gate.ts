/** Runs work as soon as there is room for what it takes; what is larger than all room runs alone. */
export type Gate = <T>(takes: number, work: () => Promise<T>) => Promise<T>

export function gateOf(room: number): Gate {
  let taken = 0
  const waiting: { readonly takes: number; readonly go: () => void }[] = []
  const admit = () => {
    for (let [first] = waiting; first !== undefined && (taken === 0 || taken + first.takes <= room); [first] = waiting) {
      waiting.shift()
      taken += first.takes
      first.go()
    }
  }
  return async (takes, work) => {
    await new Promise<void>(go => {
      waiting.push({ takes, go })
      admit()
    })
    try {
      return await work()
    } finally {
      taken -= takes
      admit()
    }
  }
}
