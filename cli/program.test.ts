import { Command } from 'commander'
import { expect, test } from 'vitest'
import { groups, program } from './program.ts'

const entries = Object.values(groups).flat()
test.each(entries)('$words declares itself as help names it', async ({ words, about, load }) => {
  const whole = new Command()
  await (await load()).register(whole, [])
  const [declared] = whole.commands
  const plain = declared!.registeredArguments.map(argument => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  expect([[declared!.name(), ...plain].join(' '), declared!.description()]).toEqual([words, about])
})
test('help names every command', async () => {
  const text = (await program(['--help'])).helpInformation()
  for (const { words, about } of entries) expect(text).toMatch(new RegExp(`  ${words.replace(/[[\]<>.]/g, '\\$&')} +${about.slice(0, 30)}`))
})
