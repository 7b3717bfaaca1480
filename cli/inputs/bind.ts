import { TriremeError } from '../../core/errors.ts'
import { isRef, type Ref } from '../../core/graph/node.ts'
import { placedSource } from '../../core/graph/place.ts'
import { type FileKind, fileOf, isSameAs } from '../../core/vocabulary/kind.ts'
import type { From, Kind, Rows } from '../../core/vocabulary/rows.ts'
import { type Place, placedPath, type Raw, type RawArgument } from '../arguments/raw.ts'
import type { AnyPipeline } from '../project/catalogue.ts'
import { concurrently } from './concurrently.ts'
import { type FileContents, InputFault, inputFile, type Others } from './files.ts'
import { checkSheet, extraColumns, partialRows, type RowFiles, type SheetRow } from './samplesheet.ts'
import { faultsText, readTable, type Table, tableOf } from './table.ts'

/** Files opened at once: enough to hide a network disk's delay, far below any limit of open files. */
const width = 16

/**
 * From raw arguments to what the pipeline is called with: files become sources with digests that passed their kind's probe, sheets
 * become rows, parameters stay values.
 * @throws TriremeError `SAMPLESHEET` for a sheet's own faults, `INPUT` for files that are missing or not what they should be, all reported at once
 */
export async function bind({ spec }: Pick<AnyPipeline, 'spec'>, raw: Raw, digests: FileContents): Promise<Bound> {
  const args: Record<string, unknown> = {}
  const sheets: Record<string, Sheet> = {}
  const kinds = Object.entries(spec.inputs).filter(([name]) => raw[name] !== undefined)
  for (const [name, { value }] of Object.entries(raw)) if (!(name in spec.inputs)) args[name] = value
  const others: Others = {
    fact: (slot, fact) => {
      const other = args[slot]
      return isRef(other) && 'facts' in other.kind ? (other.kind.facts as Readonly<Record<string, unknown>>)[fact] : undefined // facts are plain data
    },
    path: slot => {
      const other = args[slot]
      const file = isRef(other) && other.node.kind === 'source' ? placedSource(other.node, fileOf(other.kind)).path : undefined
      return file !== undefined && digests.unmade?.(file) ? undefined : file
    },
  }
  const faults: string[] = []
  const collected = async <T>(call: Promise<T>): Promise<T | undefined> => {
    try {
      return await call
    } catch (error) {
      if (!(error instanceof InputFault)) throw error
      faults.push(...error.faults)
      return undefined
    }
  }
  for (const [name, kind] of kinds.filter(([, kind]) => 'rows' in kind)) sheets[name] = await sheet(name, kind as Rows, raw[name]!)
  // Inputs that other files refer to by facts, such as the reference, come first; rows, which refer to them, last.
  const order = (kind: Kind) => ('rows' in kind ? 2 : leans(fileOf(kind)) ? 1 : 0)
  for (const [name, kind] of kinds.sort(([, a], [, b]) => order(a) - order(b))) {
    const given = raw[name]!
    if ('rows' in kind) {
      const { rows, folder } = sheets[name]!
      args[name] = await concurrently(rows, width, async (row, n) => {
        // The first shape whose kinds take the files; where none does, the faults of the first are told.
        let fits: Tried | undefined
        for (const files of [row.files, ...row.others]) {
          const tried = await tryFiles(
            files,
            row,
            (from, given, at) => inputFile(rowName(row, name, n), from.kind, given, at, others, digests),
            folder,
          )
          fits = fits === undefined || tried.faults.length === 0 ? tried : fits
          if (fits.faults.length === 0) break
        }
        faults.push(...fits!.faults)
        const files = fits!.refs
        return { ...row.values, ...Object.fromEntries(files) }
      })
    } else
      args[name] = await slot(name, kind, given, (key, value) => collected(inputFile(key, fileOf(kind), value, given, others, digests)))
  }
  if (faults.length > 0)
    throw new TriremeError('INPUT', faultsText('The input', faults.sort(new Intl.Collator('en', { numeric: true }).compare)))
  return {
    args,
    sheets: Object.fromEntries(Object.entries(sheets).map(([name, { among }]) => [name, among])),
    notes: Object.values(sheets).flatMap(({ notes }) => notes),
  }
}
export interface Bound {
  readonly args: Readonly<Record<string, unknown>>
  /** Describes where rows of a sheet are, such as "lines 2 and 3", by input. */
  readonly sheets: Readonly<Record<string, Table['among']>>
  /** What was passed over, a line each. */
  readonly notes: readonly string[]
}
interface Tried {
  readonly refs: readonly (readonly [slot: string, ref: Ref])[]
  readonly faults: readonly string[]
}
/** The files of a row as one of its shapes has them, or all their faults. */
async function tryFiles(
  files: RowFiles,
  row: SheetRow,
  read: (from: From, given: unknown, at: Place) => Promise<Ref>,
  folder: string,
): Promise<Tried> {
  const faults: string[] = []
  const refs = await Promise.all(
    Object.entries(files).map(async ([slot, { from, cells }]) => {
      const at: Place = { words: row.at(from.from[0]), each: from.from.map(column => row.at(column)), folder }
      try {
        return [[slot, await read(from, cells.length === 1 ? cells[0] : cells, at)] as const]
      } catch (error) {
        if (!(error instanceof InputFault)) throw error
        faults.push(...error.faults)
        return []
      }
    }),
  )
  return { refs: refs.flat(), faults }
}
const leans = (kind: FileKind) => Object.values(kind.facts).some(isSameAs)

