import type { Command } from 'commander'
import { defaultStore } from '../arguments/options.ts'

export function register(program: Command): void {
  program
    .command('clean')
    .description('free space: remove what no kept run needs')
    .option('--store <dir>', 'the store; also TRIREME_STORE (default .trireme)')
    .option('--keep-last <n>', 'keep what the latest n runs need')
    .option('--older-than <age>', 'forget runs older than this, such as 7d, 12h or 30m')
    .option('--max-size <size>', 'forget the oldest runs until the rest needs no more than this, such as 50GB; the latest run stays')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .addHelpText(
      'after',
      `
Without options, only what no run of the list needs is removed: folders of failed and of damaged steps, and work that was cut off.
With --keep-last, --older-than or --max-size, older runs are forgotten with what only they need. Nothing is removed while a run
goes on. Published results are never touched, unless they were published with --link.`,
    )
    .action(clean)
}
interface Options {
  readonly store?: string
  readonly keepLast?: string
  readonly olderThan?: string
  readonly maxSize?: string
  readonly dryRun?: boolean
}
async function clean({ store: root = defaultStore(), keepLast, olderThan, maxSize, dryRun = false }: Options): Promise<void> {
  const { existsSync } = await import('node:fs')
  const { age, sweep } = await import('../history/free-space.ts')
  const { size, wholeNumber } = await import('../arguments/options.ts')
  const { Store } = await import('../../core/store/store.ts')
  const { TriremeError } = await import('../../core/errors.ts')
  const { bytesText } = await import('../../core/vocabulary/quantity.ts')
  const { say } = await import('../display/print.ts')
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
    [freed.folders, 'work folder', 'work folders'],
  ] as const
  const what = parts.flatMap(([n, one, many]) => (n > 0 ? [`${n} ${n === 1 ? one : many}`] : []))
  if (what.length === 0) return say('Nothing to remove.')
  say(`${dryRun ? 'Would remove' : 'Removed'} ${what.join(', ')}: ${bytesText(freed.bytes)}.`)
}
