import type { Command } from 'commander'

interface Options {
  readonly on: string
  readonly user?: readonly string[]
  readonly group?: readonly string[]
}
const several = (value: string, before: readonly string[] = []) => [...before, value]

export function register(program: Command): void {
  program
    .command('cluster-setup')
    .description('print the accounts and rights that runs on a cluster need, as YAML to read and apply')
    .requiredOption('--on <environment>', 'an environment whose target is argo')
    .option('--user <name>', 'who may submit runs, as the cluster knows them; may be given several times', several)
    .option('--group <name>', 'a group of people who may; may be given several times (default trireme-users)', several)
    .action(printSetup)
}
async function printSetup({ on, user = [], group = user.length > 0 ? [] : ['trireme-users'] }: Options): Promise<void> {
  const { environmentThatCan } = await import('../project/environments.ts')
  const { environment, target } = await environmentThatCan(on, 'setup')
  const subjects = [...user.map(name => ({ kind: 'User' as const, name })), ...group.map(name => ({ kind: 'Group' as const, name }))]
  process.stdout.write(await target.setup.text(environment, subjects))
}
