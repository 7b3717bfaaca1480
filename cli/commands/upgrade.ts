import type { Command } from 'commander'
import { TriremeError } from '../../core/errors.ts'

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
    .action(async (name: string | undefined, { undo: back = false, ...options }: Options) => {
      if (back && (name !== undefined || options.dryRun || options.conflicts))
        throw new TriremeError('USAGE', '--undo takes the whole last upgrade back, so it stands alone: trireme upgrade --undo')
      const { undo, upgrade } = await import('../actions/upgrade.ts')
      const whole = back ? undo(process.cwd()) : await upgrade(name, process.cwd(), options)
      if (!whole) process.exitCode = 1
    })
}
