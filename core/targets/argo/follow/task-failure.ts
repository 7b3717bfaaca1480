import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { argvOf } from '../../../bucket/store-record.ts'
import { folderName } from '../../../graph/labels.ts'
import { isRef } from '../../../graph/node.ts'
import { grantOf } from '../../../graph/step-words.ts'
import { failedStage as stageOf } from '../../../host/pipe-script.ts'
import type { MemberReport, Report } from '../../../inside/report.ts'
import { type Cause, failureText, linesText } from '../../../run/failure.ts'
import { logName } from '../../../run/output-folders.ts'
import type { RunState } from '../../../run/state.ts'
import type { Climbed } from '../../../vocabulary/quantity.ts'
import { taken } from '../compile/lost-pods.ts'
import { artifactIn } from './damage.ts'
import type { PodAttempt } from './pod-attempt.ts'
import { saysFull } from './storing.ts'
import type { SubmittedEntry } from './submission.ts'

/** An attempt that failed, as far as it is known. */
export interface FailedAttempt {
  readonly attempt: PodAttempt
  readonly report: Report | undefined
  /** What Argo says of it, without the pod's own last words: `main: OOMKilled (exit code 137)`. */
  readonly message: string
  /** Rungs that its pod was given. */
  readonly climbed: Climbed
  /** Another attempt follows. */
  readonly again?: true
  /** What became of objects that it found damaged. */
  readonly damage?: string
  /** Most cores that a step is granted. */
  readonly cpu: number | undefined
}
/** Why it failed, as far as it decides whether trying again may help. */
export function failureCause({ report, message, attempt }: FailedAttempt): Cause | 'lost' {
  if (attempt.seen?.lost) return 'lost'
  const killed = /OOMKilled/.test(message) ? 'memory' : 'other'
  for (const [place, step] of report?.steps ?? [])
    if (step.state === 'failed' && step.cause !== 'killed') return step.cause
    else if (step.state === 'failed') return report?.members.get(place)?.oom ? 'memory' : killed
  return killed
}
/** The step of a pod that is the cause, and what to say of it. @param log what the step at a place wrote */
export function failedStep(
  failed: FailedAttempt,
  state: RunState,
  log: (place: number) => string,
): { readonly entry: SubmittedEntry; readonly key: string; readonly message: string } {
  const { report, attempt } = failed
  const { task } = attempt
  const entry =
    task.entries.find(({ place }) => report?.steps.get(place)?.state === 'failed') ??
    task.entries.find(({ place }) => report?.faults.some(fault => fault.place === place)) ??
    task.entries.find(({ place }) => !isMade(report, place)) ??
    task.entries[0]!
  const key = task.keyOf(entry)
  const message = messageFor(entry, failed, state, log(entry.place))
  const reader = task.chainOf(entry).find(({ place }) => place === entry.place + 1)
  return { entry, key, message: reader ? unread(message, key, task.keyOf(reader), report?.members.get(entry.place), state) : message }
}
/** A writer whose reader was gone: the reader is the one to look at. The words are those of core/run/attempt.ts. */
function unread(message: string, writer: string, reader: string, member: MemberReport | undefined, state: RunState): string {
  if (member?.signal !== 13 && member?.status !== 141 && !/broken pipe/i.test(message)) return message
  const inputs = Object.entries(state.steps.get(reader)!.inputs)
  const slot = inputs.find(([, given]) => isRef(given) && state.keys.of(given.node) === writer)?.[0] ?? ''
  return `${state.label(reader)} stopped reading before the end of its input "${slot}". If it may, say stopsEarly in its step.\n${message}`
}
export const isMade = (report: Report | undefined, place: number): boolean => /^(made|there)$/.test(report?.steps.get(place)?.state ?? '')

