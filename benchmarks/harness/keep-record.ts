import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { writeFirst } from './append-only.ts'
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
