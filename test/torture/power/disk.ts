import path from 'node:path'

/** What lies at a place. */
export type Leaf = Buffer | { readonly link: string } | 'folder'
/** A folder, by paths below it. */
export type Tree = ReadonlyMap<string, Leaf>

/** A file, link or folder, under whatever names. */
interface Inode {
  readonly id: number
  readonly kind: 'file' | 'folder' | { readonly link: string }
  /** Of a file: what a reader sees. */
  now: Buffer
  /** Of a file: what the last fsync has brought to the disk. */
  synced: Buffer
  /** Whether it was cut or written over since then; else only appended to. */
  rewritten: boolean
  /** Where the next write goes; undefined: to the end. */
  at: number | undefined
}
/** A change of names: a power cut may take it back until a folder that it touches was synced. */
interface Change {
  readonly gone?: { readonly folder: number; readonly name: string }
  readonly made?: { readonly folder: number; readonly name: string; readonly inode: Inode }
  synced: boolean
}
/** What a power cut leaves of what was not synced. */
export interface Cut {
  readonly name: string
  /** Whether a change of names that was not synced is there. Never without those before it in the same folders. */
  readonly names: () => boolean
  readonly content: (place: string) => 'none' | 'old' | 'zeros' | 'half' | 'all'
}
type Names = Map<number, Map<string, Inode>>

/**
 * A folder on a disk whose power may be cut at any moment: what a file system owes by POSIX, and no more. Bytes of a file are there once the file
 * was synced, a name once its folder was; anything else may be there, half there or not.
 */
