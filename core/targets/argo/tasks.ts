import { sha256 } from './names.ts'
import type { PodMember, PodWork } from './podjob.ts'
import type { DagTask } from './schema.ts'
import type { Take } from './templates.ts'

/** What differs between tasks of one template. */
export type Arguments = readonly { readonly name: string; readonly value: string }[]

/** A key as it stands in a task: itself, or within the body of an `each` a parameter of the branch. */
export type Told = (key: string) => string

/** Artifacts that a pod takes, and the arguments that say which. */
export function takesOf(work: PodWork, told: Told): { readonly takes: readonly Take[]; readonly arguments: Arguments } {
  const all: { name: string; value: string }[] = []
  const takes = [...work.letters.parcels].map(([letter, parcel]): Take => {
    const path = `/from/${letter}`
    const parameter = `{{inputs.parameters.${letter}}}`
    const record = (optional: boolean) => ({
      name: `${letter}-record`,
      key: `entries/${parameter}/record.json`,
      path: `${path}/record.json`,
      optional,
    })
    if (parcel.from === 'source') {
      const names = parcel.sha256.map((_, n) => (n === 0 ? letter : `${letter}${n + 1}`))
      for (const [n, value] of parcel.sha256.entries()) all.push({ name: names[n]!, value })
      const files = names.map(name => {
        const digest = `{{inputs.parameters.${name}}}`
        return { name, key: `sources/${digest}`, path: `${path}/${digest}`, optional: false }
      })
      return { letter, kind: 'source', parameters: names, files }
    }
    all.push({ name: letter, value: told(parcel.key) })
    if (parcel.from === 'gather')
      return { letter, kind: 'gather', parameters: [letter], files: [{ name: letter, key: `gathers/${parameter}`, path, optional: true }] }
    if (parcel.from === 'item') {
      const files = [...parcel.suffixes].map((suffix, n) => ({
        name: `${letter}-${n + 1}`,
        key: `entries/${parameter}/${parcel.port}/{{inputs.parameters.i}}${suffix}`,
        path: `${path}/item${suffix}`,
        optional: false,
      }))
      return { letter, kind: 'item', parameters: [letter], files: [record(false), ...files] }
    }
    const files = [...parcel.files].map(([file, optional], n) => {
      const list = file.endsWith('/') // an empty list has no object
      const name = list ? file.slice(0, -1) : file
      return { name: `${letter}-${n + 1}`, key: `entries/${parameter}/${name}`, path: `${path}/${name}`, optional: optional || list }
    })
    return { letter, kind: 'entry', parameters: [letter], files: [record(parcel.record === 'optional'), ...files] }
  })
  return { takes, arguments: all }
}
/** The parameter that holds a step's own key: `o`, or with several in a pod `o1`, `o2` … by place. */
export function ownParameters(members: readonly PodMember[]): ReadonlyMap<number, string> {
  const kept = members.filter(member => member.kept)
  return new Map(kept.map(({ place }) => [place, kept.length === 1 ? 'o' : `o${place}`]))
}
/** Where the results of an `each` are gathered, one place for each port. */
export const gatherKey = (each: string, port: string): string => sha256(`gather ${each}#${port}`)

/** A task as it stands in its DAG, but for what it waits for. */
export interface LooseTask {
  readonly task: Omit<DagTask, 'dependencies'>
  /** Numbers of the tasks that it waits for. */
  readonly before: ReadonlySet<number>
  /** Tells a list's items or runs over them, so it must be in the topmost DAG, where the two know each other. */
  readonly top: boolean
}
