import path from 'node:path'
import type { FileKind } from '../vocabulary/kind.ts'
import { partsOf } from '../vocabulary/kind.ts'
import type { SourceNode } from './node.ts'

/** Where one file of a kind is, with all that travels with it. */
export interface Placed {
  /** The file itself; for a set of parts, the common beginning of their names. */
  readonly path: string
  /** By companion suffix: `{ '.bai': '/…/sorted.bam.bai' }`. */
  readonly companions: Readonly<Record<string, string>>
  /** By part name: `{ first: '/…/reads_1.fastq.gz' }`. */
  readonly parts: Readonly<Record<string, string>>
}
/** A file of the kind below a common prefix that Trireme chose. */
export function placedAt(base: string, kind: FileKind): Placed {
  const parts = partsOf(kind)
  if (parts)
    return { path: base, companions: {}, parts: Object.fromEntries(Object.entries(parts).map(([part, suffix]) => [part, base + suffix])) }
  const main = base + kind.extension
  return { path: main, companions: Object.fromEntries(kind.companions.map(suffix => [suffix, main + suffix])), parts: {} }
}
/** A user's own files, whatever their names. */
export function placedSource(node: SourceNode, kind: FileKind): Placed {
  const at = (suffix: string) => path.resolve(node.files[suffix]?.url ?? '')
  const parts = Object.entries(partsOf(kind) ?? {}).map(([part, suffix]) => [part, at(suffix)] as const)
  return {
    path: parts.length > 0 ? parts[0]![1] : at(kind.extension),
    companions: Object.fromEntries(kind.companions.map(suffix => [suffix, at(kind.extension + suffix)])),
    parts: Object.fromEntries(parts),
  }
}
/** Every file of it on disk. */
export const filesOf = ({ path, companions, parts }: Placed): readonly string[] =>
  Object.keys(parts).length > 0 ? Object.values(parts) : [path, ...Object.values(companions)]
