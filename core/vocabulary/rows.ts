import type { FileKind, Many, Named, Optional } from './kind.ts'
import type { Schema } from './schema.ts'

/** A column (or several, for a kind with parts) of a sheet that names files. */
export interface From<out K extends FileKind = FileKind> {
  readonly from: readonly string[]
  readonly kind: K
}
/**
 * Files of a sheet's row: `from(fastqPair, 'fastq_1', 'fastq_2')`, or one column for a kind without parts.
 * @param columns one for each part, in the order in which the kind names its parts
 */
export const from = <K extends FileKind>(kind: K, ...columns: readonly [string, ...string[]]): From<K> => ({ from: columns, kind })

export type RowShape = Readonly<Record<string, Schema | From>>
/** A sheet: each row has one of the shapes. */
export interface Rows<out S extends readonly RowShape[] = readonly RowShape[]> {
  readonly rows: S
}
/**
 * A pipeline's input that is a table of plain values and files. `build` gets typed rows; the command line reads them
 * from a CSV or TSV file. Given several shapes, a row has the one whose file columns it fills in; of shapes with the same file columns the
 * first whose kinds take the files, by their probes. So shapes differ in their files and not in their values alone.
 *
 * @example rows({ sample: text, lane: text, reads: from(fastqPair, 'fastq_1', 'fastq_2') }, { sample: text, aligned: from(anyBam, 'bam') })
 */
export const rows = <const S extends readonly [RowShape, ...RowShape[]]>(...shapes: S): Rows<S> => ({ rows: shapes })

export const isFrom = (column: Schema | From): column is From => 'from' in column
/** The shape that a row of a call has: the one whose file slots it fills in, if exactly one does. */
export const shapeOf = (shapes: readonly RowShape[], row: Readonly<Record<string, unknown>>): RowShape | undefined => {
  const fitting = shapes.filter(shape => Object.entries(shape).every(([name, column]) => !isFrom(column) || row[name] !== undefined))
  return fitting.length === 1 ? fitting[0] : undefined
}
/** What a pipeline may take. An optional input may be left out of the call; `build` then sees undefined. */
export type Kind = FileKind | Many | Named | Rows | Optional
export type Kinds = Readonly<Record<string, Kind>>