/** One file, a list, or files by name. */
async function slot(
  name: string,
  kind: Exclude<Kind, Rows>,
  given: RawArgument,
  file: (key: string, value: unknown) => Promise<Ref | undefined>,
): Promise<unknown> {
  const { value, words } = given
  if ('many' in kind) {
    const list = Array.isArray(value) ? (value as readonly unknown[]) : [value]
    return concurrently(list, width, (each, n) => file(`${name}.${n + 1}`, each))
  }
  if (!('named' in kind)) return file(name, Array.isArray(value) && value.length === 1 ? value[0] : value)
  const pairs: readonly (readonly [string, unknown])[] = Array.isArray(value)
    ? (value as readonly unknown[]).map(text => pair(String(text), words))
    : Object.entries(value ?? {})
  const twice = pairs.find(([key], n) => pairs.findIndex(([other]) => other === key) < n)
  if (twice) throw new TriremeError('PARAMETER', `${words} has the name "${twice[0]}" twice. Give each file a name of its own.`)
  return Object.fromEntries(await concurrently(pairs, width, async ([key, each]) => [key, await file(`${name}.${key}`, each)] as const))
}
function pair(text: string, words: string): readonly [string, string] {
  const split = text.indexOf('=')
  if (split < 1) throw new TriremeError('PARAMETER', `${words} takes files by name, such as sample1=a.json, got ${JSON.stringify(text)}.`)
  return [text.slice(0, split), text.slice(split + 1)]
}
/** Name of a row in names of steps: its own values, such as `patient1.sample1.L1`. */
function rowName({ values }: SheetRow, sheet: string, n: number): string {
  const words = [...new Set(Object.values(values).map(String))]
  return words.length > 0 ? words.join('.') : `${sheet}.${n + 1}`
}
interface Sheet {
  readonly rows: readonly SheetRow[]
  /** Relative paths in it start here. */
  readonly folder: string
  readonly among: Table['among']
  readonly notes: readonly string[]
}
/** Rows from a CSV or TSV file, or given as objects. */
async function sheet(name: string, kind: Rows, given: RawArgument): Promise<Sheet> {
  const { value, words, folder } = given
  if (typeof value !== 'string' && !(Array.isArray(value) && value.every(row => typeof row === 'object' && row !== null)))
    throw new TriremeError('PARAMETER', `${words} takes the path of a CSV or TSV file, or a list of rows, got ${JSON.stringify(value)}.`)
  const table = typeof value === 'string' ? await readTable(placedPath(value, given)) : tableOf(value, name, folder)
  const rows = await checkSheet(table, kind)
  const extra = extraColumns(table, kind)
  const note = `${table.name}: passed over ${extra.length === 1 ? 'the column' : 'the columns'} ${extra.join(', ')}, which the pipeline does not use.`
  return { rows, folder: table.folder, among: table.among, notes: [...(extra.length > 0 ? [note] : []), ...partialRows(table, kind, rows)] }
}
