import { TriremeError } from '../errors.ts'
import type { ListWord, ResponseWords } from '../graph/step-words.ts'

/**
 * What one pod or one container does: chains of steps, one chain after another. It depends only on what is computed, never on keys (except
 * in `items`), so that equal work of many tasks is one file.
 */
export interface PodJob {
  /** For people: names of the steps, nothing of a run. */
  readonly title: string
  readonly chains: readonly JobChain[]
  /** What the pod reports of a list that one of its steps writes, for the tasks that run over it. */
  readonly items?: readonly Items[]
}
/** Steps that run at once, each reading what the one before writes; most chains have one. */
export interface JobChain {
  readonly members: readonly JobMember[]
  /** `links[n]` joins member n to member n + 1 by a named pipe. */
  readonly links: readonly JobLink[]
}
export interface JobLink {
  /** The pipe as the writer names it, from its folder: 'link/aligned.bam'. */
  readonly pipe: string
  /** The same as the reader names it: 'in/unsorted.bam'. */
  readonly to: string
  /** File that receives a copy on its way, where others want it, too: 'out/aligned.bam'. */
  readonly tee?: string
  /** The reader declares that it may stop before the end: if SIGPIPE then ends its writer, that is no failure. */
  readonly stopsEarly?: true
}
export interface JobMember {
  /** The step's name. */
  readonly step: string
  /** n-th step of the pod, counted from 1 over all chains: works in /w/<place>, is published as /w/out/<place>. */
  readonly place: number
  readonly inputs: readonly Staged[]
  /** Files that it must leave in `out/`; none for a step whose only output is a link. */
  readonly outputs: readonly Promised[]
  /** Words by rung of the pod's memory, from the lowest. The last one serves all higher ones. */
  readonly rungs: readonly [Rung, ...Rung[]]
  /** Longest time in seconds that an attempt may take, by rung of the pod's time. */
  readonly limits?: readonly number[]
  /** File that receives the standard output of the last program, from the member's folder. */
  readonly stdout?: string
  /** Exit statuses that are declared transient, and how many further attempts they may cost. */
  readonly transient: readonly number[]
  readonly tries: number
  /** Wants `resume/`, a folder for checkpoints. In a pod it lasts as long as the pod. */
  readonly resumes?: boolean
}
export interface Rung {
  /** Words by pipe and stage. */
  readonly argv: readonly (readonly (readonly JobWord[])[])[]
  /** Files of one word a line, written before the programs start. */
  readonly responses?: readonly ResponseWords<JobWord>[]
}
/** One word; or as many words as a list has files, in their order, from a folder that a `several` made: 'in/bams' with '.bam'. */
export type JobWord = string | ListWord

/** Links to make below `in/` before the step starts. `mount` names a folder of artifacts, /w/from/<mount>. */
export type Staged =
  /** A file of an entry: /w/from/<mount>/<file>, checked against /w/from/<mount>/record.json. */
  | { readonly from: 'producer'; readonly to: string; readonly mount: string; readonly file: string; readonly optional?: true }
  /** A file that an earlier step of this pod made. */
  | { readonly from: 'place'; readonly to: string; readonly place: number; readonly file: string; readonly optional?: true }
  /** A user's file: /w/from/<mount>/<sha256>. */
  | { readonly from: 'source'; readonly to: string; readonly mount: string; readonly sha256: string }
  /**
   * One item of a list, in the branch of an `each`: /w/from/<mount>/item<suffix>. Its number in the list, 0003, is in the environment
   * variable TRIREME_ITEM_<mount>; by that it is checked against the list's record, /w/from/<mount>/record.json.
   */
  | { readonly from: 'item'; readonly to: string; readonly mount: string; readonly port: string; readonly suffix: string }
  /** A script that belongs to a step: /w/from/<mount>/<sha256>, linked as `to`, which is its word in argv. */
  | { readonly from: 'asset'; readonly to: string; readonly mount: string; readonly sha256: string }
  /** What fills a `many` slot: links <to>/0001<suffix>, <to>/0002<suffix> …, of those that are there. */
  | { readonly from: 'several'; readonly to: string; readonly suffixes: readonly string[]; readonly of: readonly Several[] }

