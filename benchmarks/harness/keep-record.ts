import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { ensureFolderOnDisk, writeWhole } from '../../core/store/whole-file.ts'
import { derive } from './derive/derive.ts'
import { slug } from './machine.ts'
import type { Observed, Record2 } from './record.ts'
import { sealedRecord } from './record-text.ts'
import { signatureOf } from './verify/signature.ts'

/** Where a folder of results keeps a record: by machine, comparison and time. */
export const placeIn = ({ machine, definition, sessions, runs }: Observed): string => {
  const when = sessions[0]?.began ?? runs[0]?.began ?? ''
  return path.join(slug(machine), `${definition.name}-${when.replace(/[-:]|\.\d+/g, '')}.json`)
}
/** Concludes what follows from what was seen, and writes the record; none is ever overwritten. @returns its path */
export function keepRecord(folder: string, seen: Observed, place: string = placeIn(seen)): string {
  const file = path.join(folder, place)
  writeFirst(file, sealedRecord({ ...seen, derived: derive(seen) }))
  return file
}
/** @throws TriremeError `STORE` when there is a file of that name */
export function writeFirst(file: string, content: string | Uint8Array): void {
  ensureFolderOnDisk(path.dirname(file))
  try {
    writeWhole(file, content, { first: true })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
    throw new TriremeError(
      'STORE',
      `There is a record ${file} already, and records are never overwritten. Move it away first if it is wrong.`,
    )
  }
}
/** Files of all records below a folder of results, by name. */
export const recordFiles = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.json'))
        .sort()
        .map(name => path.join(folder, name))
    : []
export type Imported = { readonly state: 'new'; readonly file: string } | { readonly state: 'there'; readonly file: string }
/** Brings a record that proved itself, byte by byte, and its signature into a folder of results. */
export function importRecord(folder: string, record: Record2, from: string): Imported {
  const text = readFileSync(from, 'utf8')
  const known = recordFiles(folder).find(file => readFileSync(file, 'utf8') === text)
  const file = known ?? path.join(folder, placeIn(record))
  if (known === undefined) writeFirst(file, text)
  const [signature, own] = [signatureOf(from), signatureOf(file)]
  if (existsSync(signature) && !existsSync(own)) writeFirst(own, readFileSync(signature))
  return { state: known === undefined ? 'new' : 'there', file }
}
