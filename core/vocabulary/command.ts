import { PlanError } from '../errors.ts'
import { refusesText } from './misuse.ts'

/** A file of the step: its path is known only when it runs. */
export interface Slot {
  readonly slot: string
  readonly part?: string
  readonly key?: string
}
/** All files of a `many` input, in order: stands for as many words. */
export interface SlotList {
  readonly list: string
}
/** An amount the machine grants. Symbolic in the key: it never changes what is computed, only how fast. */
export interface Granted {
  readonly granted: 'cpu' | 'memory'
  readonly unit: number
  readonly share: number
  /** Divided by the cores granted, as `samtools sort -m` is per thread. */
  readonly per?: 'cpu'
}
/** Compression level of an output: 0 on a link between steps, where it would be undone at once; the step's own in a file. Symbolic, like a grant. */
export interface Level {
  readonly level: number
  readonly of: string
}
/**
 * A folder that outlives attempts at the step which were killed or failed, until one succeeds: a place for checkpoints. Symbolic: what a
 * step makes must not depend on whether it began anew or went on from there.
 */
export interface Resume {
  readonly kept: 'resume'
}
/** One argument made of several pieces, such as --out=PATH. */
export interface Glued {
  readonly glued: readonly Word[]
}
/** A file of one word a line, written before the step starts: stands for its path. */
export interface ResponseFile {
  readonly lines: readonly (Word | SlotList)[]
}
/** One argument. Never split: 'a b' stays one argument. */
export type Word = string | number | Slot | Granted | Level | Resume | Glued | ResponseFile
type Words = Word | SlotList | readonly (Word | SlotList)[]
export type Argv = readonly [program: string | Slot, ...words: Words[]]

/** What a step runs, as data: pipes of programs, one pipe after another; the last one's stdout may go to an output. */
export interface Script {
  readonly pipes: readonly (readonly Argv[])[]
  readonly stdout?: Slot
}
/** What `run` and `pipe` give: a script, whose standard output may be sent `into` an output. Without that it goes to the step's log. */
export interface Command extends Script {
  /**
   * Sends the standard output of the last program to an output of the step: to one that is a file (its slot, or one of its parts), not to
   * a list. An output has one writer, and a step one such output.
   */
  readonly into: (output: Slot) => Script
}
/**
 * A word that stands for one which is known when the step runs: it refuses to become text. Only `word` puts it into an argument with others.
 * A place of a definition is not known here: whoever calls the command puts it in place of "In a command".
 */
type Placeholder = Slot | SlotList | Granted | Level | Resume | Glued | ResponseFile
export const standIn = <W extends Placeholder>(word: W): W => Object.assign(Object.create(unknownYet), word)
const unknownYet = refusesText<Placeholder>(
  word => `the word ${placeholderName(word)}`,
  word => {
    const name = placeholderName(word)
    const remedy =
      'list' in word
        ? `give it as words of its own: run(…, ${name})`
        : `give it as a word of its own, run(…, ${name}), or as part of one: word\`--name=\${${name}}\``
    return new PlanError('DEFINITION', `In a command ${name} is put into text. What it stands for is known when the step runs: ${remedy}.`)
  },
)
function placeholderName(word: Placeholder): string {
  if ('slot' in word) return [word.slot, word.key, word.part].filter(name => name !== undefined).join('.')
  if ('list' in word) return word.list
  if ('granted' in word) return word.granted
  if ('level' in word) return 'compression(…)'
  if ('lines' in word) return 'responseFile(…)'
  return 'kept' in word ? 'resume' : 'word`…`'
}
const command = (pipes: Script['pipes']): Command => ({ pipes, into: stdout => ({ pipes, stdout }) })

/**
 * One program: `run('samtools', 'flagstat', bam).into(report)`. A word is never split; no shell sees it. What it writes to its standard
 * output goes to the step's log, unless it is sent `into` an output.
 */
export const run = (...argv: Argv): Command => command([[argv]])
/**
 * Programs joined by pipes; the step fails when any of them does. One that a SIGPIPE ends, since the next stopped reading early (`head`),
 * counts as failed, too. What the last one writes goes to the step's log, unless it is sent `into` an output.
 */
