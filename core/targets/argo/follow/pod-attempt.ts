import type { Joined } from '../../../bucket/store-record.ts'
import { maySkip } from '../../../graph/left-out.ts'
import type { RunState } from '../../../run/state.ts'
import { pipedOutput, type SubmittedEntry, type SubmittedTask } from './submission.ts'
import type { AttemptState, TaskState } from './task-states.ts'

/** A task of a Workflow: the steps that were sent in it, each with the key that it has in this run. */
export class PodTask {
  /** Number of its workflow. */
  readonly workflow: number
  readonly entries: readonly SubmittedEntry[]
  /** By place. */
  readonly keys: ReadonlyMap<number, string>
  readonly #state: RunState
  constructor({ workflow, entries }: SubmittedTask, keys: ReadonlyMap<number, string>, state: RunState) {
    this.workflow = workflow
    this.entries = entries
    this.keys = keys
    this.#state = state
  }
  keyOf({ place }: SubmittedEntry): string {
    return this.keys.get(place)!
  }
  /** Steps that are joined to one another by pipes. */
  chainOf({ chain }: SubmittedEntry): readonly SubmittedEntry[] {
    return this.entries.filter(each => each.chain === chain)
  }
  /** Label of the last step of the chain; none where the step runs alone. */
  groupOf(entry: SubmittedEntry): string | undefined {
    const chain = this.chainOf(entry)
    return chain.length > 1 ? this.#state.label(this.keyOf(chain.at(-1)!)) : undefined
  }
  /** How a step was joined to others of its pod. */
  joined(entry: SubmittedEntry): Joined {
    const chain = this.chainOf(entry)
    const pipe = pipedOutput(entry, this.entries, this.#state.steps.get(this.keyOf(entry))!.step)
    return { ...(chain.length > 1 && { group: chain.map(each => this.#state.label(this.keyOf(each))) }), ...(pipe && { pipe }) }
  }
  /** The first step that is not done, if all of its chain is certain to run. */
  next(): SubmittedEntry | undefined {
    const first = this.entries.find(entry => this.#state.isOpen(this.keyOf(entry)))
    if (!first) return undefined
    return this.chainOf(first).every(entry => !maySkip(this.#state.steps.get(this.keyOf(entry))!)) ? first : undefined
  }
}
/** One attempt at a task: the pod, what was seen of it, and where its report and logs are. */
export class PodAttempt {
  readonly task: PodTask
  /** From 1. */
  readonly number: number
  readonly #seen: TaskState
  constructor(task: PodTask, seen: TaskState, number: number) {
    this.task = task
    this.number = number
    this.#seen = seen
  }
  /** What tells it from all other attempts of the run. */
  get id(): string {
    return `${this.#seen.name} ${this.number}`
  }
  get seen(): AttemptState | undefined {
    return this.#seen.attempts.get(this.number)
  }
  /** Name of its pod, while that is known. */
  get pod(): string | undefined {
    return this.seen?.pod
  }
  /** Key in the bucket of what the pod tells: it lies below the key of the first of its steps that leaves files. */
  object(workflow: string, file: string): string {
    const { task } = this
    const first = task.entries.find(({ kept }) => kept) ?? task.entries[0]!
    return `runs/${workflow}/${task.keyOf(first)}/${this.number - 1}/${file}`
  }
}
