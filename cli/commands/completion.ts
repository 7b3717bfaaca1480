import type { Command } from 'commander'

export function register(program: Command): void {
  program
    .command('completion <shell>')
    .description('print a script by which bash, zsh or fish completes commands, pipelines, steps and flags')
    .addHelpText(
      'after',
      `
bash, in ~/.bashrc:                    eval "$(trireme completion bash)"
zsh, in ~/.zshrc, after compinit:      eval "$(trireme completion zsh)"
fish, in ~/.config/fish/config.fish:   trireme completion fish | source
The script calls the very program that printed it: in a project, "npx trireme completion bash".`,
    )
    .action(async (shell: string) => (await import('../actions/completion.ts')).printCompletion(shell))
}
