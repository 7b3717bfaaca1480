/** A member's path as people write it; undefined where it would lead out of the archive, or is none. */
export function placeOf(name: string): string | undefined {
  if (/^([A-Za-z]:)?[/\\]/.test(name)) return undefined
  const parts = name.split('/').filter(part => part !== '' && part !== '.')
  return parts.length === 0 || parts.includes('..') ? undefined : parts.join('/')
}
/**
 * Where an image that was fetched lies in an archive: below its server's name, by the path of its address; with the query, where several differ by
 * that alone. First the longer one; none for what is no address of a file.
 */
export function placesOfUrl(address: string): readonly string[] {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return []
  const { host, pathname, search } = new URL(address)
  return pathname === '/' && search === ''
    ? []
    : [`${host}${decoded(pathname)}${search}`, `${host}${decoded(pathname)}`].flatMap(name => placeOf(name) ?? [])
}
function decoded(pathname: string): string {
  try {
    return decodeURI(pathname)
  } catch {
    return pathname // as a server may write it that knows no UTF-8
  }
}
/** What systems keep beside people's files, and hidden files: no images, whatever their names. */
export const isHidden = (place: string): boolean =>
  place.split('/').some(part => /^(\.(?!\.?$)|__MACOSX$|Thumbs\.db$|desktop\.ini$)/i.test(part))

/** Whether a file is an image by its name. What it is, its content says. */
export const isImageName = (place: string): boolean => /\.(png|jpe?g|jfif|tiff?|gif|webp|bmp|jp2|avif|heic)$/i.test(place)

/** One name may be written in two ways (é as one letter or as two): macOS takes the second. */
const plain = (name: string) => name.normalize('NFC')
const baseOf = (place: string) => place.slice(place.lastIndexOf('/') + 1)
const stemOf = (place: string) => place.replace(/(?<=[^/])\.[^./]*$/, '')
const endsIn = (place: string, name: string) => place === name || place.endsWith(`/${name}`)

/** The places that a name may mean: one, where it is clear. */
export type Finder = (name: string) => readonly string[]
/**
 * How images that a table names are found: by the whole path; else by the end of a path (`001.png` for `plate/001.png`); else by the same without
 * the file's ending; else by the end of the name (`/data/plate/001.png`, where the images are those of `/data`). Of several in one of these ways all are given.
 */
export function finderOf(places: readonly string[]): Finder {
  const whole = new Map<string, string>()
  const byBase = new Map<string, string[]>()
  for (const place of places) {
    const own = plain(place)
    whole.set(own, place)
    for (const key of new Set([baseOf(own), stemOf(baseOf(own))])) {
      const others = byBase.get(key)
      if (others) others.push(place)
      else byBase.set(key, [place])
    }
  }
  /** The whole path, where the name goes on from further up. */
  const below = (name: string): readonly string[] => {
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
      const place = whole.get(name.slice(at + 1))
      if (place !== undefined) return [place]
    }
    return []
  }
  return name => {
    const wanted = plain(placeOf(name) ?? name)
    const exact = whole.get(wanted)
    if (exact !== undefined) return [exact]
    const likely = byBase.get(baseOf(wanted)) ?? []
    const ending = likely.filter(place => endsIn(plain(place), wanted))
    const stems = ending.length > 0 ? [] : likely.filter(place => endsIn(stemOf(plain(place)), wanted))
    return [...ending, ...stems, ...(ending.length + stems.length > 0 ? [] : below(wanted))]
  }
}
