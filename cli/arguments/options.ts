import type { Command } from 'commander'
import { TriremeError } from '../../core/errors.ts'
import { bytesFrom } from '../../core/vocabulary/quantity.ts'
import { noteLine } from '../display/print.ts'
import { withExamples } from '../help-terms.ts'
import { type AnyPipeline, findPipeline, profilesOf } from '../project/catalogue.ts'
import { addFlags, type Flag, flagsOf, readFlags } from './arguments.ts'
import { examplesText } from './examples.ts'
import type { Raw } from './raw.ts'

/** What `run`, `plan`, `compile` and `why` take besides the pipeline's own flags. */
export interface RunFlags {
  readonly out: string
  readonly store: string
  readonly cpu?: number
  readonly memory?: number
  readonly gpu?: number
  readonly profile?: string
  /** Name of an environment. */
  readonly on?: string
  readonly paramsFile?: string
  readonly failFast?: boolean
  readonly install: boolean
  readonly stream: boolean
  readonly json?: boolean
  readonly link?: boolean
  readonly publishPartial?: boolean
  readonly overwrite?: boolean
  readonly dryRun?: boolean
  /** Goes on with a run that was sent to a cluster: set by `trireme attach`. */
  readonly attach?: string
  readonly keys?: boolean
  readonly yes?: boolean
  /** Folder for what `compile` writes. */
  readonly output?: string
  readonly as?: string
}
/** What `attach`, `logs` and `verify` take. */
export interface StoreOptions {
  readonly store?: string
}
export type Verb = 'run' | 'plan' | 'why' | 'compile'
export const defaultStore = (): string => process.env.TRIREME_STORE || '.trireme'

/** Adds the options of the verb, under a heading of their own. */
async function addOptions(command: Command, verb: Verb): Promise<Command> {
  const { Option } = await import('commander')
  const add = (flags: string, about: string, as?: (text: string) => unknown) => {
    const option = new Option(flags, about).helpGroup('Options:')
    command.addOption(as ? option.argParser(as) : option)
    return option
  }
  if (verb === 'run' || verb === 'plan') add('--out <dir>', 'folder for the results (default results)')
  if (verb === 'compile') {
    add('-o, --output <dir>', 'folder for the manifests and the objects that they refer to')
    add('--as <form>', 'workflow, or template: a WorkflowTemplate and a thin Workflow that starts it (default workflow)')
  }
  add('--store <dir>', 'where finished work is kept; also TRIREME_STORE (default .trireme)')
  add('--on <environment>', 'where to run: an environment of "trireme list --environments" (default: processes of this machine)')
  add('--profile <name>', 'arguments bound to a dataset, such as test; a params file and flags come before it')
  add('--params-file <file>', 'inputs and parameters from a YAML or JSON file; flags come before it')
  if (verb === 'run') {
    add('--cpu <n>', 'cores that steps may use together (default all)', text => wholeNumber('--cpu', text, 1))
    add('--memory <size>', 'memory that steps may use together, such as 8GiB or 500MB (default all)', text => size('--memory', text))
    add('--gpu <n>', 'GPUs that steps may use together (default 0)', text => wholeNumber('--gpu', text, 0))
    add('--fail-fast', 'stop everything at the first failure')
    add('--link', 'publish results as links into the store')
    add('--overwrite', 'replace files below --out that no run published, or that were changed since; never an input')
    add('--publish-partial', 'publish the results that were made even when a step failed')
    add('--dry-run', 'print the plan and run nothing')
    add('--json', 'print events as JSON lines')
    add('--attach <run>', 'go on with a run that was sent to a cluster').hideHelp()
    add('-y, --yes', 'ask nothing, as runs never do: accepted for scripts that say so')
  }
  if (verb === 'run' || verb === 'plan') add('--no-install', 'fail where a tool is missing, instead of installing it')
  if (verb !== 'why') add('--no-stream', 'write every file, instead of joining steps by pipes')
  if (verb === 'plan') add('--keys', 'print the key of every step')
  command.helpOption('-h, --help', 'print help')
  return command
}
export function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || !Number.isSafeInteger(value))
    throw new TriremeError('USAGE', `${flag} takes a whole number from ${least}, got ${JSON.stringify(text)}.`)
  return value
}
export function size(flag: string, text: string): number {
  const bytes = bytesFrom(text)
  if (bytes === undefined)
    throw new TriremeError(
      'USAGE',
      `${flag} takes a size with its unit, such as 8GiB or 500MB, of at least 1MiB; got ${JSON.stringify(text)}.`,
    )
  return bytes
}

