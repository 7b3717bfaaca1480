import { readdirSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../errors.ts'
import { ensureFolder, readIfThere } from '../files.ts'
import { ensureFolderOnDisk, syncNow, writeWhole } from './whole-file.ts'

const format = 'trireme-store 1\n'
/** What lies in a store beside its unfinished files. */
const rooms = ['entries', 'runs', 'claims', 'work']
const files = ['format', 'journal.jsonl', 'digests.jsonl', 'tools.json', 'images.json']

/**
 * Makes the folders of a store and the file that names their layout, where they are not there. A file that a power cut cut off, or a disk changed,
 * is written anew where nothing lies beside it but what a store holds.
 * @throws TriremeError `STORE` when it cannot be written or has another format
 */
export function openFormat(root: string): void {
  const mark = path.join(root, 'format')
  let found: string | undefined
  try {
    ensureFolderOnDisk(root)
    const made = rooms.flatMap(name => ensureFolder(path.join(root, name)))
    found = readIfThere(mark)
    if (found === undefined || (found !== format && (isCutOff(found, root) || (made.length === 0 && isDamaged(found, root))))) {
      writeWhole(mark, format)
      found = format
    } else if (made.length > 0) syncNow(root)
  } catch (cause) {
    throw new TriremeError('STORE', openFault(root, cause as NodeJS.ErrnoException), { cause }) // of Node's file functions
  }
  if (found !== format) throw new TriremeError('STORE', formatFault(root, found))
}
/** Whether the first file of a store was cut off by a power cut, before there was more than a store's own in its folder. */
const isCutOff = (found: string, root: string): boolean => format.startsWith(withoutZeros(found)) && strangersIn(root).length === 0
/** Whether a disk changed a byte of the first file of a store: it names no format. */
const isDamaged = (found: string, root: string): boolean => !/^trireme-store \d+\n$/.test(found) && strangersIn(root).length === 0
/** Blocks that never reached the disk read as zeros. */
const withoutZeros = (found: string): string => found.replace(/\0+$/, '')
const strangersIn = (root: string): readonly string[] =>
  readdirSync(root).filter(name => ![...rooms, ...files, 'damaged', 'resume'].includes(name) && !name.startsWith('.'))

function openFault(root: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return `The store ${root} would lie in a file, not in a folder: ${message}. Give a folder with --store.`
  return `The store ${root} cannot be written: ${message}. Give a folder you may write to with --store.`
}
function formatFault(root: string, found: string): string {
  const mark = path.join(root, 'format')
  if (format.startsWith(withoutZeros(found)))
    return `The file ${mark} is cut off, and beside it lies what no store holds: ${strangersIn(root).slice(0, 3).join(', ')}. If ${root} is a store, remove that file and run again; if not, give another folder with --store.`
  return `The store ${root} is of format ${JSON.stringify(found.trim().slice(0, 60))}, this version reads "${format.trim()}". Use another folder with --store, or the version that made it.`
}
