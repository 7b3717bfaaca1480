import type { Command } from 'commander'

interface Options {
  readonly dryRun?: boolean
  readonly conflicts?: boolean
  readonly undo?: boolean
}
export function register(program: Command): void {
  program
    .command('upgrade [name]')
    .description('bring copies up to the installed version, your changes kept')
    .option('--dry-run', 'show what would change, and write nothing')
    .option('--conflicts', 'where you and upstream changed the same lines, write both between marks')
    .option('--undo', 'take the last upgrade back')
    .addHelpText(
      'after',
      '\nWhat you changed and what upstream changed are merged. Where both changed the same lines, the step stays as it is, and both sides are shown;\nthe exit status is then 1.',
    )
    .action(async (name: string | undefined, options: Options) =>
      (await import('../actions/upgrade.ts')).upgradeOrUndo(name, process.cwd(), options),
    )
}
