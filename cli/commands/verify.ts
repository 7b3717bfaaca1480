import type { Command } from 'commander'
import { defaultStore } from '../arguments/options.ts'

export function register(program: Command): void {
  program
    .command('verify')
    .description('compare everything in the store with its digests; what is damaged runs again')
    .option('--store <dir>', 'the store; also TRIREME_STORE (default .trireme)')
    .addHelpText(
      'after',
      `
Reads every file of every finished step. What is not as it was made is moved to the store's folder "damaged", and its step runs again
when it is next needed; nothing else is removed. The journal is written anew. Runs may go on meanwhile. The exit status is 7 when
something was damaged.`,
    )
    .action(compareStore)
}
async function compareStore({ store: root = defaultStore() }: { readonly store?: string }): Promise<void> {
  const { existsSync } = await import('node:fs')
  const { verify } = await import('../../core/store/verify.ts')
  const { Store } = await import('../../core/store/store.ts')
  const { TriremeError } = await import('../../core/errors.ts')
  const { bytesText } = await import('../../core/vocabulary/quantity.ts')
  const { say } = await import('../display/print.ts')
  if (!existsSync(root)) return say(`There is no store ${root}: nothing to verify.`)
  const store = await Store.open(root)
  const steps = (n: number) => `${n} finished step${n === 1 ? '' : 's'}`
  const progress = process.stderr.isTTY ? (done: number, of: number) => void process.stderr.write(`\r${done} of ${of} `) : undefined
  const { entries, bytes, damaged } = await verify(store, progress).catch(cause => {
    throw store.refusal(cause) ?? cause
  })
  if (progress) process.stderr.write('\r')
  if (damaged.length === 0) return say(`${steps(entries)} verified, ${bytesText(bytes)}: all as they were made.`)
  const lines = damaged.map(({ key, label, fault, place }) => {
    const moved = place === undefined ? 'It could not be moved away.' : `Moved to ${place}.`
    return `  ${label ?? key}: ${fault}. ${moved}`
  })
  throw new TriremeError(
    'STORE',
    `${damaged.length} of ${steps(entries)} ${damaged.length === 1 ? 'was' : 'were'} damaged:\n${lines.join('\n')}\nRun the same commands again: what is missing is made anew. If the disk is at fault, move the store to another first.`,
  )
}