export class Disk {
  readonly #root: Inode
  readonly #names: Names = new Map()
  /** Names that are on the disk for good. */
  readonly #base: Names = new Map()
  #changes: Change[] = []
  #inodes = 0
  constructor() {
    this.#root = this.#inode('folder')
  }
  #inode(kind: Inode['kind']): Inode {
    const made: Inode = { id: this.#inodes++, kind, now: Buffer.alloc(0), synced: Buffer.alloc(0), rewritten: false, at: 0 }
    return made
  }
  #find(place: string, names: Names = this.#names): Inode | undefined {
    let found: Inode | undefined = this.#root
    for (const name of place === '' ? [] : place.split('/')) found = found && names.get(found.id)?.get(name)
    return found
  }
  #there(place: string): Inode {
    const found = this.#find(place)
    if (!found) throw new Error(`There is no ${place}`)
    return found
  }
  #spot(place: string) {
    const folder = this.#there(path.dirname(place) === '.' ? '' : path.dirname(place))
    return { folder: folder.id, name: path.basename(place) }
  }
  #change(change: Omit<Change, 'synced'>): void {
    apply(this.#names, change)
    this.#changes.push({ ...change, synced: false })
  }
  make(place: string, kind: Inode['kind']): void {
    this.#change({ made: { ...this.#spot(place), inode: this.#inode(kind) } })
  }
  /** Opens a file for writing, making it where it is not there. */
  open(place: string, { cut, append }: { readonly cut: boolean; readonly append: boolean }): void {
    if (!this.#find(place)) this.make(place, 'file')
    const file = this.#there(place)
    if (cut) this.cut(place, 0)
    file.at = append ? undefined : 0
  }
  write(place: string, bytes: Buffer, offset?: number): void {
    const file = this.#find(place)
    if (!file) return // it has no name any more
    const at = offset ?? file.at ?? file.now.length
    if (at < file.synced.length) file.rewritten = true
    const now = Buffer.alloc(Math.max(file.now.length, at + bytes.length))
    file.now.copy(now)
    bytes.copy(now, at)
    file.now = now
    if (offset === undefined && file.at !== undefined) file.at += bytes.length
  }
  copy(from: string, to: string, offset: number, length: number): number {
    const source = this.#find(from)?.now.subarray(offset, offset + length) ?? Buffer.alloc(0)
    this.write(to, source)
    return source.length
  }
  cut(place: string, length: number): void {
    const file = this.#find(place)
    if (!file) return
    if (file.now.length > 0) file.rewritten = true
    file.now = Buffer.concat([file.now, Buffer.alloc(Math.max(0, length - file.now.length))]).subarray(0, length)
  }
  link(from: string, to: string): void {
    this.#change({ made: { ...this.#spot(to), inode: this.#there(from) } })
  }
  move(from: string, to: string): void {
    this.#change({ gone: this.#spot(from), made: { ...this.#spot(to), inode: this.#there(from) } })
  }
  remove(place: string): void {
    this.#change({ gone: this.#spot(place) })
  }
  /** @param place undefined: everything */
  sync(place?: string): void {
    const inode = place === undefined ? undefined : this.#find(place)
    for (const change of this.#changes)
      if (place === undefined || [change.gone?.folder, change.made?.folder].includes(inode?.id ?? -1)) change.synced = true
    for (const file of place === undefined ? [...this.#names.values()].flatMap(names => [...names.values()]) : inode ? [inode] : []) {
      file.synced = file.now
      file.rewritten = false
    }
    while (this.#changes[0]?.synced) apply(this.#base, this.#changes.shift()!)
  }
  /** What the disk holds after a power cut at this moment. */
  after(cut: Cut): Tree {
    const names: Names = new Map([...this.#base].map(([id, within]) => [id, new Map(within)]))
    const dropped = new Set<number>()
    for (const change of this.#changes) {
      const folders = [change.gone?.folder, change.made?.folder].filter(id => id !== undefined)
      if (change.synced || (!folders.some(id => dropped.has(id)) && cut.names())) apply(names, change)
      else for (const id of folders) dropped.add(id)
    }
    const tree = new Map<string, Leaf>()
    const walk = (id: number, above: string) => {
      for (const [name, inode] of names.get(id) ?? []) {
        tree.set(above + name, inode.kind === 'file' ? contentAfter(inode, cut.content(above + name)) : inode.kind)
        if (inode.kind === 'folder') walk(inode.id, `${above}${name}/`)
      }
    }
    walk(this.#root.id, '')
    return tree
  }
}
function apply(names: Names, { gone, made }: Omit<Change, 'synced'>): void {
  if (gone) names.get(gone.folder)?.delete(gone.name)
  if (!made) return
  const within = names.get(made.folder) ?? new Map<string, Inode>()
  names.set(made.folder, within.set(made.name, made.inode))
}
function contentAfter({ now, synced, rewritten }: Inode, left: ReturnType<Cut['content']>): Buffer {
  if (now.equals(synced)) return now
  const kept = rewritten ? Buffer.alloc(0) : synced
  const more = now.subarray(kept.length)
  if (left === 'all') return now
  if (left === 'old') return synced
  if (left === 'none') return kept
  return Buffer.concat([kept, left === 'half' ? more.subarray(0, more.length >> 1) : Buffer.alloc(more.length)])
}
const always = (value: ReturnType<Cut['content']>) => () => value
/** Everything is there: no power cut, but a kill. */
export const killed: Cut = { name: 'killed', names: () => true, content: always('all') }
/** What a journal of names leaves, such as ext4's: all names, and of contents what was synced. */
export const emptied: Cut = { name: 'names alone', names: () => true, content: always('none') }
export const zeroed: Cut = { name: 'names, and zeros', names: () => true, content: always('zeros') }
/** Lines that were added are there before what they tell of. */
export const lines: Cut = { name: 'names, and lines', names: () => true, content: place => (place.endsWith('.jsonl') ? 'all' : 'none') }
/** No more than what was synced. */
export const least: Cut = { name: 'nothing that was not synced', names: () => false, content: always('old') }
/** This and that. */
export const mixed = (chance: () => number): Cut => ({
  name: 'this and that',
  names: () => chance() < 0.7,
  content: () => (['none', 'old', 'zeros', 'half', 'all'] as const)[Math.floor(chance() * 5)]!,
})
