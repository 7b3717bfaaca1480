import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { mib, pipeline, run, step, word } from 'trireme-bio'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { fromText } from '../cli/arguments/json-schema.ts'
import { readParams } from '../cli/arguments/params-file.ts'
import { readTable } from '../cli/inputs/table.ts'
import { readEnvironment } from '../core/targets/environment.ts'
import { scratch } from '../core/testing.ts'
import { text } from '../steps/kinds.ts'

// NUL ends a word and a path for the system: what follows it would be another word of a command. It is refused at every door.

const file = (name: string, content: string) => {
  const place = path.join(scratch(), name)
  writeFileSync(place, content)
  return place
}
const message = (act: () => unknown): Promise<string> =>
  Promise.resolve()
    .then(act)
    .then(
      () => 'no fault',
      (fault: Error & { code?: string }) => `${fault.code}: ${fault.message}`,
    )
const print = step({
  name: 'print',
  image: 'base',
  tools: [],
  inputs: {},
  outputs: { printed: text },
  params: { text: z.unknown() },
  needs: { cpu: 1, memory: mib(1) },
  command: ({ text, printed }) => run('printf', word`--x=${String(text)}`).into(printed),
})

test.each([
  ['params.yml', 'name: "a\\0b"\n', 'name'],
  ['params.json', '{"name": ["x", {"y": "a\\u0000b"}]}', 'name, 1, y'],
  ['params.json', '{"name": {"a\\u0000b": 1}}', 'name, a\0b'],
])('in a params file, %s', async (name, content, where) => {
  const params = file(name, content)
  expect(await message(() => readParams(params, ['name'], 'p'))).toBe(
    `PARAMETER: ${params}, ${where}: the character NUL stands there (\\0 or \\u0000), which no word and no path can hold. Take it out.`,
  )
})
test('in a samplesheet', async () => {
  const sheet = file('sheet.csv', 'sample,bam\ns1,a.bam\ns2,"a\0b.bam"\n')
  expect(await message(() => readTable(sheet))).toBe(
    `SAMPLESHEET: ${sheet}, line 3: the character NUL stands there, which no word and no path can hold. Take it out: tr -d '\\000' < ${sheet} > clean.csv`,
  )
})
test('in a flag that takes JSON', async () => {
  expect(await fromText('["a\\u0000b"]', { type: 'array' })).toEqual({
    fault: 'holds the character NUL, which no word can, got "[\\"a\\\\u0000b\\"]".',
  })
})
test('in the settings of an environment, where no control character is of use', async () => {
  for (const context of ['lab\0x', 'lab\nx', 'lab\u0085x'])
    expect(await message(() => readEnvironment('lab', { target: 'argo', context }, 'trireme.config.yaml'))).toBe(
      'ENVIRONMENT: Environment "lab" in trireme.config.yaml: context: expected text of one line, without control characters. Write it in one. See docs/reference/environments.md.',
    )
})
test('in a parameter of a step or a pipeline, however it came there', async () => {
  expect(await message(() => print({ text: 'a\0b' }))).toBe(
    'PARAMETER: Parameter "text" of step "print" holds the character NUL, which no word can: "a\\u0000b". Take it out.',
  )
  const whole = pipeline({ name: 'whole', inputs: {}, params: { names: z.array(z.string()) }, build: () => ({}) })
  expect(await message(() => whole({ names: ['a', 'b\0'] }))).toBe(
    'PARAMETER: Parameter "names" of pipeline "whole" holds the character NUL, which no word can: ["a","b\\u0000"]. Take it out.',
  )
})
test('in a word that a step makes', async () => {
  const own = step({ ...print.spec, command: ({ printed }) => run('printf', word`a${'b\0c'}`, 'd').into(printed) })
  expect(await message(() => own({ text: '' }))).toBe(
    'DEFINITION: In the command of step "print" word 1 after "printf" is "b\\u0000c", which no program can be given: NUL ends a word. Take it out.',
  )
})
