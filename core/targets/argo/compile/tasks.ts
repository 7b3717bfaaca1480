import { sha256 } from '../../../graph/key.ts'
import type { PodInput } from '../../../pods/pod-inputs.ts'
import type { PodMember, PodWork } from '../../../pods/pod-job.ts'
import type { DagTask } from './manifest-schema.ts'
import type { Take } from './templates.ts'

/** What differs between tasks of one template. */
export type Arguments = readonly { readonly name: string; readonly value: string }[]

/** A key as it stands in a task: itself, or within the body of an `each` a parameter of the branch. */
export type KeyText = (key: string) => string

const parametersOf = (mount: string, input: PodInput): readonly string[] =>
  input.from === 'source' ? input.sha256.map((_, n) => (n === 0 ? mount : `${mount}${n + 1}`)) : [mount]

/** Which artifacts a task takes. */
export function argumentsOf({ inputs }: PodWork, keyText: KeyText): Arguments {
  const all: { name: string; value: string }[] = []
  for (const [mount, input] of inputs.mounts)
    if (input.from !== 'source') all.push({ name: mount, value: keyText(input.key) })
    else for (const [n, name] of parametersOf(mount, input).entries()) all.push({ name, value: input.sha256[n]! })
  return all
}
/** Text that is equal for tasks whose artifacts fit one template. */
export function likeness({ inputs }: PodWork): string {
  let text = ''
  for (const [mount, input] of inputs.mounts) {
    text += ` ${mount}:${input.from}`
    if (input.from === 'source') text += input.sha256.length
    if (input.from === 'item') text += `${input.port}/${[...input.suffixes].join()}`
    if (input.from === 'entry') {
      text += input.record
      for (const [file, optional] of input.files) text += `,${file}${optional ? '?' : ''}`
    }
  }
  return text
}
/** Artifacts that tasks of one template take. */
export function takesOf({ inputs }: PodWork): readonly Take[] {
  return [...inputs.mounts].map(([mount, input]): Take => {
    const path = `/from/${mount}`
    const parameter = `{{inputs.parameters.${mount}}}`
    const parameters = parametersOf(mount, input)
    const record = (optional: boolean) => ({
      name: `${mount}-record`,
      key: `entries/${parameter}/record.json`,
      path: `${path}/record.json`,
      optional,
    })
    if (input.from === 'source') {
      const files = parameters.map(name => {
        const digest = `{{inputs.parameters.${name}}}`
        return { name, key: `sources/${digest}`, path: `${path}/${digest}`, optional: false }
      })
      return { mount, kind: 'source', parameters, files }
    }
    if (input.from === 'gather')
      return { mount, kind: 'gather', parameters, files: [{ name: mount, key: `gathers/${parameter}`, path, optional: true }] }
    if (input.from === 'item') {
      const files = [...input.suffixes].map((suffix, n) => ({
        name: `${mount}-${n + 1}`,
        key: `entries/${parameter}/${input.port}/{{inputs.parameters.i}}${suffix}`,
        path: `${path}/item${suffix}`,
        optional: false,
      }))
      return { mount, kind: 'item', parameters, files: [record(false), ...files] }
    }
    const files = [...input.files].map(([file, optional], n) => {
      const list = file.endsWith('/') // an empty list has no object
      const name = list ? file.slice(0, -1) : file
      return { name: `${mount}-${n + 1}`, key: `entries/${parameter}/${name}`, path: `${path}/${name}`, optional: optional || list }
    })
    return { mount, kind: 'entry', parameters, files: [record(input.record === 'optional'), ...files] }
  })
}
/** By place, the parameter that holds a step's own key: `o`, or with several in a pod `o1`, `o2` … */
export type OwnParameters = ReadonlyMap<number, string>
export function ownParameters(members: readonly PodMember[]): OwnParameters {
  const own = new Map<number, string>()
  for (const { kept, place } of members) if (kept) own.set(place, `o${place}`)
  if (own.size === 1) for (const place of own.keys()) own.set(place, 'o')
  return own
}
/** Where the results of an `each` are gathered, one place for each port. */
export const gatherKey = (each: string, port: string): string => sha256(`gather ${each}#${port}`)

/** A task as it stands in its DAG, but for what it waits for. */
export interface LooseTask {
  readonly task: Omit<DagTask, 'dependencies'>
  /** Numbers of the tasks that it waits for, each once. */
  readonly before: readonly number[]
  /** It reports a list's items or runs over them. Both must be in the topmost DAG, where one can refer to the other. */
  readonly top: boolean
}
