import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { source } from '../../core/define/pipeline.ts'
import { TriremeError } from '../../core/errors.ts'
import type { Ref, SourceFile, SourceNode } from '../../core/graph/node.ts'
import { placedSource } from '../../core/graph/place.ts'
import { type FileKind, type GatheringPlace, isSameAs, partsOf } from '../../core/vocabulary/kind.ts'
import { type Place, placedPath } from '../arguments/raw.ts'

/** What is known of files before a run. */
export interface FileContents {
  /** The digest of a file. */
  readonly of: (file: string) => Promise<string>
  /** Whether a file is yet to be made, by the run itself: it has a digest, but nothing can be looked at. */
  readonly unmade?: (file: string) => boolean
  /** Where files are kept that are made of what was given instead, such as a folder. */
  readonly gathering?: GatheringPlace
}
/** Facts and paths of the other inputs that this one refers to. */
export interface Others {
  readonly fact: (slot: string, fact: string) => unknown
  readonly path: (slot: string) => string | undefined
}
/** Faults of one file. Their messages say where the file's name was given. */
export class InputFault extends Error {
  readonly faults: readonly string[]
  constructor(...faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/** A user's file with its companions or parts, digested and probed. */
export async function inputFile(
  name: string,
  kind: FileKind,
  given: unknown,
  at: Place,
  others: Others,
  digests: FileContents,
): Promise<Ref> {
  const paths = await gathered(kind, given, at, digests)
  const files: Record<string, SourceFile> = {}
  for (const [n, [part, url]] of Object.entries(paths).entries()) {
    const sha256 = await digests.of(url).catch((error: unknown) => {
      throw error instanceof TriremeError ? new InputFault(`${at.each?.[n] ?? at.words}: ${error.message}`) : error
    })
    files[part] = { url, sha256 }
  }
  const facts = Object.entries(kind.facts).map(([fact, value]) => [
    fact,
    isSameAs(value) ? (others.fact(value.sameAs, fact) ?? value) : value,
  ])
  const ref = source(name, { ...kind, facts: Object.fromEntries(facts) }, files)
  if (Object.values(paths).some(file => digests.unmade?.(file))) return ref
  const node = ref.node as SourceNode // just made by `source`
  const { companions, ...rest } = placedSource(node, kind)
  const same = (fact: string) => {
    const value = (kind.facts as Readonly<Record<string, unknown>>)[fact] // facts are plain data
    return isSameAs(value) ? others.path(value.sameAs) : undefined
  }
  const fault = await kind.probe?.({ ...rest, companions: Object.values(companions), facts: { ...kind.facts }, same })
  if (fault !== undefined) throw new InputFault(probeFault(fault, paths, at))
  return ref
}
/** A probe names the part that is at fault in brackets: "(second) is not gzip". */
function probeFault(fault: string, paths: Readonly<Record<string, string>>, at: Place): string {
  const [, part = '', words = fault] = /^\((\w+)\) (.*)$/s.exec(fault) ?? []
  const n = Object.keys(paths).indexOf(part)
  const [where, files] = n < 0 ? [at.words, Object.values(paths)] : [at.each?.[n] ?? at.words, [paths[part]!]]
  return `${where}: input file ${shownPath(files[0]!)} ${words}.`
}
const shownPath = (file: string) => (path.relative('', file).startsWith('..') ? file : path.relative('', file))

/** Paths by part, or by companion suffix with '' for the file itself. */
async function gathered(kind: FileKind, given: unknown, at: Place, digests: FileContents): Promise<Readonly<Record<string, string>>> {
  const parts = partsOf(kind)
  if (parts) return partPaths(Object.keys(parts), given, at, kind.format)
  if (typeof given !== 'string')
    throw new InputFault(`${at.words} takes ${kind.giving?.about ?? `the path of a ${kind.format} file`}, got ${JSON.stringify(given)}.`)
  const named = localPath(given, at, 0)
  const main = digests.unmade?.(named) ? named : await gatheredOf(kind, named, at, digests)
  const beside = kind.companions.map(suffix => [suffix, companion(main, suffix, kind)] as const)
  const missing = beside.find(([, file]) => file === undefined)
  if (missing && existsSync(main))
    throw new InputFault(
      `${at.words}: ${given} lacks its ${missing[0]} file. It stands beside it as ${path.basename(main)}${missing[0]}. ${kind.hints?.indexed ?? 'Make it and put it there.'}`,
    )
  return { '': main, ...Object.fromEntries(beside.map(([suffix, file]) => [suffix, file ?? main + suffix])) }
}
/** What a kind makes of a folder, or whatever else it takes; the file itself where it is one. */
async function gatheredOf(kind: FileKind, named: string, at: Place, { gathering }: FileContents): Promise<string> {
  if (!gathering || !kind.gather) return named
  const made = await kind.gather(named, gathering).catch((cause: unknown) => {
    if (!(cause instanceof Error) || !('code' in cause) || cause instanceof TriremeError) throw cause
    throw new TriremeError(
      'STORE',
      `No archive of ${shownPath(named)} can be written to ${gathering.folder} (${cause.code}). Free some space there, or give another folder with --store.`,
      { cause },
    )
  })
  if (made && 'faults' in made) throw new InputFault(...made.faults.map(fault => `${at.words}, ${shownPath(named)}: ${fault}`))
  return made?.file ?? named
}
/** x.bam.bai, or x.bai as some tools write it. */
function companion(main: string, suffix: string, kind: FileKind): string | undefined {
  const stem = main.endsWith(kind.extension)
    ? main.slice(0, -kind.extension.length)
    : main.slice(0, main.length - path.extname(main).length)
  return [main + suffix, stem + suffix].find(file => existsSync(file))
}
/** From `a.fq.gz,b.fq.gz`, from a list, or by name. */
function partPaths(names: readonly string[], given: unknown, at: Place, format: string): Readonly<Record<string, string>> {
  const texts: unknown = typeof given === 'string' ? given.split(',').map(text => text.trim()) : given
  const list: readonly unknown[] = Array.isArray(texts)
    ? texts
    : typeof texts === 'object' && texts !== null
      ? names.map(name => (texts as Readonly<Record<string, unknown>>)[name]) // any object has string keys
      : []
  if (list.length !== names.length || !list.every(text => typeof text === 'string' && text !== ''))
    throw new InputFault(
      `${at.words} takes the ${names.length} files of a ${format} (${names.join(', ')}) with commas between, got ${JSON.stringify(given)}.`,
    )
  return Object.fromEntries(names.map((name, n) => [name, localPath(String(list[n]), at, n)]))
}
/** @throws InputFault for the address of a file somewhere else, with the command that fetches it; for a home folder that no shell has put in */
function localPath(given: string, at: Place, n: number): string {
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(given) ?? []
  if (scheme === '' && /^~[^/]*(\/|$)/.test(given) && !existsSync(placedPath(given, at)))
    throw new InputFault(
      `${at.each?.[n] ?? at.words}: ${given} begins with ~, which only a shell takes for a home folder. Write the whole path${given.startsWith('~/') ? `: ${path.join(os.homedir(), given.slice(2))}` : '.'}`,
    )
  if (scheme === '') return placedPath(given, at)
  const name = given.slice(given.lastIndexOf('/') + 1).replace(/[?#].*$/, '')
  const fetch: Readonly<Record<string, string>> = { s3: `aws s3 cp ${given} .`, gs: `gcloud storage cp ${given} .` }
  const remedy =
    scheme.toLowerCase() === 'file'
      ? 'Give its path without file://'
      : `Fetch it first, and give ${name === '' ? 'its path' : name}: ${fetch[scheme.toLowerCase()] ?? `curl -fLO ${given}`}`
  throw new InputFault(`${at.each?.[n] ?? at.words}: ${given} is an address, and a file of this machine is asked for. ${remedy}`)
}
