import type { Command } from 'commander'
import { defaultStore } from '../arguments/options.ts'

export function register(program: Command): void {
  program
    .command('attach <run>')
    .description('follow a run on a cluster again, after its client went away')
    .addHelpText(
      'after',
      '\nA run is named by its id, by the beginning or end of one, or "last". What it is to do was written down when it began: the command is read again in its folder, and nothing is sent twice.',
    )
    .option('--store <dir>', 'the store; also TRIREME_STORE (default .trireme)')
    .action(attach)
}
async function attach(words: string, { store: root = defaultStore() }: { readonly store?: string }): Promise<void> {
  const { existsSync } = await import('node:fs')
  const { Store } = await import('../../core/store/store.ts')
  const { useOwnTargets } = await import('../project/environments.ts')
  const { targetsThatCan } = await import('../../core/targets/registry.ts')
  const { TriremeError } = await import('../../core/errors.ts')
  const { findRun, isActive, noRuns } = await import('../history/record.ts')
  if (!existsSync(root)) throw noRuns(root)
  const store = await Store.open(root)
  const run = await findRun(store, words)
  const before = `trireme ${run.command.join(' ')}`
  if (isActive(store, run)) throw new TriremeError('USAGE', `The run ${run.id} is being followed already, by process ${run.process.pid}.`)
  if (run.state !== 'running')
    throw new TriremeError(
      'USAGE',
      `The run ${run.id} is over: it ${run.state === 'cancelled' ? 'was cancelled' : run.state}. To go on from what it made: ${before}`,
    )
  await useOwnTargets()
  const folders = await Promise.all((await targetsThatCan('attach')).map(target => target.attach.folder(store, run.id)))
  const folder = folders.find(each => each !== undefined)
  if (folder === undefined)
    throw new TriremeError(
      'USAGE',
      `The run ${run.id} sent nothing to a cluster. "trireme runs" lists runs; give the command of that run again.`,
    )
  if (!existsSync(folder))
    throw new TriremeError(
      'USAGE',
      `The run ${run.id} was started in ${folder}, which is gone. Its inputs are needed to go on: bring it back.`,
    )
  process.chdir(folder)
  const again = [...run.command, '--attach', run.id, '--store', store.root]
  const { Command } = await import('commander')
  const command = new Command('trireme').exitOverride()
  await (await import('./run.ts')).register(command, again.slice(1))
  await command.parseAsync(again, { from: 'user' })
}
