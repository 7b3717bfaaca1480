import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Gather, GatheredFile, GatheringPlace } from 'trireme-bio'
import { bytesAt, withFile } from '../../bgzf.ts'
import { patience } from '../../http.ts'
import { fetchAll, fileOf, readAddresses } from './addresses.ts'
import { listFolder } from './folder.ts'
import { type Item, teller } from './item.ts'
import { archiveName, digestOf, fetchedName } from './names.ts'
import { writeTar } from './tar.ts'

/** A list of addresses is text, and no image or archive of this size. */
const mostOfList = 2 ** 26

/**
 * One tar of the images of a folder, or of a list of addresses: made once, and taken again as long as nothing of it changed. The same images
 * make the same bytes, wherever they lie.
 * @returns undefined for what is a file as it is
 */
export const gather: Gather = async (given, at) => {
  const found = await stat(given).catch(() => undefined)
  if (found?.isDirectory()) return ofFolder(given, at)
  if (!found?.isFile() || found.size > mostOfList || (await isBinary(given))) return undefined
  return ofAddresses(given, at)
}
/** Also what nobody may read: who reads it next says so. */
const isBinary = (file: string) =>
  withFile(file, async handle => (await bytesAt(handle, 0, 512)).toString('latin1').includes('\0\0')).catch(() => true)

async function ofFolder(folder: string, { folder: kept, tell }: GatheringPlace): Promise<GatheredFile> {
  let listing = await listFolder(folder)
  // What changes within a step of the clock that writes its time may change again without a trace: wait until the clock has moved on.
  const wait = listing.changed + clockStep(listing.changed) - Date.now()
  if (wait > 0) {
    await new Promise(done => setTimeout(done, Math.min(wait, 3000)))
    listing = await listFolder(folder)
  }
  if (listing.faults.length > 0) return { faults: listing.faults }
  const state = stateOf(listing.images.map(({ place, state }) => [place, state]))
  return madeOnce(folder, kept, state, async file => {
    const { images } = listing
    tell(
      `Packing the ${countOf(images)} of ${folder} (${mebibytes(images)}) into one archive, which is taken again while they stay as they are.`,
    )
    const progress = teller(tell)
    const faults = await writeTar(images, file, done => progress(() => `Packed ${done.toLocaleString('en')} of ${countOf(images)}.`))
    if (faults.length > 0) return faults
    const after = await listFolder(folder)
    if (stateOf(after.images.map(({ place, state }) => [place, state])) === state) return []
    rmSync(file)
    return ['The folder changed while it was packed. Wait until nothing writes to it, and give the same command again.']
  })
}
const clockStep = (changed: number) => (changed % 1000 === 0 ? 2500 : 100)

async function ofAddresses(list: string, { folder: kept, tell, online }: GatheringPlace): Promise<GatheredFile | undefined> {
  const read = readAddresses(await readFile(list))
  if (read === undefined) return undefined
  if (read.faults.length > 0) return { faults: read.faults }
  const { addresses } = read
  return madeOnce(list, kept, stateOf(addresses), async file => {
    tell(`Fetching ${addresses.length.toLocaleString('en')} images that ${list} names. They are kept until "trireme clean".`)
    await online?.()
    const progress = teller(tell)
    const folder = path.join(kept, fetchedName(list))
    const faults = await fetchAll(addresses, folder, patience, done =>
      progress(() => `Fetched ${done.toLocaleString('en')} of ${addresses.length.toLocaleString('en')} images.`),
    )
    if (faults.length > 0) return faults
    const failed = await writeTar(addresses.map(address => fetched(address.place, fileOf(address, folder))).sort(byPlace), file, () => {})
    if (failed.length === 0) rmSync(folder, { recursive: true })
    return failed
  })
}
function fetched(place: string, file: string): Item {
  const { size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
  return { place, file, size: Number(size), state: `${size}:${mtimeNs}:${ctimeNs}` }
}
const byPlace = (a: Item, b: Item) => (a.place < b.place ? -1 : 1)
const stateOf = (of: unknown) => digestOf(JSON.stringify(of))
const countOf = (images: readonly Item[]) => `${images.length.toLocaleString('en')} ${images.length === 1 ? 'image' : 'images'}`
const mebibytes = (images: readonly Item[]) =>
  `${Math.ceil(images.reduce((sum, { size }) => sum + size, 0) / 2 ** 20).toLocaleString('en')} MiB`

async function madeOnce(
  given: string,
  folder: string,
  state: string,
  make: (file: string) => Promise<readonly string[]>,
): Promise<GatheredFile> {
  const file = path.join(folder, archiveName(given, state))
  if (existsSync(file)) return { file }
  mkdirSync(folder, { recursive: true })
  const faults = await make(file)
  return faults.length > 0 ? { faults } : { file }
}
