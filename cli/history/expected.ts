import type { Store } from '../../core/store/store.ts'
import type { Expected } from '../display/display.ts'
import { eventsOf, runsOf } from './record.ts'

/** How long steps took, by name, over the latest runs of the store: enough to know, few enough to read at once. */
export async function expected(store: Store, runs = 10): Promise<Expected> {
  const sums = new Map<string, { sum: number; count: number }>()
  for (const { id } of (await runsOf(store)).slice(0, runs)) {
    const names = new Map<string, string>()
    for (const event of await eventsOf(store, id)) {
      if (event.event === 'planned') names.set(event.step, event.name)
      if (event.event !== 'succeeded') continue
      const name = names.get(event.step) ?? event.step
      const { sum, count } = sums.get(name) ?? { sum: 0, count: 0 }
      sums.set(name, { sum: sum + event.seconds, count: count + 1 })
    }
  }
  return new Map([...sums].map(([name, { sum, count }]) => [name, sum / count]))
}
