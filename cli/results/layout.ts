import path from 'node:path'
import type { Layout } from '../../core/define/pipeline.ts'
import { TriremeError } from '../../core/errors.ts'
import { isList, isRef, type Ref } from '../../core/graph/node.ts'
import { filesOf, type Placed, placedAt } from '../../core/graph/place.ts'
import type { Results } from '../../core/graph/plan.ts'
import { fileOf } from '../../core/vocabulary/kind.ts'
import type { PublicationPlace } from './places.ts'

export type Layouts = Readonly<Record<string, string | ((name: string) => string) | undefined>>
/** The layout of a call. @param params by the pipeline's own schemas */
export const layoutWith = (layout: Readonly<Record<string, Layout<never> | undefined>> | undefined, params: object): Layouts =>
  Object.fromEntries(
    Object.entries(layout ?? {}).map(([result, place]) => [
      result,
      typeof place === 'function' ? (name: string) => place(name, params as never) : place, // values by these very schemas
    ]),
  )
/** One file to publish: where it lies in the store, and its path below the folder of results. */
export interface Publication {
  readonly from: string
  readonly to: string
}
/** One file of a result, to publish. */
export interface ResultFile extends Publication {
  readonly result: string
  /** Its name in a group. */
  readonly name: string | undefined
  readonly format: string
  /** Not a companion, such as an index. */
  readonly main: boolean
}
/** A file that a result promises: its path below the folder of results, without extension. */
interface PublishedResult {
  readonly base: string
  readonly ref: Ref
  readonly result: string
  readonly name: string | undefined
}
/**
 * Where every result will lie, known before anything runs but for lists that a step writes.
 * @throws TriremeError `PARAMETER` when a name would lead out of the folder, or two results to one path
 */
export function promisedFiles(results: Results, layout: Layouts = {}): readonly PublishedResult[] {
  const all = Object.entries(results).flatMap(([result, given]): readonly PublishedResult[] => {
    if (isRef(given))
      return [{ base: 'many' in given.kind ? result : place(result, undefined, layout), ref: given, result, name: undefined }]
    const named = isList(given) ? given.map((ref, n) => [String(n + 1), ref as Ref] as const) : Object.entries(given) // a result's list holds refs
    return named.map(([name, ref]) => ({ base: place(result, name, layout), ref, result, name }))
  })
  checkApart(all.flatMap(({ base, ref }) => ('many' in ref.kind ? [] : filesOf(placedAt(base, fileOf(ref.kind))))))
  return all
}
/** Where files will be published, as far as that is known before anything runs. */
export const promisedPlaces = (results: Results, layout: Layouts = {}): readonly PublicationPlace[] =>
  promisedFiles(results, layout).flatMap(({ base, ref, result }) =>
    'many' in ref.kind ? [] : filesOf(placedAt(base, fileOf(ref.kind))).map(to => ({ to, what: `the result "${result}"` })),
  )
/** The files of results that were made, once they are in the store. */
export function publications(results: Results, made: Readonly<Record<string, unknown>>, layout: Layouts = {}): readonly ResultFile[] {
  const pairs = promisedFiles(results, layout).flatMap(({ base, ref, result, name }): readonly ResultFile[] => {
    const kind = fileOf(ref.kind)
    const zip = (from: Placed, to: Placed, name: string | undefined): readonly ResultFile[] =>
      filesOf(to).map((file, n) => ({
        ...{ from: filesOf(from)[n]!, to: file, result, name, format: kind.format },
        main: !Object.values(to.companions).includes(file),
      }))
    const group = made[result] as Placed | readonly Placed[] | Readonly<Record<string, Placed | undefined>> | undefined // what `runLocally` gives for such a result
    const own =
      name === undefined
        ? group
        : isList(group)
          ? (group[Number(name) - 1] as Placed | undefined)
          : (group as Readonly<Record<string, Placed | undefined>>)[name]
    if (own === undefined) return []
    if (!isList(own)) return zip(own as Placed, placedAt(base, kind), name) // one file, by its kind
    return (own as readonly Placed[]).flatMap(each => {
      const stem = path.basename(each.path, kind.extension)
      return zip(each, placedAt(place(result, name === undefined ? stem : `${name}/${stem}`, layout), kind), name ?? stem)
    })
  })
  checkApart(pairs.map(({ to }) => to))
  return pairs
}
function place(result: string, name: string | undefined, layout: Layouts): string {
  const own = layout[result]
  const base = typeof own === 'function' ? own(name ?? result) : name === undefined ? (own ?? result) : `${own ?? result}/${name}`
  checkPath(base, result)
  return base
}
/** Names of samples become names of files: none may lead out of the folder, or hold characters that a terminal interprets. */
function checkPath(base: string, result: string): void {
  const segments = base.split('/')
  const fault =
    base.startsWith('/') || /^[A-Za-z]:/.test(base) || base.includes('\\')
      ? 'is not relative'
      : segments.some(segment => segment === '..' || segment === '.' || segment === '')
        ? 'has an empty part, "." or ".." in it'
        : /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(base)
          ? 'holds a control character'
          : segments.some(segment => segment.startsWith('-'))
            ? 'has a part that begins with "-", which commands take for an option'
            : segments.some(segment => Buffer.byteLength(segment) > 200)
              ? 'has a part longer than 200 bytes'
              : segments[0] === 'pipeline_info'
                ? 'is in pipeline_info, where the run itself is described'
                : base === 'INCOMPLETE'
                  ? 'is where a run says what is missing'
                  : undefined
  if (fault === undefined) return
  throw new TriremeError(
    'PARAMETER',
    `The result "${result}" would lie at ${JSON.stringify(base)}, which ${fault}. Names of samples become names of files: give such of letters, digits, ".", "_" and "-".`,
  )
}
function checkApart(paths: readonly string[]): void {
  const seen = new Map<string, string>()
  for (const path of paths) {
    const folded = path.normalize('NFC').toLowerCase() // the same file on disks that ignore case
    const other = seen.get(folded)
    if (other !== undefined)
      throw new TriremeError(
        'PARAMETER',
        `Two results would lie at ${JSON.stringify(path)}${other === path ? '' : ` and ${JSON.stringify(other)}, which differ in case only`}. Give samples names of their own, or results a layout of their own.`,
      )
    seen.set(folded, path)
  }
}
