import type { Command } from 'commander'
import type { SetupOptions } from '../actions/cluster-setup.ts'

const several = (value: string, before: readonly string[] = []) => [...before, value]

export function register(program: Command): void {
  program
    .command('cluster-setup')
    .description('print the accounts and rights that runs on a cluster need, as YAML to read and apply')
    .requiredOption('--on <environment>', 'an environment whose target is argo')
    .option('--user <name>', 'who may submit runs, as the cluster knows them; may be given several times', several)
    .option('--group <name>', 'a group of people who may; may be given several times (default trireme-users)', several)
    .action(async (options: SetupOptions) => (await import('../actions/cluster-setup.ts')).printSetup(options))
}
