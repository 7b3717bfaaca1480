import { Header } from 'tar/header'
import { Pax } from 'tar/pax'
import { Fault } from '../../script.ts'
import { type Lister, type Member, tooLarge } from './listing.ts'
import type { Window } from './window.ts'

const block = 512
/** A header that carries nothing but a long name: more than that is no name. */
const mostWords = 2 ** 20
const files = new Set(['File', 'OldFile', 'ContiguousFile'])
const links = new Set(['Link', 'SymbolicLink'])
/** They have no content, whatever size their headers give. */
const empty = new Set(['Link', 'SymbolicLink', 'CharacterDevice', 'BlockDevice', 'Directory', 'FIFO'])

/** Headers are read, contents passed over: a member of 3 GiB costs as much as one of a byte. */
export const listTar: Lister = async (window, most) => {
  const members: Member[] = []
  const linked: { place: string; to: string }[] = []
  let next: Pax | undefined
  let all: Pax | undefined
  let name: string | undefined
  let target: string | undefined
  for (let at = 0; ; ) {
    const bytes = await window.near(at, block)
    if (bytes.length < block)
      throw new Fault(`The archive is cut off at byte ${at}: its two empty blocks are missing. Copy or make it again.`)
    // With its long name, or what is left of it in the header may end in a slash, as folders' names do.
    const header = headerOf(bytes, at, name === undefined ? next : new Pax({ ...next, path: name }), all)
    if (header.nullBlock) break
    const { type, size = 0 } = header
    const start = at + block
    const end = start + (empty.has(type) ? 0 : size)
    if (end > window.size)
      throw new Fault(
        `The archive is cut off: its member "${name ?? next?.path ?? header.path}" ends at byte ${end}, and the archive at ${window.size}. Copy or make it again.`,
      )
    at = start + Math.ceil((end - start) / block) * block
    if (type === 'ExtendedHeader' || type === 'OldExtendedHeader') next = Pax.parse(await words(window, start, size), next)
    else if (type === 'GlobalExtendedHeader') all = Pax.parse(await words(window, start, size), all, true)
    else if (type === 'NextFileHasLongPath' || type === 'OldGnuLongPath') name = await words(window, start, size)
    else if (type === 'NextFileHasLongLinkpath') target = await words(window, start, size)
    else {
      // Not the header's own words where longer ones precede it: it would put its prefix before them.
      const place = name ?? next?.path ?? header.path ?? ''
      if (type === 'SparseFile') throw new Fault(`The archive's member "${place}" was packed with holes. Pack it anew, without --sparse.`)
      if (links.has(type)) linked.push({ place, to: target ?? next?.linkpath ?? header.linkpath ?? '' })
      if (files.has(type)) members.push({ place, size, read: () => content(window, place, start, size, most) })
      next = undefined
      name = undefined
      target = undefined
    }
  }
  return { members, links: linked, faults: [] }
}
function headerOf(bytes: Buffer, at: number, next: Pax | undefined, all: Pax | undefined): Header {
  const corrupt = new Fault(`The archive is corrupt: at byte ${at} there is no header of a member. Copy or make it again.`)
  let header: Header
  try {
    header = new Header(bytes, 0, next, all)
  } catch {
    throw corrupt // a number that no file has
  }
  if (!header.nullBlock && (!header.cksumValid || !Number.isSafeInteger(header.size ?? 0))) throw corrupt
  return header
}
async function words(window: Window, start: number, size: number): Promise<string> {
  if (size > mostWords) throw new Fault(`The archive is corrupt: a name of ${size} bytes begins at byte ${start}. Copy or make it again.`)
  return (await window.own(start, size)).toString('utf8').split('\0')[0]!
}
async function content(window: Window, place: string, start: number, size: number, most: number): Promise<Buffer> {
  if (size > most) throw tooLarge(place, size, most)
  const bytes = await window.own(start, size)
  if (bytes.length < size) throw new Fault(`The archive was cut off while it was read, at its member "${place}". Do it again.`)
  return bytes
}