/** A parsed command: its pipeline, arguments and options. */
export interface Asked {
  readonly pipeline: AnyPipeline
  readonly flags: readonly Flag[]
  readonly given: Raw
  readonly options: RunFlags
  readonly operands: readonly string[]
}
/**
 * Declares `run`, `plan`, `compile` or `why` with the flags of the pipeline that the command line names, so that one parse and one help page cover them all.
 * @throws TriremeError `USAGE` when there is no such pipeline
 */
export async function registerVerb(
  program: Command,
  words: readonly string[],
  { verb, about, extra = '' }: { readonly verb: Verb; readonly about: string; readonly extra?: string },
  act: (asked: Asked) => Promise<void>,
): Promise<void> {
  const { Command } = await import('commander')
  const finder = (await addOptions(new Command(), verb)).allowUnknownOption().allowExcessArguments().helpOption(false).exitOverride()
  finder.configureOutput({ writeErr: () => {} })
  const name = nameIn(finder, words)
  const command = program.command(`${verb} <pipeline>${extra}`).description(about)
  if (name === undefined) {
    await addOptions(command, verb)
    command.addHelpText('after', `\nA pipeline's own flags: trireme help ${verb} PIPELINE. Pipelines: trireme list.`)
    command.showHelpAfterError(`The pipeline's name comes first: trireme ${verb} PIPELINE${extra} [flags]`)
    return
  }
  const { it: pipeline, home, file } = await findPipeline(name)
  const flags = flagsOf(pipeline, new Set(finder.options.map(option => option.long ?? '')))
  await addFlags(command, flags)
  await addOptions(command, verb)
  withExamples.add(command)
  command.addHelpText('after', examplesText(await pipelineExamples(name, flags, verb)))
  command
    .usage(`${name}${extra} [flags]`)
    .description(pipeline.spec.about ?? about)
    .showHelpAfterError(`"trireme ${verb} ${name} --help" lists all flags.`)
    .action(async () => {
      const read = await readFlags(command, flags)
      const long = (name: string) => flags.find(flag => flag.name === name)?.long ?? name
      const given = Object.fromEntries(
        Object.entries(read).map(([name, value]) => [name, { value, words: long(name), folder: process.cwd() }]),
      )
      const options: RunFlags = {
        out: 'results',
        store: defaultStore(),
        ...command.opts<Partial<RunFlags>>(),
        install: command.getOptionValue('install') !== false,
        stream: command.getOptionValue('stream') !== false,
      }
      const asked = { pipeline, flags, given, options, operands: command.args }
      if (home === 'package' || (verb !== 'run' && verb !== 'plan')) return act(asked)
      const { checkTypes } = await import('../project/types.ts') // only for a project's own
      const types = checkTypes(file, noteLine)
      try {
        await act(asked)
      } catch (error) {
        await types?.tell(5000) // it may say more of the same fault
        throw error
      }
      await types?.tell(verb === 'plan' || options.dryRun ? 5000 : 500)
    })
}
/** A command with a profile, which runs as it stands where there is one, and one with files of one's own. */
async function pipelineExamples(name: string, flags: readonly Flag[], verb: Verb): Promise<readonly string[]> {
  const profiles = Object.keys(await profilesOf(name))
  const profile = profiles.includes('test') ? 'test' : profiles[0]
  const own = flags.filter(({ required }) => required).map(({ long, value, example }) => (value === '' ? long : `${long} ${example}`))
  const step = verb === 'why' ? ' STEP' : ''
  const end = verb === 'compile' ? ' --on onprem-argo -o manifests' : ''
  const ways = [...(profile === undefined ? [] : [`--profile ${profile}`]), own.join(' ')]
  return ways.map(way => `trireme ${verb} ${name}${step} ${way}${end}`.replace(/ +$/, ''))
}
/** The first word that is neither an option of ours nor its value. A flag of the pipeline cannot come before its name. */
function nameIn(finder: Command, words: readonly string[]): string | undefined {
  try {
    finder.parse([...words], { from: 'user' })
  } catch {
    return undefined // the parse that follows will report what is wrong
  }
  const [first] = finder.args
  return first === undefined || first.startsWith('-') ? undefined : first
}
