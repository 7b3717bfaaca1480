import { existsSync } from 'node:fs'
import { TriremeError } from '../../core/errors.ts'
import { Store } from '../../core/store/store.ts'
import { verify } from '../../core/store/verify.ts'
import { bytesText } from '../../core/vocabulary/quantity.ts'
import { defaultStore, type StoreOptions } from '../arguments/options.ts'
import { say } from '../display/print.ts'
import { Screen } from '../display/screen.ts'

export async function compareStore({ store: root = defaultStore() }: StoreOptions): Promise<void> {
  if (!existsSync(root)) return say(`There is no store ${root}: nothing to verify.`)
  const store = await Store.open(root)
  const steps = (n: number) => `${n} finished step${n === 1 ? '' : 's'}`
  let count = ''
  const screen = process.stderr.isTTY ? new Screen(process.stderr, () => count) : undefined
  const verified = verify(store, (done, of) => {
    count = `${done} of ${of}`
  })
  const { entries, bytes, damaged, unproved } = await verified
    .catch(cause => {
      throw store.refusal(cause) ?? cause
    })
    .finally(() => screen?.close())
  const older =
    unproved > 0 ? ` ${unproved} unproved: an older version wrote the record, which does not show whether a byte of it was changed.` : ''
  if (damaged.length === 0) return say(`${steps(entries)} verified, ${bytesText(bytes)}: all as they were made.${older}`)
  const lines = damaged.map(({ key, label, fault, place }) => {
    const moved = place === undefined ? 'It could not be moved away.' : `Moved to ${place}.`
    return `  ${label ?? key}: ${fault}. ${moved}`
  })
  throw new TriremeError(
    'STORE',
    `${damaged.length} of ${steps(entries)} ${damaged.length === 1 ? 'was' : 'were'} damaged:\n${lines.join('\n')}\nRun the same commands again: what is missing is made anew. If the disk is at fault, move the store to another first.`,
  )
}
