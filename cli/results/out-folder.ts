import { mkdirSync, readlinkSync, realpathSync, rmdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { unfollowed } from '../../core/left-behind.ts'

/**
 * Checks that files can be written below a folder, which need not exist yet: before hours of work, not after. Permissions alone do not tell,
 * since root may do everything and the system still refuses: a folder is made there, and removed.
 * @param flag what the folder was given as
 * @throws TriremeError `STORE` saying what is in the way
 */
export function checkOut(out: string, flag = '--out'): void {
  const refused = (fault: string, remedy = `Give another ${flag}.`) =>
    new TriremeError('STORE', `The results cannot be written to ${out}: ${fault}. ${remedy}`)
  for (let place = path.resolve(out); ; place = path.dirname(place)) {
    try {
      if (!statSync(place).isDirectory()) throw refused(`${place} is a file`, `Give a folder as ${flag}, new or not.`)
    } catch (cause) {
      if (cause instanceof TriremeError) throw cause
      const { code, message } = cause as NodeJS.ErrnoException // of Node's file functions
      if (unfollowed(place)?.isSymbolicLink() && code === 'ENOENT')
        throw refused(`${place} is a link to ${readlinkSync(place)}, which is not there`, `Make that folder, or give another ${flag}.`)
      if (code === 'ENOTDIR' || (code === 'ENOENT' && place !== path.dirname(place))) continue
      throw refused(message)
    }
    try {
      tryToMake(place)
      return
    } catch (cause) {
      throw refused(`nothing can be made in ${place} (${(cause as NodeJS.ErrnoException).code})`, `Give another ${flag}, or mend that.`)
    }
  }
}
/** One name for each user: what a killed run leaves, the next one takes away. Another run of the same user may have made or removed it in between. */
function tryToMake(place: string): void {
  const trial = path.join(place, `.trireme-out-${process.getuid?.() ?? 0}`)
  unlessItIs('EEXIST', () => mkdirSync(trial))
  unlessItIs('ENOENT', () => rmdirSync(trial))
}
function unlessItIs(code: string, act: () => void): void {
  try {
    act()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== code) throw cause
  }
}
/** @throws TriremeError `STORE` where results would lie among the files of the store */
export function checkApartFromStore(out: string, store: string): void {
  const real = realPath(out)
  const inside = path.relative(realPath(store), real)
  if (inside !== '' && (inside.startsWith(`..${path.sep}`) || inside === '..' || path.isAbsolute(inside))) return
  throw new TriremeError('STORE', `The results cannot be written to ${out}: it lies in the store ${store}. Give another --out.`)
}
/** The real path of a place that need not be there. */
function realPath(place: string): string {
  try {
    return realpathSync(place)
  } catch {
    const parent = path.dirname(path.resolve(place))
    return parent === path.resolve(place) ? parent : path.join(realPath(parent), path.basename(place))
  }
}
