import type { Command } from 'commander'
import { defaultStore } from '../arguments/options.ts'

export function register(program: Command): void {
  program
    .command('runs')
    .description('list the runs of the store')
    .option('--store <dir>', 'the store; also TRIREME_STORE (default .trireme)')
    .option('--last <n>', 'so many of the latest', '20')
    .option('--json', 'print JSON')
    .action(listRuns)
}
async function listRuns({
  store: root = defaultStore(),
  last,
  json,
}: {
  readonly store?: string
  readonly last: string
  readonly json?: boolean
}): Promise<void> {
  const { Store } = await import('../../core/store/store.ts')
  const { eventsOf, isActive, runsOf } = await import('../history/record.ts')
  const { columns, momentText, say } = await import('../display/print.ts')
  const { secondsText } = await import('../../core/vocabulary/quantity.ts')
  const { existsSync } = await import('node:fs')
  const { wholeNumber } = await import('../arguments/options.ts')
  const most = wholeNumber('--last', last, 1)
  const store = existsSync(root) ? await Store.open(root) : undefined // looking makes no store
  const runs = store ? (await runsOf(store)).slice(0, most) : []
  if (json) return say(JSON.stringify(runs, null, 1))
  if (!store || runs.length === 0) return say(`No runs in ${root}. Start one with "trireme run".`)
  const rows = await Promise.all(
    runs.map(async run => {
      const events = await eventsOf(store, run.id)
      const count = (what: string) => String(events.filter(({ event }) => event === what).length)
      const cutOff = run.state === 'running' && !isActive(store, run)
      return [
        run.id,
        run.pipeline,
        cutOff ? 'cut off' : run.state,
        momentText(run.started),
        count('succeeded'),
        count('cached'),
        run.seconds === undefined ? '' : secondsText(run.seconds),
      ]
    }),
  )
  say(columns([['run', 'pipeline', 'state', 'started', 'ran', 'cached', 'wall'], ...rows]))
}
