import { stringify } from 'yaml'
import type { Event, Usage } from '../../core/events.ts'
import type { Plan } from '../../core/graph/plan.ts'
import type { Entry } from '../../core/store/record.ts'
import type { RunRecord } from '../history/record.ts'
import { version } from '../project/package.ts'
import type { Published } from './publish.ts'

/** A run that ended, and what it was made of. */
export interface EndedRun {
  readonly record: RunRecord
  readonly entries: ReadonlyMap<string, Entry>
  readonly events: readonly Event[]
  readonly plan: Plan
  readonly versions: ReadonlyMap<string, string>
  readonly published: Published
  /** Of the pipeline itself: Trireme's only where it comes with Trireme. */
  readonly pipelineVersion: string | undefined
}
/** Files of `pipeline_info/` by name: versions, parameters, trace and more of a run. */
export const infoFiles = ({
  record,
  entries,
  events,
  plan,
  versions,
  published,
  pipelineVersion,
}: EndedRun): Readonly<Record<string, string>> => ({
  'software_versions.yml': softwareVersions(record, plan, versions, pipelineVersion),
  'params.yml': yaml(record.arguments),
  'trace.tsv': trace(entries, events),
  // Last: it lists the files that are there.
  'run.json': `${JSON.stringify({ ...traceSummary(record), steps: counts(events), files: published.files }, null, 1)}\n`,
})
const yaml = (value: unknown) => stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 })

/** As nf-core writes it: versions by step, and the workflow's own, where it has one. */
function softwareVersions(record: RunRecord, plan: Plan, versions: ReadonlyMap<string, string>, own: string | undefined): string {
  const steps = new Map(
    plan.nodes.flatMap(node => (node.kind === 'step' && node.step.tools.length > 0 ? [[node.step.name, node.step.tools] as const] : [])),
  )
  const byStep = [...steps]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, tools]) => [name, Object.fromEntries(tools.map(tool => [tool.name, versions.get(tool.name)]))])
  return yaml({
    ...Object.fromEntries(byStep),
    Workflow: { ...(own !== undefined && { [record.pipeline]: own }), trireme: version(), node: process.versions.node },
  })
}
const traceColumns = [
  'step',
  'state',
  'key',
  'seconds',
  'cpu_seconds',
  'peak_memory_bytes',
  'cpu',
  'memory_bytes',
  'attempt',
  'started',
  'run',
] as const
/** A line a step. Times of a cached step are those of the run that made it; a step that wrote into a pipe left no record but its events. */
function trace(entries: ReadonlyMap<string, Entry>, events: readonly Event[]): string {
  const started = new Map(events.flatMap(event => (event.event === 'started' ? [[event.step, event] as const] : [])))
  const cpu = (usage: Usage | undefined) => (usage ? (usage.user + usage.system).toFixed(2) : '')
  const lines = events.flatMap((event): readonly (readonly unknown[])[] => {
    if (event.event !== 'cached' && event.event !== 'succeeded' && event.event !== 'failed' && event.event !== 'skipped') return []
    const head = [event.step, stateOf(event), event.key]
    const { record } = entries.get(event.step) ?? {}
    if (record)
      return [
        [
          ...head,
          record.seconds,
          cpu(record.usage),
          record.usage?.peakMemory ?? '',
          record.cpu,
          record.memory,
          record.attempt,
          record.started,
          record.run,
        ],
      ]
    const start = started.get(event.step)
    const own = event.event === 'succeeded' ? [event.seconds.toFixed(3), cpu(event.usage), event.usage?.peakMemory ?? ''] : ['', '', '']
    return [[...head, ...own, ...(start ? [start.cpu, start.memory, start.attempt, start.at, ''] : ['', '', '', '', ''])]]
  })
  return `${[traceColumns, ...lines].map(line => line.map(cell => String(cell).replace(/[\t\r\n]/g, ' ')).join('\t')).join('\n')}\n`
}
/** How the trace names the outcome of a step. */
const stateOf = (event: Event) =>
  event.event === 'succeeded' ? 'ran' : event.event === 'failed' && event.cancelled ? 'stopped' : event.event
const counts = (events: readonly Event[]) => {
  const count = (what: Event['event']) => events.filter(({ event }) => event === what).length
  return { ran: count('succeeded'), cached: count('cached'), failed: count('failed') }
}
const traceSummary = ({ id, pipeline, command, started, ended, seconds, state }: RunRecord) => ({
  ...{ id, pipeline, state, started, ended, seconds },
  ...{ command: ['trireme', ...command], trireme: version() },
})
