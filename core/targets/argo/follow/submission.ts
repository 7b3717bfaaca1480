import { existsSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../../errors.ts'
import { streamOf } from '../../../graph/chains.ts'
import type { StepShape } from '../../../graph/node.ts'
import { readSealed, sealedLine } from '../../../store/sealed.ts'
import type { Store } from '../../../store/store.ts'
import { ensureFolderOnDisk, writeWhole } from '../../../store/whole-file.ts'
import type { Compiled } from '../compile/compiled.ts'
import type { ArgoEnvironment } from '../settings.ts'

/** A pod's task as the client must know it to find its way back from pods to steps. */
export interface SubmittedTask {
  readonly workflow: number
  readonly name: string
  readonly entries: readonly SubmittedEntry[]
  /** It is in the body of an `each`: its keys are parameters of its node. */
  readonly each?: true
}
export interface SubmittedEntry {
  readonly place: number
  readonly key: string
  readonly parameter: string
  readonly chain: number
  readonly kept: boolean
}
/** The output that a step of a pod wrote into a pipe: one does whose chain goes on after it. */
export function pipedOutput({ place, chain, kept }: SubmittedEntry, entries: readonly SubmittedEntry[], step: StepShape) {
  const goesOn = entries.some(other => other.chain === chain && other.place === place + 1)
  return goesOn ? { port: streamOf(step), tee: kept } : undefined
}
/**
 * `runs/RUN/argo.json`: what was sent to a cluster; `argo-2.json` and so on, what was sent of the rest. With it a client that comes later goes
 * on where another one stopped, or beside one that goes on.
 */
export interface Submission {
  readonly format: 1
  readonly environment: string
  readonly context: string
  readonly namespace: string
  /** `ENDPOINT/NAME/PREFIX`. */
  readonly bucket: string
  /** The run that has sent it: this one only follows it, in this round. */
  readonly joined?: string
  /** Working folder and words of the command, from which the plan is made again. */
  readonly folder: string
  readonly workflows: readonly string[]
  /** Of each workflow, the file beside this one that holds it. */
  readonly files: readonly string[]
  readonly tasks: readonly SubmittedTask[]
}
const submissionFile = (store: Store, run: string, round: number) =>
  path.join(store.runFolder(run), round === 1 ? 'argo.json' : `argo-${round}.json`)

export function submissionOf(
  { workflows, tasks }: Compiled,
  { run, environment }: { readonly run: string; readonly environment: ArgoEnvironment },
): Submission {
  return {
    format: 1,
    ...placeSent(environment),
    folder: process.cwd(),
    files: workflows.map((_, n) => `workflow.${run}.${n + 1}.${process.pid}.json`),
    workflows: workflows.map(({ metadata }, n) => nameFor(metadata.generateName, run, workflows.length > 1 ? n + 1 : undefined)),
    tasks: tasks.map(({ workflow, name, entries, each }) => ({
      workflow,
      name,
      entries: entries.map(({ place, key, parameter, chain, kept }) => ({ place, key, parameter, chain, kept })),
      ...(each && { each: true as const }),
    })),
  }
}
/** Where a run's Workflows and its entries lie. */
export function placeSent({ name, context, namespace, bucket }: ArgoEnvironment) {
  return { environment: name, context, namespace, bucket: `${bucket.endpoint}/${bucket.name}/${bucket.prefix}` }
}
/** A name of our own, not one that the server makes: so a request whose answer was lost can be made again. At most 63 characters, a label's. */
function nameFor(prefix: string, run: string, number: number | undefined): string {
  const end = `${run.toLowerCase().replace(/[^a-z0-9]+/g, '-')}${number === undefined ? '' : `-${number}`}`
  return `${prefix.replace(/-+$/, '').slice(0, 62 - end.length)}-${end}`.replace(/^-+/, '')
}
/**
 * Written before anything is sent: a client killed at any moment leaves nothing on the cluster that nobody knows of.
 * @returns what is to be followed: of two clients that send the rest at the same time, what the first has written
 */
export function keepSubmission(
  store: Store,
  run: string,
  round: number,
  submission: Submission,
  { workflows }: Pick<Compiled, 'workflows'>,
): Submission {
  const file = submissionFile(store, run, round)
  const folder = path.dirname(file)
  ensureFolderOnDisk(folder)
  for (const [n, workflow] of workflows.entries()) writeWhole(path.join(folder, submission.files[n]!), sealedLine(workflow))
  const text = sealedLine(submission)
  if (round === 1) writeWhole(file, text)
  else
    try {
      writeWhole(file, text, { first: true })
    } catch (cause) {
      if (!existsSync(file)) throw cause
    }
  return notedIn(store, run, round) ?? submission
}
export function workflowIn(store: Store, run: string, file: string): Compiled['workflows'][number] {
  return sealedNote(path.join(store.runFolder(run), file)) as Compiled['workflows'][number] // sealed by `keepSubmission`
}
/** What was sent in a round, by whatever client. */
export function notedIn(store: Store, run: string, round: number): Submission | undefined {
  const file = submissionFile(store, run, round)
  return existsSync(file) ? (sealedNote(file) as Submission) : undefined // sealed by `keepSubmission`
}
function sealedNote(file: string): object {
  const sealed = readSealed(file)
  if (sealed) return sealed.value
  throw new TriremeError(
    'STORE',
    `${file} is damaged, or of another version: what the run sent to a cluster is not known. Give the command of that run again: what is finished is found there.`,
  )
}
/** @throws TriremeError `USAGE` where the run sent nothing to a cluster */
export function submissionIn(store: Store, run: string): Submission {
  const first = notedIn(store, run, 1)
  if (first) return first
  throw new TriremeError(
    'USAGE',
    `The run ${run} sent nothing to a cluster. "trireme runs" lists runs; give the command of that run again.`,
  )
}
/** Everything that was sent for the run so far. */
export function submissionsIn(store: Store, run: string): readonly Submission[] {
  const all = [submissionIn(store, run)]
  for (let next = notedIn(store, run, 2); next; next = notedIn(store, run, all.length + 1)) all.push(next)
  return all
}
