import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { comparison } from 'trireme-bio/benchmarks'
import { checkStore, fresh, trireme } from './arms/of-many-steps.ts'

const [small, large] = [1000, 10_000]
const store = (shared: string, count: number) => path.join(shared, `store-${count}`)
const cached = (count: number) => ({
  command: ({ shared }: { readonly shared: string }) => trireme(count, store(shared, count)),
  check: ({ shared }: { readonly shared: string }) => checkStore(store(shared, count), count),
})
const most = 200 * 2 ** 20

export const tenThousand = comparison({
  name: 'ten-thousand',
  about: '10,000 steps: memory of the runner, and all cached beside 1,000',
  arms: { '1,000 cached': cached(small), '10,000 cached': cached(large), '10,000 new': fresh(() => large) },
  settings: { '10,000 new': { once: true } },
  setup: ({ shared }) => {
    for (const count of [small, large]) {
      const [program = '', ...words] = trireme(count, store(shared, count)).argv
      execFileSync(program, words)
    }
  },
  runs: { least: 15 },
  claims: [
    { ratio: ['10,000 cached', '1,000 cached'], of: 'wall', most: 11 },
    { of: 'memory', arm: '10,000 new', most },
    { of: 'memory', arm: '10,000 cached', most },
  ],
})
