import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { digestFile } from '../../core/store/fsync.ts'
import { isRecord } from '../../core/vocabulary/schema.ts'
import { packageRoot } from '../project/package.ts'

/** Folders that words may name, with what stands for each in a record: no path of a machine enters one. */
export interface StandIns {
  readonly folder: string
  readonly shared: string
  readonly files: Readonly<Record<string, string>>
}
/** Words of a command as a record has them. */
export function recordedWords(argv: readonly string[], { folder, shared, files }: StandIns): readonly string[] {
  const stands: readonly (readonly [string, string])[] = [
    [process.execPath, 'node'],
    ...Object.entries(files).map(([name, place]) => [place, `{files}/${name}`] as const),
    [folder, '{folder}'],
    [shared, '{shared}'],
    [packageRoot.replace(/\/$/, ''), '{package}'],
    [process.cwd(), '{project}'],
  ]
  // The longest first: a folder may lie in another.
  const sorted = stands.filter(([place]) => place.length > 1).sort(([a], [b]) => b.length - a.length)
  const known = (word: string) => sorted.reduce((text, [place, name]) => text.replaceAll(place, name), word)
  return argv.map(word => known(word).replace(/(^|[=:,])\/(?:[^/\s=:,]+\/)+([^/\s=:,]*)/g, '$1{elsewhere}/$2'))
}
/** A value of an argument as a record has it: a file as its name and digest. */
export async function recordedValue(value: unknown): Promise<unknown> {
  if (typeof value === 'string') {
    const place = path.resolve(value)
    if (!path.isAbsolute(value) && !value.includes('/') && !existsSync(place)) return value
    if (!existsSync(place) || !statSync(place).isFile()) return path.isAbsolute(value) ? path.basename(value) : value
    return { file: path.basename(place), sha256: await digestFile(place) }
  }
  if (Array.isArray(value)) return Promise.all(value.map(recordedValue))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    await Promise.all(Object.entries(value).map(async ([name, each]) => [name, await recordedValue(each)] as const)),
  )
}
/** A value with the files in it by their whole paths: a run reads it in another folder. */
export function placedValue(value: unknown): unknown {
  if (typeof value === 'string') {
    const [, before = '', file = ''] = /^([^=/]*=)?(.*)$/s.exec(value) ?? []
    return file !== '' && !path.isAbsolute(file) && existsSync(path.resolve(file)) ? before + path.resolve(file) : value
  }
  if (Array.isArray(value)) return value.map(placedValue)
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, placedValue(each)])) : value
}
/** Files that a value names by whole paths. */
export function filesNamed(value: unknown): readonly string[] {
  if (typeof value === 'string') return path.isAbsolute(value) && existsSync(value) && statSync(value).isFile() ? [value] : []
  if (Array.isArray(value)) return value.flatMap(filesNamed)
  return isRecord(value) ? Object.values(value).flatMap(filesNamed) : []
}