/**
 * One file of a `many` slot, or a whole list. Each has all the suffixes of its kind ('.bam' and '.bam.bai', or the parts of a pair); the
 * first says whether it is there. With `optional`, one that is not there is passed over, otherwise it is an error.
 */
export type Several =
  /** One file of an entry; `base` is its port: /w/from/<mount>/<base><suffix>. */
  | { readonly kind: 'producer'; readonly mount: string; readonly base: string; readonly optional?: true }
  | { readonly kind: 'place'; readonly place: number; readonly base: string; readonly optional?: true }
  /** Digests by suffix, in the order of `suffixes`: /w/from/<mount>/<sha256>. */
  | { readonly kind: 'source'; readonly mount: string; readonly sha256: readonly string[] }
  /** All files of a list that a step wrote: /w/from/<mount>/<port>/0001<suffix> … */
  | { readonly kind: 'list'; readonly mount: string; readonly port: string; readonly optional?: true }
  | { readonly kind: 'place list'; readonly place: number; readonly port: string; readonly optional?: true }
  /** This pod's own item of a list, see `Staged`. */
  | { readonly kind: 'item'; readonly mount: string; readonly port: string }
  /**
   * Results of the branches of an `each`: /w/from/<mount>/0001/<base><suffix>, each branch's folder with its record.json. How many there
   * are, is in the record of the list, /w/from/<list>/record.json, under `port`. A branch without a record was skipped.
   */
  | { readonly kind: 'gather'; readonly mount: string; readonly base: string; readonly list: string; readonly port: string }

/** An output of a step, as files below `out/`. */
export type Promised =
  | { readonly port: string; readonly files: readonly [string, ...string[]]; readonly optional?: true }
  /** A folder `out/<port>/` that the step fills; each file ends in one of the suffixes, of which the first makes an item. */
  | { readonly port: string; readonly list: readonly [string, ...string[]] }

/**
 * A list's items with the keys of all steps that will run for each: /w/report/items-<name> holds JSON,
 * `[{"i":"0001","k0":"…","k1":"…"},…]`, an output parameter.
 */
export interface Items {
  readonly name: string
  /** The step of this pod that writes the list, and the output. */
  readonly place: number
  readonly port: string
  /** Texts whose SHA-256 are keys, each after those that it names. */
  readonly recipes: readonly (readonly RecipePiece[])[]
  /** Which of the keys are reported, and under which names. */
  readonly tell: readonly { readonly name: string; readonly recipe: number }[]
}
/** A piece of a recipe: text as it is, or what is known only when the list is there. */
export type RecipePiece =
  | string
  /** Name of the item's file as JSON, with its quotes. */
  | { readonly hole: 'name' }
  /** Number of the item, 0001. */
  | { readonly hole: 'number' }
  /** Key made by an earlier recipe of the same item. */
  | { readonly hole: 'key'; readonly recipe: number }
  /** A key that the task was given: the environment variable TRIREME_KEY_<name>; TRIREME_KEY_1 is that of the pod's first step. */
  | { readonly hole: 'given'; readonly name: string }

