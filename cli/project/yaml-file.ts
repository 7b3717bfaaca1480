import { readFile } from 'node:fs/promises'
import { parse, YAMLParseError } from 'yaml'
import { TriremeError } from '../../core/errors.ts'
import { hasNul, placeOfText } from '../../core/vocabulary/schema.ts'

/** A YAML or JSON file's content. @throws TriremeError `INPUT` when it cannot be read, `PARAMETER` with the place where it is no YAML */
export async function readYaml(file: string, what: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new TriremeError('INPUT', `There is no readable ${what} ${file} (${cause.code}). Check the name and its folder's permissions.`, {
      cause,
    })
  })
  const value = parsedYaml(text, file)
  const place = placeOfText(value, hasNul)
  if (place)
    throw new TriremeError(
      'PARAMETER',
      `${[file, ...place].join(', ')}: the character NUL stands there (\\0 or \\u0000), which no word and no path can hold. Take it out.`,
    )
  return value
}

function parsedYaml(text: string, file: string): unknown {
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
