import type { Argument, Command, Option } from 'commander'
import { entries, program } from './program.ts'

/** A word that may stand next, and what is said of it. */
export interface Candidate {
  readonly word: string
  readonly about?: string
}
/**
 * Words that may complete a command line: for the scripts of `trireme completion`. Where there are none the shell offers files.
 * @param words after the command's name; the last is what was typed so far, perhaps nothing
 */
export async function candidates(words: readonly string[]): Promise<readonly Candidate[]> {
  const typed = words.at(-1) ?? ''
  const found = await anyCandidates(words.slice(0, -1), typed).catch(() => []) // of a line that is wrong already nothing is known
  return found.filter(({ word }) => word.startsWith(typed))
}
async function anyCandidates(before: readonly string[], typed: string): Promise<readonly Candidate[]> {
  const [name] = before
  const commands = entries.map(({ words, about }) => ({ word: words.split(' ')[0]!, about }))
  if (name === undefined) {
    const more = typed.startsWith('-') ? ['--help', '--version'].map(word => ({ word })) : [{ word: 'help', about: 'print help' }]
    return [...commands, ...more]
  }
  if (name === 'help') return before.length === 1 ? commands : onlyWords(await anyCandidates(before.slice(1), typed))
  const called = (await program(before)).commands.find(each => each.name() === name)
  if (!called || !commands.some(({ word }) => word === name)) return []
  if (called.commands.length > 0 && before.length === 1 && !typed.startsWith('-'))
    return called.commands.map(verb => ({ word: verb.name(), about: verb.description() }))
  const verb = called.commands.find(each => each.name() === before[1])
  const command = verb ?? called
  const { operands, open } = readWords(command, before.slice(verb ? 2 : 1))
  if (open && !(open.variadic && typed.startsWith('-'))) return optionValues(open, operands)
  if (typed.startsWith('-')) return flagsOfCommand(command)
  const argument = operandAt(command, operands.length)
  if (argument) return operandNames(argument.name(), operands)
  return typed === '' ? flagsOfCommand(command) : []
}
const onlyWords = (all: readonly Candidate[]) => all.filter(({ word }) => !word.startsWith('-'))
/** The operands among words, and the option whose value comes next. */
function readWords(
  command: Command,
  words: readonly string[],
): { readonly operands: readonly string[]; readonly open: Option | undefined } {
  const operands: string[] = []
  let open: Option | undefined
  for (const word of words) {
    const option = command.options.find(({ long, short }) => word === long || word === short)
    if (option) open = option.required || option.optional ? option : undefined
    else if (word.startsWith('-')) open = undefined
    else if (open) open = open.variadic ? open : undefined
    else operands.push(word)
  }
  return { operands, open }
}
function operandAt({ registeredArguments }: Command, n: number): Argument | undefined {
  const last = registeredArguments.at(-1)
  return registeredArguments[n] ?? (last?.variadic ? last : undefined)
}
const flagsOfCommand = ({ options }: Command): readonly Candidate[] => [
  // Negated flags are hidden in help, where `--[no-]trim` stands for both.
  ...options.flatMap(({ long, description, hidden }) =>
    long && (!hidden || description === '') ? [{ word: long, about: description }] : [],
  ),
  { word: '--help', about: 'print help' },
]
/** Values of an option: its choices, or names of what it takes. */
async function optionValues({ long, flags, description }: Option, operands: readonly string[]): Promise<readonly Candidate[]> {
  const choices = /<([^<>]*\|[^<>]*)>/.exec(flags)?.[1]?.split('|') ?? /\(one of ([^();]+)/.exec(description)?.[1]?.split(', ')
  if (choices && !choices.includes('file')) return choices.map(word => ({ word }))
  if (long === '--on') return operandNames('environment', operands)
  if (long === '--profile') return profiles(operands[0])
  if (long === '--as') return ['workflow', 'template'].map(word => ({ word }))
  return []
}
async function profiles(pipeline: string | undefined): Promise<readonly Candidate[]> {
  const { profilesOf } = await import('./project/catalogue.ts')
  return pipeline === undefined ? [] : Object.entries(await profilesOf(pipeline)).map(([word, { about }]) => ({ word, about }))
}
/** Names by what help calls the operand. */
async function operandNames(what: string, operands: readonly string[]): Promise<readonly Candidate[]> {
  const catalogue = await import('./project/catalogue.ts')
  type Listed = Awaited<ReturnType<typeof catalogue.steps>>[number] | Awaited<ReturnType<typeof catalogue.pipelines>>[number]
  const listed = (all: readonly Listed[]) =>
    all.flatMap(({ name, place, it }) => {
      const about = it.spec.about ?? ''
      return [{ word: name, about }, ...(place.includes('/') ? [{ word: place, about }] : [])]
    })
  const environments = async () => {
    const { environmentNames } = await import('./project/environments.ts')
    return (await environmentNames()).map(word => ({ word, about: 'an environment' }))
  }
  if (what === 'pipeline') return listed(await catalogue.pipelines())
  if (what === 'environment') return environments()
  if (what === 'comparison' || what === 'comparisons')
    return (await catalogue.comparisons()).map(({ name, it }) => ({ word: name, about: it.about }))
  if (what === 'name') return [...listed(await catalogue.pipelines()), ...listed(await catalogue.steps()), ...(await environments())]
  if (what === 'names') return Object.keys((await import('../containers/images.ts')).contents).map(word => ({ word }))
  if (what === 'shell') return ['bash', 'zsh', 'fish'].map(word => ({ word }))
  if (what === 'what') return ['step', 'pipeline'].map(word => ({ word }))
  if (what === 'dataset') return [{ word: 'idr0042' }]
  if (what === 'run') return runs()
  if (what === 'step' && operands.length === 1) return stepsOfRun(operands[0]!)
  return []
}
/** The store of the working directory, where there is one: to look makes none. */
async function store() {
  const { existsSync } = await import('node:fs')
  const { defaultStore } = await import('./arguments/options.ts')
  if (!existsSync(defaultStore())) return undefined
  return (await import('../core/store/store.ts')).Store.open(defaultStore())
}
async function runs(): Promise<readonly Candidate[]> {
  const opened = await store()
  if (!opened) return []
  const { runsOf } = await import('./history/record.ts')
  const all = (await runsOf(opened)).map(({ id, pipeline, state }) => ({ word: id, about: `${pipeline}, ${state}` }))
  return [{ word: 'last', about: 'the latest' }, ...all]
}
/** Labels of the steps of a run; of a pipeline, those of its latest run. */
async function stepsOfRun(words: string): Promise<readonly Candidate[]> {
  const opened = await store()
  if (!opened) return []
  const { eventsOf, findRun, runsOf } = await import('./history/record.ts')
  const latest = (await runsOf(opened)).find(({ pipeline }) => pipeline === words)
  const events = await eventsOf(opened, (latest ?? (await findRun(opened, words))).id)
  return events.flatMap(event => (event.event === 'planned' ? [{ word: event.step }] : []))
}