export const pipe = (...stages: readonly [Argv, ...Argv[]]): Command => command([stages])
/** Commands one after another; stops at the first that fails. Only the last one may write `into` an output. */
export const sequence = (...commands: readonly [Script, ...Script[]]): Script => {
  const last = commands.at(-1)?.stdout
  return { pipes: commands.flatMap(({ pipes }) => pipes), ...(last && { stdout: last }) }
}
/** One argument with values in it: word`--out=${calls}`. */
export const word = (text: TemplateStringsArray, ...values: readonly Word[]): Glued =>
  standIn({
    glued: text.flatMap((piece, n): Word[] => (n < values.length ? [piece, values[n]!] : [piece])).filter(piece => piece !== ''),
  })
/**
 * A file of the words, one a line, whose path is one word: `run('bcftools', 'concat', '--file-list', responseFile(parts), …)`. For words of which
 * there are as many as there are samples or files: the system takes 2 MiB of words for one program. Where a program wants them after an
 * @, write word`@${responseFile(words)}`.
 */
export const responseFile = (words: SlotList | readonly (Word | SlotList)[]): ResponseFile =>
  standIn({ lines: 'list' in words ? [words] : words })

/** Where things are, and what was granted, when argv becomes strings. */
export interface WordPlaces<W = string> {
  readonly slot: (slot: Slot) => string
  /** What stands for the files of a list. */
  readonly list: (slot: string) => readonly W[]
  readonly granted: (amount: Granted) => string
  readonly level: (level: Level) => string
  readonly resume: () => string
  /** The path of a file that will hold these lines. */
  readonly response: (lines: readonly (string | W)[]) => string
}
/** The only way from argv to strings. */
export const resolve = <W = string>(argv: Argv, at: WordPlaces<W>): (string | W)[] => resolveAll(argv.flat(), at)
const resolveAll = <W>(words: readonly (Word | SlotList)[], at: WordPlaces<W>): (string | W)[] =>
  words.flatMap((word): readonly (string | W)[] =>
    typeof word === 'object' && 'list' in word ? at.list(word.list) : [resolveWord(word, at)],
  )
/** A word that stands for one argument. */
function resolveWord<W>(word: Word, at: WordPlaces<W>): string {
  if (typeof word !== 'object') return String(word)
  if ('slot' in word) return at.slot(word)
  if ('granted' in word) return at.granted(word)
  if ('level' in word) return at.level(word)
  if ('kept' in word) return at.resume()
  if ('lines' in word) return at.response(resolveAll(word.lines, at))
  return word.glued.map(piece => resolveWord(piece, at)).join('')
}

/** What `command` sees as `compression`: the level for an output, which is 0 where the output is a link. */
export const compression = (output: Slot, level: number): Level => standIn({ level, of: output.slot })
/** What `command` sees as `resume`: the folder for checkpoints of this very step. */
export const resume: Resume = standIn({ kept: 'resume' })
/** Whether a script asks for the folder that outlives its attempts. */
export const resumes = ({ pipes }: Script): boolean => pipes.some(stages => stages.some(argv => argv.some(asksToResume)))
const asksToResume = (words: Words): boolean =>
  typeof words === 'object' &&
  (Array.isArray(words)
    ? words.some(asksToResume)
    : 'kept' in words || ('glued' in words && words.glued.some(asksToResume)) || ('lines' in words && words.lines.some(asksToResume)))
/** What `command` sees as `cpu`: the cores granted. */
export const cpu: Granted = standIn({ granted: 'cpu', unit: 1, share: 1 })
/** What `command` sees as `memory`: a share of the memory granted, in whole MiB or GiB, at least 1. */
export interface MemoryWords {
  mib(share?: number, options?: { readonly per: 'cpu' }): Granted
  gib(share?: number, options?: { readonly per: 'cpu' }): Granted
}
export const memory: MemoryWords = {
  mib: (share = 1, options = undefined) => standIn({ granted: 'memory', unit: 2 ** 20, share, ...options }),
  gib: (share = 1, options = undefined) => standIn({ granted: 'memory', unit: 2 ** 30, share, ...options }),
}
/** The figure a grant stands for on a machine that gave `cpu` cores and `memory` bytes. */
export const granted = (amount: Granted, got: { readonly cpu: number; readonly memory: number }): string =>
  amount.granted === 'cpu'
    ? String(wholeCores(got.cpu))
    : String(Math.max(1, Math.floor((got.memory * amount.share) / amount.unit / (amount.per === 'cpu' ? wholeCores(got.cpu) : 1))))
/** A step that needs half a core still has one thread. */
const wholeCores = (cpu: number): number => Math.max(1, Math.floor(cpu))
/** A word as a person may paste it into a shell; only ever shown. */
export const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
