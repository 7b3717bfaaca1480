import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { compile, compilers, root } from './compilers.ts'

// Each wiring in wrong/ stands below a comment `// error: WORDS`: both compilers refuse it, and the last line of what they say holds
// the words. Only that line is compared: the two print the facts of a type in different orders.

const folder = path.join(root, 'test/types/wrong')
interface Wrong {
  readonly file: string
  readonly line: number
  readonly what: string
  readonly words: string
}
const wrongs: readonly Wrong[] = readdirSync(folder)
  .filter(file => file.endsWith('.ts'))
  .flatMap(file => {
    const lines = readFileSync(path.join(folder, file), 'utf8').split('\n')
    return lines.flatMap((text, n): Wrong[] => {
      const words = /^\/\/ error: (.+)$/.exec(text)?.[1]
      return words === undefined ? [] : [{ file, line: n + 1, what: lines[n - 1]!.replace('// ', ''), words }]
    })
  })

/** Last line of every error, by the comment above the place that it points to. */
function verdicts(program: string): ReadonlyMap<Wrong | undefined, readonly string[]> {
  const told = new Map<Wrong | undefined, string[]>()
  const errors = compile(program, folder).split(/^(?=\S)/m)
  for (const error of errors) {
    const [, file = '', line = ''] = /([^/]+\.ts)\((\d+),\d+\): error TS/.exec(error) ?? []
    const wrong = wrongs.findLast(each => each.file === file && each.line < Number(line))
    told.set(wrong, [...(told.get(wrong) ?? []), error.trimEnd().split('\n').at(-1)!])
  }
  return told
}

describe.each(compilers)('wirings that $name refuses', ({ program }) => {
  const told = verdicts(program)
  test.each(wrongs)('$what', wrong => {
    expect(told.get(wrong) ?? ['It compiles.']).toEqual([expect.stringContaining(wrong.words)])
  })
  test('and nothing else', () => {
    expect(told.get(undefined) ?? []).toEqual([])
  })
})
