import { projectWith } from './project.ts'

/** A project with a comparison of two ways to count lines, by a pipeline of its own and a shell: posix tools are all it takes. */
export const countingProject = (more: Readonly<Record<string, string>> = {}) =>
  projectWith({
    'benchmarks/counting.ts': `import { existsSync } from 'node:fs'
import { comparison } from 'trireme-bio/benchmarks'
import { counting } from '../pipelines/counting.ts'
export const ways = comparison({
  name: 'counting', about: 'Two ways to count', pipeline: counting,
  arms: {
    once: { text: 'data/text.txt', times: 1 },
    twice: { text: 'data/text.txt', times: 2 },
    shell: { command: () => ({ argv: ['sh', '-c', 'echo 1 >made'] }), check: ({ folder }) => { if (!existsSync(folder + '/made')) throw new Error('nothing was made') } },
  },
  measures: { counting: ['own-count'] },
})`,
    'pipelines/counting.ts': `import { pipeline } from 'trireme-bio'
import { text } from 'trireme-bio/kinds'
import { z } from 'zod'
import { count } from '../steps/own/count.ts'
export const counting = pipeline({ name: 'counting', inputs: { text }, params: { times: z.int().default(1) }, steps: [count], build: ({ text, times }) => ({ counted: count({ text, times }).counted }) })`,
    'steps/own/count.ts': `import { asset, mib, run, step } from 'trireme-bio'
import { text } from 'trireme-bio/kinds'
import { z } from 'zod'
export const count = step({
  name: 'own-count', tools: [], image: 'reads', inputs: { text }, params: { times: z.int() }, outputs: { counted: text }, needs: { cpu: 1, memory: mib(64) },
  assets: { script: asset(import.meta.url, './count.sh') },
  command: ({ script, text, times, counted }) => run('sh', script, text, times).into(counted),
})`,
    'steps/own/count.sh': 'for n in $(seq "$2"); do wc -l <"$1"; done',
    'steps/own/other.ts': 'export const other = 1',
    'data/text.txt': 'one\n',
    'data/more.txt': 'two\n',
    ...more,
  })
