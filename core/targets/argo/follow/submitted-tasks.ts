import type { Joined } from '../../../bucket/store-record.ts'
import type { FollowedSteps } from './followed-steps.ts'
import { PodTask } from './pod-attempt.ts'
import type { SubmittedTask } from './submission.ts'
import type { TaskState } from './task-states.ts'

/** Finds the way from nodes of a workflow to the steps that were sent in them, and back. */
export class SubmittedTasks {
  readonly #steps: FollowedSteps
  readonly #tasks: readonly SubmittedTask[]
  readonly #byNode: ReadonlyMap<string, SubmittedTask>
  /** Tasks outside of any `each`, by the keys of their steps. */
  #byKey: ReadonlyMap<string, SubmittedTask> | undefined
  constructor(tasks: readonly SubmittedTask[], steps: FollowedSteps) {
    this.#tasks = tasks
    this.#steps = steps
    this.#byNode = new Map(tasks.map(task => [`${task.workflow} ${task.name}`, task]))
  }
  /** The task that a node of the workflow is; undefined while a branch's own keys, or its steps, are not known. */
  of(workflow: number, seen: TaskState): PodTask | undefined {
    const task = this.#byNode.get(`${workflow} ${seen.task}`)
    if (!task) return undefined
    if (!task.each) return this.#known(task)
    // A pod is given keys only of steps that leave files: one of them tells the branch.
    const { parameter = '' } = task.entries.find(({ kept }) => kept) ?? {}
    return this.#known(task, seen.parameters?.get(parameter) ?? '')
  }
  /** How a step whose pod is not at hand was joined to others. */
  joinedTo(key: string): Joined | undefined {
    this.#byKey ??= new Map(this.#tasks.flatMap(task => (task.each ? [] : task.entries.map(entry => [entry.key, task] as const))))
    const own = this.#byKey.get(key)
    for (const submitted of own ? [own] : this.#tasks.filter(({ each }) => each)) {
      const task = this.#known(submitted, submitted.each ? key : undefined)
      const entry = task?.entries.find(entry => task.keyOf(entry) === key)
      if (task && entry) return task.joined(entry)
    }
    return undefined
  }
  /** @param branch in the body of an `each`, key of any step of the branch */
  #known(task: SubmittedTask, branch?: string): PodTask | undefined {
    const { state } = this.#steps
    const key = (general: string) => (branch === undefined ? general : (this.#steps.sibling(branch, general) ?? ''))
    const keys = new Map(task.entries.map(entry => [entry.place, key(entry.key)]))
    const known = branch === undefined || [...keys.values()].every(each => state.steps.has(each))
    return known ? new PodTask(task, keys, state) : undefined
  }
}
