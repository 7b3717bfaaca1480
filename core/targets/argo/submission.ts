import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../errors.ts'
import type { Store } from '../../store/store.ts'
import type { Compiled } from './compiled.ts'

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
/** `runs/RUN/argo.json`: what was sent to a cluster. With it a client that comes later goes on where another one stopped. */
export interface Submission {
  readonly format: 1
  readonly environment: string
  readonly context: string
  readonly namespace: string
  /** Working folder and words of the command, from which the plan is made again. */
  readonly folder: string
  readonly workflows: readonly string[]
  readonly tasks: readonly SubmittedTask[]
}
const placeOf = (store: Store, run: string) => path.join(store.runFolder(run), 'argo.json')

export function submissionOf(
  { workflows, tasks }: Compiled,
  at: { readonly run: string; readonly environment: string; readonly context: string; readonly namespace: string },
): Submission {
  const { run, ...where } = at
  return {
    format: 1,
    ...where,
    folder: process.cwd(),
    workflows: workflows.map(({ metadata }, n) => nameFor(metadata.generateName, run, workflows.length > 1 ? n + 1 : undefined)),
    tasks: tasks.map(({ workflow, name, entries, each }) => ({
      workflow,
      name,
      entries: entries.map(({ place, key, parameter, chain, kept }) => ({ place, key, parameter, chain, kept })),
      ...(each && { each: true as const }),
    })),
  }
}
/** A name of our own, not one that the server makes: so a request whose answer was lost can be made again. At most 63 characters, a label's. */
function nameFor(prefix: string, run: string, number: number | undefined): string {
  const end = `${run.toLowerCase().replace(/[^a-z0-9]+/g, '-')}${number === undefined ? '' : `-${number}`}`
  return `${prefix.replace(/-+$/, '').slice(0, 62 - end.length)}-${end}`.replace(/^-+/, '')
}
/** Written before anything is sent: a client killed at any moment leaves nothing on the cluster that nobody knows of. */
export function note(store: Store, run: string, submission: Submission, { workflows }: Compiled): void {
  const file = placeOf(store, run)
  mkdirSync(path.dirname(file), { recursive: true })
  for (const [n, workflow] of workflows.entries()) writeFileSync(workflowFile(store, run, n), JSON.stringify(workflow))
  writeFileSync(`${file}.new`, `${JSON.stringify(submission)}\n`, { flush: true })
  renameSync(`${file}.new`, file)
}
const workflowFile = (store: Store, run: string, n: number) => path.join(store.runFolder(run), `workflow.${n + 1}.json`)
export function workflowIn(store: Store, run: string, n: number): Compiled['workflows'][number] {
  return JSON.parse(readFileSync(workflowFile(store, run, n), 'utf8')) // written by `note`
}
/** @throws TriremeError `USAGE` where the run sent nothing to a cluster */
export function submissionIn(store: Store, run: string): Submission {
  const file = placeOf(store, run)
  if (!existsSync(file))
    throw new TriremeError(
      'USAGE',
      `The run ${run} sent nothing to a cluster. "trireme runs" lists runs; give the command of that run again.`,
    )
  return JSON.parse(readFileSync(file, 'utf8')) // written by `note`
}
