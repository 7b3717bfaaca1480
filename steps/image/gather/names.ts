import { createHash } from 'node:crypto'
import path from 'node:path'

export const digestOf = (words: string): string => createHash('sha256').update(words).digest('hex')
const shortened = (digest: string) => digest.slice(0, 24)

/** What archives are made of, by its path: so whoever clears up knows which are needed. */
export const originOf = (given: string): string => shortened(digestOf(path.resolve(given)))
const beginning = (given: string) =>
  `${path
    .basename(path.resolve(given))
    .replace(/[^\w.-]+/g, '_')
    .slice(0, 40)}-${originOf(given)}`
/** An archive's name: what it was made of, in words for people, too, and the state which that was in. */
export const archiveName = (given: string, state: string): string => `${beginning(given)}-${shortened(state)}.tar`
/** Folder of what was fetched for a list, until it is in an archive: also where lines of the list were corrected meanwhile. */
export const fetchedName = (given: string): string => `${beginning(given)}.fetched`
/** The origin in a name; undefined of a file that is none of these. */
export const originIn = (name: string): string | undefined => /-([0-9a-f]{24})(-[0-9a-f]{24})?\.(tar|fetched)/.exec(name)?.[1]
