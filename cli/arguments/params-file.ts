import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { didYouMean } from '../display/suggest.ts'
import { readYaml } from '../project/yaml-file.ts'
import type { Raw } from './raw.ts'

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
