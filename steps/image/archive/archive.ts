import { open } from 'node:fs/promises'
import { bytesAt } from '../../bgzf.ts'
import { Fault, refuse } from '../../script.ts'
import { formOf } from './form.ts'
import type { Link, Member } from './listing.ts'
import { isHidden, placeOf } from './places.ts'
import { listTar } from './tar.ts'
import { windowOn } from './window.ts'
import { listZip } from './zip.ts'

export interface Archive {
  readonly form: 'tar' | 'zip'
  /** In the archive's order. What macOS and Windows put beside files, and hidden files, are left out. */
  readonly members: readonly Member[]
  readonly links: readonly Link[]
  close(): Promise<void>
}
/**
 * Opens a tar or zip, and lists what it holds without reading any content.
 * @throws Fault with all that is wrong
 */
export async function openArchive(file: string, most: number): Promise<Archive> {
  const handle = await open(file)
  try {
    const window = await windowOn(handle)
    const form = await formOf((position, length) => bytesAt(handle, position, length))
    if (typeof form !== 'string') throw new Fault(`The archive ${form.fault}.`)
    const { members, links, faults } = await (form === 'tar' ? listTar : listZip)(window, most)
    const own = members.filter(({ place }) => !isHidden(place))
    refuse('The archive', [...faults, ...own.flatMap(({ place }) => nameFault(place) ?? []), ...twice(own)])
    const named = own.map(({ place, ...rest }) => ({ ...rest, place: placeOf(place)! }))
    return { form, members: named, links: links.filter(({ place }) => !isHidden(place)), close: () => handle.close() }
  } catch (error) {
    await handle.close()
    throw error
  }
}
function nameFault(place: string): string | undefined {
  const shown = JSON.stringify(place)
  if (placeOf(place) === undefined) return `The member ${shown} leads out of the archive. Pack it anew from within the images' folder.`
  return /\p{Cc}/u.test(place) ? `The member ${shown} has a line break or control character in its name. Rename it.` : undefined
}
function twice(members: readonly Member[]): readonly string[] {
  const seen = new Map<string, string>()
  return members.flatMap(({ place }) => {
    const key = (placeOf(place) ?? place).normalize('NFC')
    const before = seen.get(key)
    seen.set(key, place)
    const otherwise = before === place ? '' : `, once spelled "${before}"`
    return before === undefined ? [] : [`The archive holds "${place}" twice${otherwise}. Pack it anew.`]
  })
}
