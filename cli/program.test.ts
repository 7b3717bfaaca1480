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
/** Its actions are those of its verbs, in a room of its own. */
const withVerbs = 'bench.ts'
const simple = () => modulesOf('commands').filter(({ name }) => name !== withVerbs)
test('a command with verbs is their options and the import of the action of each', async () => {
  const { text } = modulesOf('commands').find(({ name }) => name === withVerbs)!
  const verbs = (await program(['bench'])).commands.find(each => each.name() === 'bench')!.commands.map(each => each.name())
  const imported = [...text.matchAll(/\(await import\('\.\.\/bench\/([a-z]+)\.ts'\)\)/g)].map(([, verb]) => verb)
  expect(imported).toEqual(verbs)
  expect(text.split(lazy).length - 1).toBe(verbs.length)
  expect([...text.matchAll(/^import (?!type ).* from '(.*)'$/gm)]).toEqual([])
})
test('a command is its options and the import of its action', () => {
  expect(modulesOf('commands')).toHaveLength(entries.length)
  for (const { name, text } of simple()) {
    expect([name, text.split(lazy).length - 1]).toEqual([name, 1])
    expect(text).toContain(`(await import('../actions/${name}'))`)
    const others = [...text.matchAll(/^import (?!type ).* from '(.*)'$/gm)].map(([, from]) => from)
    expect([name, others.filter(from => from !== '../arguments/options.ts')]).toEqual([name, []])
  }
})
test('an action imports at its top; what it imports later has its reason beside it', () => {
  const actions = modulesOf('actions')
  expect(actions.map(({ name }) => name)).toEqual(simple().map(({ name }) => name))
  const later = actions.flatMap(({ name, text }) => text.split('\n').flatMap(line => (lazy.test(line) ? [`${name}: ${line.trim()}`] : [])))
  expect(later.filter(line => !line.includes(' // '))).toEqual([])
})
