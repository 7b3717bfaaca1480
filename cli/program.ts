import type { Command } from 'commander'
import { examples, examplesText } from './arguments/examples.ts'
import { print } from './display/print.ts'
import { terms, withExamples } from './help-terms.ts'
import { version } from './project/package.ts'

/**
 * How a command is made and mounted.
 *
 * Each is a module, `cli/commands/NAME.ts`, that exports
 *
 *     export function register(program: Command): void
 *
 * and in it declares itself: `program.command('list').description(…).action(…)`. It is named in `groups` below with the same words and
 * line, which is all that `trireme --help` needs: of the modules only the one that is called is loaded, so that help stays under 0.3 s.
 * What the command does is in `cli/actions/NAME.ts`, which the action imports when it is called; that module imports at its top, but for
 * what is heavy and needed by one branch only. Errors are thrown as `TriremeError`; `cli.ts` prints them and chooses the exit status. What
 * a command is asked for goes to stdout, all else to stderr.
 *
 * `register` may be asynchronous and take the words that follow the command's name: `run` makes its flags from the pipeline it names.
 */
export interface CommandModule {
  register(program: Command, words: readonly string[]): void | Promise<void>
}
export interface CommandEntry {
  /** As `program.command(…)` takes it: name and arguments. */
  readonly words: string
  readonly about: string
  readonly load: () => Promise<CommandModule>
}
export const groups: Readonly<Record<string, readonly CommandEntry[]>> = {
  'Start:': [
    { words: 'init <dir>', about: 'make a project with a pipeline that runs', load: () => import('./commands/init.ts') },
    {
      words: 'new <what> <name>',
      about: 'write the start of a step or pipeline, with a test that passes',
      load: () => import('./commands/new.ts'),
    },
    { words: 'list', about: 'list pipelines and steps', load: () => import('./commands/list.ts') },
    {
      words: 'show <name>',
      about: 'show a pipeline or step: inputs, parameters, outputs, tools; or an environment, to copy',
      load: () => import('./commands/show.ts'),
    },
    {
      words: 'doctor [pipeline]',
      about: 'say which tools are here, which are missing, and how to get them',
      load: () => import('./commands/doctor.ts'),
    },
    {
      words: 'completion <shell>',
      about: 'print a script by which bash, zsh or fish completes commands, pipelines, steps and flags',
      load: () => import('./commands/completion.ts'),
    },
  ],
  'Run:': [
    {
      words: 'plan <pipeline>',
      about: 'print every step that a run would take, and what is cached',
      load: () => import('./commands/plan.ts'),
    },
    { words: 'run <pipeline>', about: 'run a pipeline', load: () => import('./commands/run.ts') },
    {
      words: 'attach <run>',
      about: 'follow a run on a cluster again, after its client went away',
      load: () => import('./commands/attach.ts'),
    },
    {
      words: 'compile <pipeline>',
      about: 'write a plan as Argo Workflows, to be read, kept and submitted by others',
      load: () => import('./commands/compile.ts'),
    },
    { words: 'runs', about: 'list the runs of the store', load: () => import('./commands/runs.ts') },
    { words: 'logs <run> [step]', about: 'show what the steps of a run wrote', load: () => import('./commands/logs.ts') },
    { words: 'why <pipeline> <step>', about: 'say why a step would run again', load: () => import('./commands/why.ts') },
    {
      words: 'verify',
      about: 'compare everything in the store with its digests; what is damaged runs again',
      load: () => import('./commands/verify.ts'),
    },
    {
      words: 'fetch <dataset>',
      about: 'fetch a dataset from its archive; goes on where it stopped',
      load: () => import('./commands/fetch.ts'),
    },
    { words: 'clean', about: 'free space: remove what no kept run needs', load: () => import('./commands/clean.ts') },
  ],
  'Measure:': [
    {
      words: 'bench',
      about: 'measure what ways and places to do the same work take, and keep records that prove themselves',
      load: () => import('./commands/bench.ts'),
    },
    {
      words: 'bundle <comparison>',
      about: 'write a comparison and all that it needs into one file, for a machine without Node or network',
      load: () => import('./commands/bundle.ts'),
    },
  ],
  'Containers and clusters:': [
    {
      words: 'images [names...]',
      about: "build the container images of the package's steps, check their tools, and push them to a registry",
      load: () => import('./commands/images.ts'),
    },
    {
      words: 'cluster-setup',
      about: 'print the accounts and rights that runs on a cluster need, as YAML to read and apply',
      load: () => import('./commands/cluster-setup.ts'),
    },
  ],
  'Own copies:': [
    { words: 'add <name>', about: 'copy a step or pipeline with its test into the project', load: () => import('./commands/add.ts') },
    { words: 'diff [name]', about: 'compare copies with the ones they came from', load: () => import('./commands/diff.ts') },
    {
      words: 'upgrade [name]',
      about: 'bring copies up to the installed version, your changes kept',
      load: () => import('./commands/upgrade.ts'),
    },
  ],
}
export const entries = Object.values(groups).flat()
const commandName = (entry: CommandEntry) => entry.words.split(' ')[0]!

/** `help`, `help COMMAND` and `help run PIPELINE` as the flag says it. */
export function withHelpAsFlag(words: readonly string[]): readonly string[] {
  const [first, name, ...more] = words
  if (first !== 'help') return words
  const known = name === undefined || entries.some(entry => commandName(entry) === name)
  return known ? [...words.slice(1), '--help'] : [name, ...more] // an unknown command is told as such
}
/** The program with every command named, and the one that the words call loaded. */
export async function program(words: readonly string[]): Promise<Command> {
  const { Command } = await import('commander')
  const whole = new Command('trireme')
    .description('Typed bioinformatics pipelines that run anywhere.')
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .configureHelp(pages)
    .configureOutput(output)
    .showSuggestionAfterError(true)
    .showHelpAfterError('"trireme help" lists the commands, "trireme help COMMAND" says what one takes.')
    .exitOverride()
  const called = entries.find(entry => commandName(entry) === words[0])
  for (const [group, members] of Object.entries(groups)) {
    whole.commandsGroup(group)
    for (const entry of members) {
      if (entry !== called) whole.command(entry.words).description(entry.about)
      else {
        await (await entry.load()).register(whole, words.slice(1))
        const command = whole.commands.at(-1)
        // Help on one pipeline has examples of its own.
        if (command && !withExamples.has(command)) command.addHelpText('after', examplesText(examples[commandName(entry)] ?? []))
        for (const verb of command?.commands ?? [])
          verb.addHelpText('after', examplesText(examples[`${commandName(entry)} ${verb.name()}`] ?? []))
      }
    }
  }
  whole.addHelpText('after', '\nHelp on one command: trireme help COMMAND; on one pipeline: trireme help run PIPELINE')
  return whole
}
/** What commander writes: the words of the command line are quoted in it. */
const output = {
  writeOut: (text: string) => print(process.stdout, text),
  writeErr: (text: string) => print(process.stderr, text),
}
/** How help pages are laid out. */
const pages = {
  helpWidth: Math.min(process.stdout.columns ?? 110, 110),
  showGlobalOptions: false,
  optionTerm: (option: object & { readonly flags: string }) => terms.get(option) ?? option.flags,
}
