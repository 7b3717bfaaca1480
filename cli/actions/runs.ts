import { existsSync } from 'node:fs'
import { Store } from '../../core/store/store.ts'
import { secondsText } from '../../core/vocabulary/quantity.ts'
import { defaultStore, wholeNumber } from '../arguments/options.ts'
import { columns, momentText, noteLine, say } from '../display/print.ts'
import { eventsOf, isActive, readRuns } from '../history/record.ts'

export interface RunsOptions {
  readonly store?: string
  readonly last: string
  readonly json?: boolean
}
export async function listRuns({ store: root = defaultStore(), last, json }: RunsOptions): Promise<void> {
  const most = wholeNumber('--last', last, 1)
  const store = existsSync(root) ? await Store.open(root) : undefined // looking makes no store
  const { runs: all, damaged } = store ? await readRuns(store) : { runs: [], damaged: [] }
  const runs = all.slice(0, most)
  if (json) return say(JSON.stringify([...runs, ...damaged.map(each => ({ ...each, state: 'damaged' }))], null, 1))
  if (!store || runs.length + damaged.length === 0) return say(`No runs in ${root}. Start one with "trireme run".`)
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
  const lost = damaged.map(({ id }) => [id, '', 'damaged'])
  say(columns([['run', 'pipeline', 'state', 'started', 'ran', 'cached', 'wall'], ...rows, ...lost]))
  if (damaged.length > 0) noteLine('Records of runs are damaged. "trireme clean" removes them, with what no other run needs:')
  for (const { file, fault } of damaged) noteLine(`  ${file}: ${fault}`)
}
