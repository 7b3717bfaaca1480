import { PlanError, shown, whatIs } from '../errors.ts'
import { isRef } from '../graph/node.ts'
import type { Script } from '../vocabulary/command.ts'
import { meant } from '../vocabulary/nearest.ts'
import { strict } from './names.ts'

// What the compiler says of a command, for code that it does not see: without it `false` and `undefined` would be words of a program.

/** @throws PlanError `DEFINITION` where a command is no script, or a word of it is none */
export function checkScript(owner: string, script: unknown): asserts script is Script {
  const isScript = typeof script === 'object' && script !== null && 'pipes' in script && Array.isArray(script.pipes)
  if (!isScript) {
    const got = script === undefined ? 'nothing. After "=> {" it needs "return"' : Array.isArray(script) ? 'a list of words' : shown(script)
    throw new PlanError(
      'DEFINITION',
      `The command of ${owner} gives ${got}. Give what run(…), pipe(…) or sequence(…) makes: ({ input, output }) => run('program', '-i', input).into(output)`,
    )
  }
  for (const stages of (script as Script).pipes) // looked at just now
    for (const argv of stages)
      for (const [n, word] of argv.flat().entries()) {
        const fault = wordFault(word)
        if (fault === undefined) continue
        const place = n === 0 ? 'the program' : `word ${n} after ${shown(argv[0])}`
        throw new PlanError('DEFINITION', `In the command of ${owner} ${place} is ${fault}`)
      }
}
const symbolic = ['slot', 'list', 'granted', 'level', 'kept']
function wordFault(word: unknown): string | undefined {
  if (typeof word === 'string')
    return word.includes('\0') ? `${shown(word)}, which no program can be given: NUL ends a word. Take it out.` : undefined
  if (typeof word === 'number')
    return Number.isFinite(word) ? undefined : `${word}, which no program understands. Check how it is computed.`
  if (word === undefined || word === null || typeof word === 'boolean')
    return `${shown(word)}, which is no word. Leave out a word that is not always there with a list: wanted ? ['--flag', value] : []`
  if (typeof word !== 'object') return `${shown(word)}, which is no word. Give text or a number.`
  if (isRef(word))
    return `${shown(word)}, which belongs to the pipeline. Declare it in the step's inputs, and give it when the step is called.`
  if ('lines' in word && Array.isArray(word.lines)) return word.lines.map(lineFault).find(fault => fault !== undefined)
  if ('glued' in word && Array.isArray(word.glued)) return word.glued.map(wordFault).find(fault => fault !== undefined)
  if (symbolic.some(name => name in word)) return undefined
  const parts = Object.keys(word)
  return whatIs(word) !== undefined && parts.includes('stem')
    ? `${whatIs(word)}, which are several files. Give one of them, or the beginning of their names: ${parts.join(', ')}.`
    : `${shown(word)}, which is no word. Give text, a number, an input or an output.`
}
const lineFault = (word: unknown) => {
  const fault = wordFault(word)
  return fault && `responseFile(…) with a word that is ${fault}`
}
/** The slots of a kind with parts, by part. */
export const partsOfSlot = <T extends object>(slot: string, parts: T): T => {
  const names = Object.keys(parts)
  return strict<T>(
    `the files of "${slot}"`,
    name => `"${slot}" has no part "${name}".${meant(name, names)} It has: ${names.join(', ')}.`,
    `Give one of them as a word of its own, run(…, ${slot}.${names[1]}), or as part of one: word\`--name=\${${slot}.${names[1]}}\`.`,
  )(parts)
}
