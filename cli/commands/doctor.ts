import type { Command } from 'commander'
import type { DoctorOptions } from '../actions/doctor.ts'

export function register(program: Command): void {
  program
    .command('doctor [pipeline]')
    .description('say which tools are here, which are missing, and how to get them')
    .option('--install', 'install what is missing: with apt-get as root on Debian and Ubuntu, else with micromamba, mamba or conda')
    .option('--prefix <dir>', 'conda environment to install into; set TRIREME_PREFIX to it for runs (default: ~/.cache/trireme/env)')
    .option('--store <dir>', 'store whose folder is looked at (default: .trireme)')
    .option('--on <environment>', 'look at a cluster instead: its API, Argo, rights, bucket, secrets, GPU nodes')
    .option('--trial', 'with --on: also run two small steps there')
    .option('--image <name>', 'with --trial: the image to try, by the name that steps use (default reads)')
    .option('--json', 'print JSON')
    .addOption(program.createOption('--tests', 'look for what the tests of the package need, too').hideHelp())
    .action(async (pipeline: string | undefined, options: DoctorOptions) =>
      (await import('../actions/doctor.ts')).doctor(pipeline, options),
    )
}