/** One word of bash: everything between single quotes is taken as it is. */
export function quote(word: string): string {
  if (word.includes('\0'))
    throw new TriremeError('USAGE', `A word of a command holds a NUL character, which no program can be given: ${JSON.stringify(word)}.`)
  return word.includes("'") ? `'${word.replaceAll("'", `'\\''`)}'` : `'${word}'`
}
/**
 * A job as a file of bash: every line begins with the name of a declaration, and all that follows is quoted. The scripts in this folder
 * define the declarations and read the file with `source`. It can be read by people, and two equal jobs are equal bytes.
 */
export function jobFile(job: PodJob): string {
  const lines = [line('', 'job', ['1', job.title])]
  for (const chain of job.chains) {
    lines.push('chain')
    for (const [n, member] of chain.members.entries()) {
      lines.push(...memberLines(member))
      const link = chain.links[n]
      if (link) lines.push(line('', 'link', [link.pipe, link.to, link.tee ?? '', link.stopsEarly ? 'stops-early' : '']))
    }
  }
  for (const items of job.items ?? []) {
    lines.push(line('', 'items', [items.name, String(items.place), items.port]))
    for (const recipe of items.recipes) lines.push(line('  ', 'recipe', pieceWords(recipe)))
    for (const { name, recipe } of items.tell) lines.push(line('  ', 'tell', [name, String(recipe)]))
  }
  return `${lines.join('\n')}\n`
}
function line(indent: string, name: string, words: readonly string[]): string {
  let text = indent + name
  for (const word of words) text += ` ${quote(word)}`
  return text
}

function memberLines(member: JobMember): readonly string[] {
  const lines = [line('', 'member', [String(member.place), member.step])]
  const add = (name: string, ...words: readonly string[]) => lines.push(line('  ', name, words))
  for (const staged of member.inputs) lines.push(...stagedLines(staged))
  for (const promised of member.outputs)
    if ('list' in promised) add('fills', promised.port, ...promised.list)
    else add(promised.optional ? 'may-leave' : 'leaves', promised.port, ...promised.files)
  if (member.stdout !== undefined) add('stdout', member.stdout)
  if (member.transient.length > 0) add('transient', String(member.tries), ...member.transient.map(String))
  if (member.resumes) add('resumes')
  if (member.limits) add('limits', ...member.limits.map(String))
  for (const { argv, responses = [] } of member.rungs) {
    add('rung')
    for (const { file, lines: words } of responses) lines.push(...stageLines('response', [file, ...words]))
    for (const stages of argv) for (const [n, words] of stages.entries()) lines.push(...stageLines(n === 0 ? 'run' : 'into', words))
  }
  return lines
}
/** Words of one program: `run` begins a pipe, `into` is its next stage, `files` and `more` go on with its words, or with the lines of a `response`. */
function stageLines(name: string, words: readonly JobWord[]): readonly string[] {
  const lines: string[] = []
  let plain: string[] = []
  let open = name
  const close = () => {
    if (plain.length > 0 || open === name) lines.push(line('    ', open, plain))
    plain = []
    open = 'more'
  }
  for (const word of words)
    if (typeof word === 'string') plain.push(word)
    else {
      close()
      lines.push(line('    ', 'files', [word.list, word.suffix]))
    }
  if (plain.length > 0) close()
  return lines
}
function stagedLines(staged: Staged): readonly string[] {
  const one = (...words: readonly string[]) => [line('  ', 'input', words)]
  if (staged.from === 'producer') return one('producer', staged.to, staged.mount, staged.file, optionalWord(staged))
  if (staged.from === 'place') return one('place', staged.to, String(staged.place), staged.file, optionalWord(staged))
  if (staged.from === 'source' || staged.from === 'asset') return one(staged.from, staged.to, staged.mount, staged.sha256)
  if (staged.from === 'item') return one('item', staged.to, staged.mount, staged.port, staged.suffix)
  return [line('  ', 'several', [staged.to, ...staged.suffixes]), ...staged.of.map(severalLine)]
}
function severalLine(several: Several): string {
  const words = (): readonly string[] => {
    switch (several.kind) {
      case 'producer':
        return [several.mount, several.base, optionalWord(several)]
      case 'place':
        return [String(several.place), several.base, optionalWord(several)]
      case 'source':
        return [several.mount, ...several.sha256]
      case 'list':
        return [several.mount, several.port, optionalWord(several)]
      case 'place list':
        return [String(several.place), several.port, optionalWord(several)]
      case 'item':
        return [several.mount, several.port]
      case 'gather':
        return [several.mount, several.base, several.list, several.port]
    }
  }
  return line('    ', 'one', [several.kind, ...words()])
}
const optionalWord = (it: { readonly optional?: true }) => (it.optional ? 'optional' : '')
/** Text and holes by turns, so that no text is ever taken for a hole. */
function pieceWords(recipe: readonly RecipePiece[]): readonly string[] {
  const words = ['']
  for (const piece of recipe)
    if (typeof piece === 'string') words[words.length - 1] += piece
    else words.push(piece.hole === 'key' ? `key ${piece.recipe}` : piece.hole === 'given' ? `given ${piece.name}` : piece.hole, '')
  return words
}
