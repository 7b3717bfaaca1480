import { sha256 } from '../../../graph/key.ts'
import type { PodInput } from '../../../pods/pod-inputs.ts'
import type { PodMember, PodWork } from '../../../pods/pod-job.ts'
import type { DagTask } from './manifest-schema.ts'
import type { Take } from './templates.ts'

/** What differs between tasks of one template. */
export type Arguments = readonly { readonly name: string; readonly value: string }[]

/** A key as it stands in a task: itself, or within the body of an `each` a parameter of the branch. */
export type KeyText = (key: string) => string

const parametersOf = (letter: string, parcel: PodInput): readonly string[] =>
  parcel.from === 'source' ? parcel.sha256.map((_, n) => (n === 0 ? letter : `${letter}${n + 1}`)) : [letter]

/** Which artifacts a task takes. */
export function argumentsOf({ letters }: PodWork, told: KeyText): Arguments {
  const all: { name: string; value: string }[] = []
  for (const [letter, parcel] of letters.parcels)
    if (parcel.from !== 'source') all.push({ name: letter, value: told(parcel.key) })
    else for (const [n, name] of parametersOf(letter, parcel).entries()) all.push({ name, value: parcel.sha256[n]! })
  return all
}
/** What is alike in the artifacts of tasks of one template, as text. */
export function likeness({ letters }: PodWork): string {
  let text = ''
  for (const [letter, parcel] of letters.parcels) {
    text += ` ${letter}:${parcel.from}`
    if (parcel.from === 'source') text += parcel.sha256.length
    if (parcel.from === 'item') text += `${parcel.port}/${[...parcel.suffixes].join()}`
    if (parcel.from === 'entry') {
      text += parcel.record
      for (const [file, optional] of parcel.files) text += `,${file}${optional ? '?' : ''}`
    }
  }
  return text
}
/** Artifacts that tasks of one template take. */
export function takesOf({ letters }: PodWork): readonly Take[] {
  return [...letters.parcels].map(([letter, parcel]): Take => {
    const path = `/from/${letter}`
    const parameter = `{{inputs.parameters.${letter}}}`
    const parameters = parametersOf(letter, parcel)
    const record = (optional: boolean) => ({
      name: `${letter}-record`,
      key: `entries/${parameter}/record.json`,
      path: `${path}/record.json`,
      optional,
    })
    if (parcel.from === 'source') {
      const files = parameters.map(name => {
        const digest = `{{inputs.parameters.${name}}}`
        return { name, key: `sources/${digest}`, path: `${path}/${digest}`, optional: false }
      })
      return { letter, kind: 'source', parameters, files }
    }
    if (parcel.from === 'gather')
      return { letter, kind: 'gather', parameters, files: [{ name: letter, key: `gathers/${parameter}`, path, optional: true }] }
    if (parcel.from === 'item') {
      const files = [...parcel.suffixes].map((suffix, n) => ({
        name: `${letter}-${n + 1}`,
        key: `entries/${parameter}/${parcel.port}/{{inputs.parameters.i}}${suffix}`,
        path: `${path}/item${suffix}`,
        optional: false,
      }))
      return { letter, kind: 'item', parameters, files: [record(false), ...files] }
    }
    const files = [...parcel.files].map(([file, optional], n) => {
      const list = file.endsWith('/') // an empty list has no object
      const name = list ? file.slice(0, -1) : file
      return { name: `${letter}-${n + 1}`, key: `entries/${parameter}/${name}`, path: `${path}/${name}`, optional: optional || list }
    })
    return { letter, kind: 'entry', parameters, files: [record(parcel.record === 'optional'), ...files] }
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
  /** Tells a list's items or runs over them, so it must be in the topmost DAG, where the two know each other. */
  readonly top: boolean
}
