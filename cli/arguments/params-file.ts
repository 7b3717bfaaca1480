import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse, YAMLParseError } from 'yaml'
import { TriremeError } from '../../core/errors.ts'
import type { Raw } from './raw.ts'
import { didYouMean } from './suggest.ts'

/**
 * Arguments from a YAML or JSON file: inputs and parameters by name.
 * @throws TriremeError `INPUT` when it cannot be read, `PARAMETER` when it is no such file or names what the pipeline does not take
 */
export async function readParams(file: string, known: readonly string[], pipeline: string): Promise<Raw> {
  const read = await readYaml(file, 'params file')
  if (typeof read !== 'object' || read === null || Array.isArray(read))
    throw new TriremeError('PARAMETER', `${file} holds no names with values. Write lines such as "ploidy: 1", or a JSON object.`)
  const folder = path.dirname(path.resolve(file))
  const entries = Object.entries(read).filter(([, value]) => value !== undefined && value !== null)
  for (const [name] of entries)
    if (!known.includes(name))
      throw new TriremeError(
        'PARAMETER',
        `${file} names "${name}", which the pipeline "${pipeline}" does not take.${await didYouMean(name, known)} It takes: ${known.join(', ')}.`,
      )
  return Object.fromEntries(entries.map(([name, value]) => [name, { value, words: `${file}, ${name}`, folder }]))
}
/** A YAML or JSON file's content. @throws TriremeError `INPUT` when it cannot be read, `PARAMETER` with the place where it is no YAML */
export async function readYaml(file: string, what: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new TriremeError('INPUT', `There is no readable ${what} ${file} (${cause.code}). Check the name and its folder's permissions.`, {
      cause,
    })
  })
  return parsed(text, file)
}
function parsed(text: string, file: string): unknown {
  try {
    return parse(text) // JSON is YAML
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause
    const [place] = cause.linePos ?? []
    throw new TriremeError(
      'PARAMETER',
      `${file}${place ? `, line ${place.line}, column ${place.col}` : ''}: ${cause.message.split('\n')[0]?.replace(/ at line.*$/, '')}. Correct the YAML or JSON there.`,
      { cause },
    )
  }
}
