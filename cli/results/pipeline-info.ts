import { stringify } from 'yaml'
import type { Event, Usage } from '../../core/events.ts'
import type { Plan } from '../../core/graph/plan.ts'
import { redacted } from '../../core/secrets.ts'
import type { Entry } from '../../core/store/record.ts'
import type { RunRecord } from '../history/record.ts'
import { version } from '../project/package.ts'
import { type EndedRun, provenance, type Surroundings } from './provenance.ts'
import { infoFolder } from './published.ts'

const infoNames = ['software_versions.yml', 'params.yml', 'trace.tsv', 'provenance.json', 'run.json'] as const
/** Where they will lie. */
export const infoPaths = infoNames.map(name => `${infoFolder}/${name}`)
/** Files of `pipeline_info/` by name: versions, parameters, trace and more of a run. */
export const infoFiles = (run: EndedRun, at: Surroundings): Readonly<Record<(typeof infoNames)[number], string>> =>
  redacted({
    'software_versions.yml': softwareVersions(run.record, run.plan, run.versions, run.pipelineVersion),
    'params.yml': yaml(run.record.arguments),
    'trace.tsv': trace(run.entries, run.events),
    'provenance.json': `${JSON.stringify(provenance(run, at), null, 1)}\n`,
    // Last: it lists the files that are there.
    'run.json': `${JSON.stringify({ ...traceSummary(run.record), steps: counts(run.events), files: run.published.files }, null, 1)}\n`,
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
