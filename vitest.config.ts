import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['trireme-source'] },
  ssr: { resolve: { conditions: ['trireme-source'], externalConditions: ['trireme-source'] } },
  test: {
    globalSetup: ['test/scratch.ts'],
    include: ['{core,steps,pipelines,containers,datasets,benchmarks,cli,test}/**/*.test.ts'],
    maxWorkers: Math.max(2, availableParallelism() - 1), // on two cores vitest would take one, and most tests wait for other programs
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
