import type { BucketRecord } from '../../../bucket/bucket-record.ts'
import type { S3Bucket } from '../../../bucket/client.ts'
import { entryOf, takeAway, tellDamage } from '../../../bucket/transfer.ts'
import { type Ref, refsIn } from '../../../graph/node.ts'
import type { Report } from '../../../inside/report.ts'
import type { RunState } from '../../../run/state.ts'
import type { Workflow } from '../compile/manifest-schema.ts'
import { work } from '../compile/templates.ts'
import type { TaskState } from './task-states.ts'

/** What Argo says where an artifact of a pod is not in the bucket. */
export const artifactIn = (message: string): string | undefined =>
  /artifact (\S+) failed to load: .*(?:does not exist|no such)/i.exec(message)?.[1]

/**
 * Objects of the bucket that a failed pod found damaged, or did not find: by its report, or where it never came to write one, by Argo's words.
 * @param prefix of the keys in the manifest
 */
export function damagedObjects(
  { spec }: Workflow,
  { task, parameters }: TaskState,
  told: { readonly report: Report | undefined; readonly message: string; readonly prefix: string },
): readonly string[] {
  const name = spec.templates.flatMap(each => ('dag' in each ? each.dag.tasks : [])).find(each => each.name === task)?.template
  const template = spec.templates.find(each => each.name === name)
  if (!template || !('container' in template)) return []
  const filled = (text: string) => text.replace(/\{\{inputs\.parameters\.([^}]+)\}\}/g, (_, name) => parameters?.get(name) ?? '')
  const artifacts = template.inputs.artifacts.map(({ name, path, s3 }) => ({ name, path: filled(path), key: filled(s3.key) }))
  const missing = artifacts.filter(({ name }) => name === artifactIn(told.message)).map(({ key }) => key)
  const damaged = (told.report?.damaged ?? []).flatMap(file => {
    const at = `${work}/${file}`
    const own = artifacts.find(({ path }) => at === path || at.startsWith(`${path}/`))
    return own ? [own.key + at.slice(own.path.length)] : []
  })
  return [...new Set([...missing, ...damaged])].map(key => key.slice(told.prefix.length))
}
/** Has what pods found damaged made or sent again by the run itself, each object once. */
export class Healing {
  readonly #bucket: S3Bucket
  readonly #state: RunState
  /** Keys of entries that this machine holds, and can send again. */
  readonly #here: ReadonlySet<string>
  readonly #found: Map<string, BucketRecord>
  /** By object: what was sent as it was found damaged. */
  readonly #since = new Map<string, object>()
  constructor(bucket: S3Bucket, state: RunState, here: ReadonlySet<string>, found: Map<string, BucketRecord>) {
    this.#bucket = bucket
    this.#state = state
    this.#here = here
    this.#found = found
  }
  /** How many objects were damaged so far. */
  get count(): number {
    return this.#since.size
  }
  /**
   * Takes objects away, so that nobody reads them again, and has the steps wait that do.
   * @param round what was sent when they were found damaged. @param reader label of the step that did
   * @param followed more was sent since, by another client of this run, which has taken them away
   * @returns false where the run cannot go on by itself: once more damaged, or a list that branches run over already
   */
  async mend(
    objects: readonly string[],
    at: { readonly round: object; readonly reader: string; readonly followed: boolean },
  ): Promise<boolean> {
    const can = objects.length > 0 && objects.every(object => (this.#since.get(object) ?? at.round) === at.round && this.#canBeMade(object))
    for (const object of objects) {
      const known = this.#since.has(object)
      this.#since.set(object, at.round)
      if (!at.followed) await takeAway(this.#bucket, object)
      if (can && !known) this.#makeAgain(object, at.reader)
    }
    return can
  }
  #canBeMade(object: string): boolean {
    const key = entryOf(object)
    if (key === undefined || this.#here.has(key)) return true
    const node = this.#state.steps.get(key)
    return node !== undefined && !Object.values(node.step.outputs).some(kind => 'many' in kind)
  }
  #makeAgain(object: string, reader: string): void {
    const state = this.#state
    const key = entryOf(object)
    if (key !== undefined) this.#found.delete(key)
    if (key === undefined || this.#here.has(key)) tellDamage(this.#bucket, object)
    if (key === undefined || this.#here.has(key) || !state.entries.delete(key)) return // else it is to be made anyway
    state.damaged(key, `${object} in the bucket was damaged or gone when ${reader} came to read it`)
    for (const open of state.open()) {
      const refs = this.#readsOf(open).filter(({ node }) => state.keys.of(node) === key)
      if (refs.length === 0) continue
      state.makeAgain(refs)
      state.waitFor(state.jobs.of(open)!, refs)
    }
  }
  #readsOf(key: string): readonly Ref[] {
    const given = Object.values(this.#state.steps.get(key)!.inputs)
    return given.flatMap(refsIn).flatMap(ref => this.#state.outputs.origins(ref))
  }
  /** What to say of objects that were taken away. */
  told(objects: readonly string[]): string {
    return objects.map(object => ` ${this.#lineOf(object)}`).join('')
  }
  #lineOf(object: string): string {
    const key = entryOf(object)
    const again = (what: string) => `and was taken away: the same command ${what} it again.`
    if (key !== undefined) return `It is ${object} in the bucket, which ${this.#state.label(key)} made, ${again('makes')}`
    const [, sha256] = /^sources\/(.*)$/.exec(object) ?? []
    const file = sha256 === undefined ? undefined : this.#urlOf(sha256)
    return `It is ${object} in the bucket${file === undefined ? '' : `, your file ${file}`}, ${again(object.startsWith('gathers/') ? 'makes' : 'sends')}`
  }
  #urlOf(sha256: string): string | undefined {
    for (const { inputs } of this.#state.steps.values())
      for (const { node } of Object.values(inputs).flatMap(refsIn)) {
        const own = node.kind === 'source' ? Object.values(node.files).find(file => file.sha256 === sha256) : undefined
        if (own) return own.url
      }
    return undefined
  }
}
