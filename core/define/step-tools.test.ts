import { expect, test } from 'vitest'
import { z } from 'zod'
import { keys } from '../graph/key.ts'
import { kind, mib, run, step, tool } from '../index.ts'

const text = kind('text', { extension: '.txt' })
const named = (name: string) =>
  tool({ name, homepage: 'https://example.org', licence: 'MIT', version: { argv: [name], match: /(\S+)/ }, accepts: '>=1' })
const [one, more] = [named('one'), named('more')]
const draw = step({
  name: 'draw',
  image: 'i',
  tools: [one],
  mayNeed: { tools: [more], when: ({ name }, { with: library }) => name === library },
  inputs: {},
  params: { with: z.string().default('none'), program: z.string().default('one') },
  outputs: { made: text },
  needs: { cpu: 1, memory: mib(1) },
  command: ({ program, made }) => run(program, made),
})
const toolsOf = ({ node }: ReturnType<typeof draw>['made']) => (node.kind === 'step' ? node.step.tools.map(({ name }) => name) : [])

test('a tool that some calls need is a tool of those calls alone, and in the key of no other', () => {
  expect([draw({}), draw({ with: 'more' }), draw({ with: 'other' })].map(({ made }) => toolsOf(made))).toEqual([
    ['one'],
    ['one', 'more'],
    ['one'],
  ])
  const keyOf = (given: Parameters<typeof draw>[0], version: string) =>
    keys(name => (name === 'more' ? version : '1')).of(draw(given).made.node)
  expect(keyOf({}, '1')).toBe(keyOf({}, '2'))
  expect(keyOf({ with: 'more' }, '1')).not.toBe(keyOf({ with: 'more' }, '2'))
})
test('its program may be called where it is needed, and nowhere else', () => {
  expect(() => draw({ program: 'more' })).toThrow('In step "draw" the program "more" is none of its tools')
  expect(() => draw({ program: 'more', with: 'more' })).not.toThrow()
})
