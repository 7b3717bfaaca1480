import type { SlotList, Word } from '../vocabulary/command.ts'
import { refsIn, type StepNode } from './node.ts'
import { grantOf, listWords, responseText, stepWords } from './step-words.ts'

// Linux takes no longer word, and not more of all words of a program with its environment. 128 KiB are left for that one.
const [longestWord, mostBytes] = [2 ** 17 - 1, 2 ** 21 - 2 ** 17]
/** What a word costs: its bytes, the one that ends it, and a pointer. */
const cost = (word: string) => Buffer.byteLength(word) + 9

/**
 * Why no system could start the programs of a step, in words that come after "In the command of …"; undefined where it may. The words of a list
 * that a step writes are not known yet.
 */
export function wordsFault(node: StepNode): string | undefined {
  if (fitsSurely(node)) return undefined
  const { argv, responses } = stepWords(node, {
    granted: grantOf(node, 0),
    assets: 'by link',
    list: slot => listWords(node.step, slot, refsIn(node.inputs[slot]!).length),
  })
  for (const { lines } of responses) responseText(node, lines)
  const long = argv.flat(2).find(word => Buffer.byteLength(word) > longestWord)
  if (long !== undefined)
    return `a word has ${Buffer.byteLength(long).toLocaleString('en')} bytes, and the system takes ${longestWord.toLocaleString('en')}: ${long.slice(0, 40)}… ${remedy}`
  const bytes = argv.flat(2).reduce((sum, word) => sum + cost(word), 0)
  return bytes <= mostBytes ? undefined : manyWords(argv)
}
/** What `wordsFault` need not look at closely. */
function fitsSurely({ script, inputs }: StepNode): boolean {
  const most = (word: Word | SlotList): number => {
    if (typeof word !== 'object') return 3 * String(word).length // UTF-16 to UTF-8
    if ('glued' in word) return word.glued.reduce<number>((sum, piece) => sum + most(piece), 0)
    if ('lines' in word) return Number.POSITIVE_INFINITY
    return 'list' in word ? 256 * refsIn(inputs[word.list]!).length : 256 // no file has a longer name
  }
  let bytes = 0
  for (const argv of script.pipes.flat()) for (const word of argv.flat()) bytes += most(word) + 9
  return bytes <= longestWord
}
const remedy = "Give such words by a file of one word a line, whose name is one word: run('program', …, responseFile([…]))."
/** That there are too many, and which input they are of. */
export function manyWords(argv: readonly (readonly (readonly string[])[])[]): string {
  const words = argv.flat(2)
  const counts = new Map<string, number>()
  for (const word of words) {
    const slot = /(?:^|=)in\/([^/]+)\/\d{4,}/.exec(word)?.[1]
    if (slot !== undefined) counts.set(slot, (counts.get(slot) ?? 0) + 1)
  }
  const [slot, count] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? []
  const of = slot === undefined ? '' : `, ${count!.toLocaleString('en')} of them for the input "${slot}"`
  const megabytes = (words.reduce((sum, word) => sum + cost(word), 0) / 2 ** 20).toFixed(1)
  return `there are ${words.length.toLocaleString('en')} words of ${megabytes} MiB${of}, and the system takes 2 MiB with the environment. ${remedy}`
}
