import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { TriremeError } from '../../core/errors.ts'
import { hidden } from '../../core/secrets.ts'
import { Store } from '../../core/store/store.ts'
import { targetsThatCan } from '../../core/targets/registry.ts'
import { quoted } from '../../core/vocabulary/command.ts'
import { defaultStore, registerVerb, type StoreOptions } from '../arguments/options.ts'
import { findRun, isActive, noRuns } from '../history/record.ts'
import { useOwnTargets } from '../project/environments.ts'
import { runPipeline } from './run.ts'

export async function attach(words: string, { store: root = defaultStore() }: StoreOptions): Promise<void> {
  if (!existsSync(root)) throw noRuns(root)
  const store = await Store.open(root)
  const run = await findRun(store, words)
  const before = `trireme ${run.command.map(quoted).join(' ')}`
  if (isActive(store, run)) throw new TriremeError('USAGE', `The run ${run.id} is being followed already, by process ${run.process.pid}.`)
  if (run.state !== 'running')
    throw new TriremeError(
      'USAGE',
      `The run ${run.id} is over: it ${run.state === 'cancelled' ? 'was cancelled' : run.state}. To go on from what it made: ${before}`,
    )
  if (run.command.some(word => word.includes(hidden)))
    throw new TriremeError(
      'USAGE',
      `The command of run ${run.id} held a secret, which no record keeps, so it cannot be given again from here. Give it with the secret in the place of ${hidden}, and --attach ${run.id}: ${before}`,
    )
  let folder = await folderOf(store, run.id)
  if (folder === undefined) {
    await useOwnTargets() // of this folder: that of the run is not known, and only a target of its own may know it
    folder = await folderOf(store, run.id)
  }
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
  const command = new Command('trireme').exitOverride()
  await registerVerb(command, again.slice(1), { verb: 'run', about: 'run a pipeline' }, runPipeline)
  await command.parseAsync(again, { from: 'user' })
}
/** Where a run was started, as the target says that has sent it somewhere; undefined where none knows it. */
async function folderOf(store: Store, run: string): Promise<string | undefined> {
  const folders = await Promise.all((await targetsThatCan('attach')).map(target => target.attach.folder(store, run)))
  return folders.find(each => each !== undefined)
}
