import { existsSync } from 'node:fs'
import { TriremeError } from '../../core/errors.ts'
import { Store } from '../../core/store/store.ts'
import { bytesText } from '../../core/vocabulary/quantity.ts'
import { defaultStore, size, wholeNumber } from '../arguments/options.ts'
import { say } from '../display/print.ts'
import { age, sweep } from '../history/free-space.ts'

export interface CleanOptions {
  readonly store?: string
  readonly keepLast?: string
  readonly olderThan?: string
  readonly maxSize?: string
  readonly dryRun?: boolean
}
export async function clean({ store: root = defaultStore(), keepLast, olderThan, maxSize, dryRun = false }: CleanOptions): Promise<void> {
  const keep = {
    ...(keepLast !== undefined && { last: wholeNumber('--keep-last', keepLast, 0) }),
    ...(olderThan !== undefined && { since: Date.now() - age(olderThan) }),
    ...(maxSize !== undefined && { bytes: size('--max-size', maxSize) }),
  }
  if (!existsSync(root)) return say(`There is no store ${root}: nothing to remove.`)
  const store = await Store.open(root)
  const freed = await sweep(store, keep, dryRun)
  if (!freed) {
    const [run] = store.running()
    throw new TriremeError(
      'STORE',
      `${run === undefined ? 'Another process removes from the store at this moment' : `Run ${run} goes on`}, so nothing was removed. Try again when it has ended.`,
    )
  }
  const parts = [
    [freed.runs, 'run', 'runs'],
    [freed.entries, 'finished step', 'finished steps'],
    [freed.archives, 'archive of images', 'archives of images'],
    [freed.folders, 'work folder', 'work folders'],
  ] as const
  const what = parts.flatMap(([n, one, many]) => (n > 0 ? [`${n} ${n === 1 ? one : many}`] : []))
  if (what.length === 0) return say('Nothing to remove.')
  say(`${dryRun ? 'Would remove' : 'Removed'} ${what.join(', ')}: ${bytesText(freed.bytes)}.`)
}