function messageFor(entry: SubmittedEntry, failed: FailedAttempt, state: RunState, log: string): string {
  const { attempt, report, message, climbed, again = false, damage = '', cpu } = failed
  const { place } = entry
  const { task, pod } = attempt
  const node = state.steps.get(task.keyOf(entry))!
  const label = state.label(task.keyOf(entry))
  const where = `pod:     ${pod ?? 'gone'}`
  const lines = linesText(log)
  const fault = report?.faults.find(fault => fault.place === place) ?? report?.faults[0]
  if (fault)
    return `${fault.message.replace(`Step ${node.step.name} `, `Step ${label} `)}${damage}\n  ${where}${log.trim() === '' ? '' : lines}`
  const member = report?.members.get(place)
  const ended = report?.steps.get(place)
  const granted = grantOf(node, climbed.memory, cpu)
  const { memory } = granted
  const { pipe } = task.joined(entry)
  const stage = member?.statuses === undefined ? undefined : stageOf(member.statuses)
  const argv = argvOf(node, granted, { places: state.outputs, ...(pipe && { pipe }) })
  const told = { node, label, climbed, memory, argv, culprit: stage, where, lines }
  const cause = failureCause(failed)
  if (cause !== 'lost' && member && ended?.state === 'failed')
    return failureText({ ...told, cause, status: stage?.status ?? member.status, signal: member.signal })
  if (cause === 'memory') return failureText({ ...told, cause, status: null, signal: 9 })
  if (/exit code 137/.test(message)) return failureText({ ...told, cause: 'other', status: null, signal: 9 })
  return `Step ${label} could not be run: ${infrastructure(message, again)}${damage}\n  ${where}${log.trim() === '' ? '' : lines}`
}
/** What Argo says of a pod that never came to its step: what that means, and what to do. The first that fits counts. */
const troubles: readonly (readonly [fits: (message: string) => boolean, what: string, advice: string])[] = [
  [message => artifactIn(message) !== undefined, 'an input is gone from the bucket', ''],
  [
    saysFull,
    'the bucket is full',
    'Free some of its space, or have its quota raised, and give the same command again; it goes on from where it was.',
  ],
  [has(/deadline/i), "the run's deadline has passed", 'Raise "deadline" of the environment.'],
  [
    has(/EmptyDir volume|local (ephemeral )?storage/),
    'it wrote more than its pod may',
    "Say in the step's needs.disk how much it writes, or raise disk.limit of the environment.",
  ],
  [
    has(/serviceaccounts .* not found/),
    'the account of its pod is not there',
    'Correct "serviceAccount" of the environment, or have it made: "trireme cluster-setup" prints it.',
  ],
  [has(/exceeded quota/), 'the namespace has no quota left', 'Wait until other work has ended, or ask for more.'],
  [
    has(/denied (the )?request|violates PodSecurity/),
    'a policy of the cluster refused its pod',
    'Ask who keeps the cluster, or adapt the environment.',
  ],
  [has(/Stopped with strategy|shutdown/i), 'the run was stopped', ''],
  [
    has(new RegExp(`${taken}|pod deleted|exit code 143|node.*(lost|drain)|[Ee]victed`)),
    'its pod was taken away again and again',
    'Give the same command again; it goes on from where it was.',
  ],
]
function has(words: RegExp): (message: string) => boolean {
  return message => words.test(message)
}
/** @param again another attempt follows: there is nothing to do about it */
function infrastructure(message: string, again: boolean): string {
  const words = message.trim().replace(/\.$/, '')
  const [, what, advice] = troubles.find(([fits]) => fits(message)) ?? []
  if (what === undefined) return `${words || 'the cluster gives no reason'}.${again ? '' : ' "trireme doctor" looks at the cluster.'}`
  if (again) return `${what.replace(' again and again', '')} (${words}).`
  return `${what} (${words}). ${advice}`.trimEnd()
}
/** Keeps what a failed step wrote, where "trireme logs" finds it. @returns the folder */
export function keepLog(workFolder: string, label: string, log: string): string {
  const folder = path.join(workFolder, folderName(label))
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, logName), log)
  return folder
}
