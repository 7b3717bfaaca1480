import { readdirSync, readFileSync } from 'node:fs'
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

const modulesOf = (room: string) => {
  const folder = new URL(`${room}/`, import.meta.url)
  const names = readdirSync(folder).filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  return names.map(name => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))
}
const lazy = /\bimport\(/
test('a command is its options and the import of its action', () => {
  expect(modulesOf('commands')).toHaveLength(entries.length)
  for (const { name, text } of modulesOf('commands')) {
    expect([name, text.split(lazy).length - 1]).toEqual([name, 1])
    expect(text).toContain(`(await import('../actions/${name}'))`)
    const others = [...text.matchAll(/^import (?!type ).* from '(.*)'$/gm)].map(([, from]) => from)
    expect([name, others.filter(from => from !== '../arguments/options.ts')]).toEqual([name, []])
  }
})
test('an action imports at its top; what it imports later has its reason beside it', () => {
  const actions = modulesOf('actions')
  expect(actions.map(({ name }) => name)).toEqual(modulesOf('commands').map(({ name }) => name))
  const later = actions.flatMap(({ name, text }) => text.split('\n').flatMap(line => (lazy.test(line) ? [`${name}: ${line.trim()}`] : [])))
  expect(later.filter(line => !line.includes(' // '))).toEqual([])
})
