import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratch } from '../core/testing.ts'
import { cli, projectWith, trireme } from '../test/project.ts'
import { elsewhere } from './arguments/examples.ts'
import { candidates } from './candidates.ts'
import { entries, program, withHelpAsFlag } from './program.ts'

/** Help as it is printed, and the examples in it. */
async function helpOf(...words: readonly string[]): Promise<readonly string[]> {
  const whole = await program(words)
  const called = whole.commands.find(each => each.name() === words[0])!
  const command = called.commands.find(each => each.name() === words[1]) ?? called
  let text = ''
  command.configureOutput({
    writeOut: part => {
      text += part
    },
  })
  command.outputHelp()
  return [...text.matchAll(/^ {2}\$ trireme (.*)$/gm)].map(([, example = '']) => example)
}
/** The words are ones that the command takes; nothing runs. */
async function parses(words: readonly string[]): Promise<void> {
  const whole = await program(words)
  for (const command of whole.commands.flatMap(each => (each.commands.length > 0 ? each.commands : [each])))
    command.action(() => {}).configureOutput({ writeErr: () => {} })
  await whole.parseAsync([...words], { from: 'user' })
}
const names = entries.map(({ words }) => words.split(' ')[0]!)

test.each(names)('help of %s has examples, which it takes', async name => {
  const own = await helpOf(name)
  expect(own.length).toBeGreaterThan(0)
  for (const example of own) {
    expect(example.split(' ')[0]).toBe(name)
    await parses(example.split(' '))
  }
})
test('help of every verb of bench has examples, which it takes', async () => {
  const verbs = (await program(['bench'])).commands.find(each => each.name() === 'bench')!.commands.map(each => each.name())
  expect(verbs.length).toBeGreaterThan(5)
  for (const verb of verbs) {
    const own = await helpOf('bench', verb)
    expect([verb, own.length > 0]).toEqual([verb, true])
    for (const example of own) {
      expect(example.split(' ').slice(0, 2)).toEqual(['bench', verb])
      await parses(example.split(' '))
    }
  }
})
test('an example that a command does not take is found', async () => {
  await expect(parses(['runs', '--lats', '5'])).rejects.toThrow("unknown option '--lats'")
})
describe.each(['run', 'plan', 'why', 'compile'])('help of %s on one pipeline', verb => {
  test.each(['variant-calling', 'variant-accuracy', 'simulate-reads', 'idr-classification', 'idr-sweep'])('%s', async pipeline => {
    const own = await helpOf(verb, pipeline)
    expect(own).toHaveLength(2)
    expect(own[0]).toContain(`${verb} ${pipeline}`)
    expect(own[0]).toContain('--profile test')
    for (const example of own) await parses(example.replaceAll(/'([^']*)'/g, '$1').split(' '))
  })
})
test('examples run, one after the other in one project', { timeout: 300_000 }, async () => {
  const folder = projectWith()
  for (const name of names.filter(name => !elsewhere.has(name)))
    for (const example of await helpOf(name)) {
      const done = trireme(folder, ...example.split(' '))
      expect([example, done.status, done.status === 0 ? '' : done.stderr]).toEqual([example, 0, ''])
    }
})
test('help, help COMMAND, -v', () => {
  const folder = scratch()
  const help = trireme(folder, 'help')
  expect(help).toMatchObject({ status: 0, stdout: trireme(folder, '--help').stdout })
  expect(trireme(folder, 'help', 'clean').stdout).toBe(trireme(folder, 'clean', '--help').stdout)
  expect(trireme(folder, 'help', 'run', 'variant-calling').stdout).toMatch(
    /--ploidy <1\|2>[\s\S]*Examples:\n {2}\$ trireme run variant-calling --profile test\n/,
  )
  expect(trireme(folder, '-v')).toEqual(trireme(folder, '--version'))
  expect(trireme(folder, '-v').stdout).toMatch(/^\d+\.\d+\.\d+/)
  const none = trireme(folder, 'help', 'cleen')
  expect([none.status, none.stderr]).toEqual([2, expect.stringContaining("unknown command 'cleen'\n(Did you mean clean?)")])
  expect(withHelpAsFlag(['run', 'help'])).toEqual(['run', 'help'])
})

describe('completion', () => {
  const words = async (...typed: readonly string[]) => (await candidates(typed)).map(({ word }) => word).sort()
  test('commands, pipelines, steps, environments, profiles, choices, flags', async () => {
    expect(await words('ru')).toEqual(['run', 'runs'])
    expect(await words('help', 'ru')).toEqual(['run', 'runs'])
    expect(await words('run', 'variant')).toEqual(['variant-accuracy', 'variant-calling'])
    expect(await words('show', 'samtools/so')).toEqual(['samtools/sort'])
    expect(await words('show', 'onp')).toEqual(['onprem-argo'])
    expect(await words('add', 'samtools-so')).toEqual(['samtools-sort'])
    expect(await words('plan', '--on', 'works')).toEqual(['workstation', 'workstation-containers'])
    expect(await words('run', 'variant-calling', '--profile', 't')).toEqual(['test'])
    expect(await words('run', 'variant-calling', '--caller', '')).toEqual(['bcftools', 'freebayes'])
    expect(await words('run', 'variant-calling', '--no-st')).toEqual(['--no-stream'])
    expect(await words('run', 'variant-calling', '')).toEqual(expect.arrayContaining(['--samplesheet', '--ploidy', '--no-qc', '--help']))
    expect(await words('compile', 'variant-calling', '--as', '')).toEqual(['template', 'workflow'])
    expect(await words('images', 'reads', 'vari')).toEqual(['variants'])
    expect(await words('bench', 'ver')).toEqual(['verify'])
    expect(await words('bench', 'run', 'idr-sp')).toEqual(['idr-speedup', 'idr-speedup-brief'])
    expect(await words('bench', 'run', 'idr-speedup', '--qu')).toEqual(['--quick'])
    expect(await words('completion', '')).toEqual(['bash', 'fish', 'zsh'])
    expect(await words('new', 's')).toEqual(['step'])
    expect(await words('-')).toEqual(['--help', '--version'])
  })
  test('nothing, so that the shell offers files: a file, a line that is wrong already', async () => {
    expect(await words('run', 'variant-calling', '--reference', '')).toEqual([])
    expect(await words('run', 'nonsense', '--r')).toEqual([])
    expect(await words('nonsense', '')).toEqual([])
    expect(await words('init', '')).toEqual([])
  })
  test('every option of every command is known', async () => {
    for (const name of names) {
      const command = (await program([name])).commands.find(each => each.name() === name)!
      const shown = command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []))
      expect(await words(name, '-')).toEqual(expect.arrayContaining(shown))
    }
  })
  const shells = ['bash', 'zsh', 'fish'] as const
  const has = (shell: string) => spawnSync(shell, ['--version']).status === 0
  test.each(shells.filter(has))('%s takes its script', shell => {
    const folder = scratch()
    const file = path.join(folder, `completion.${shell}`)
    writeFileSync(file, trireme(folder, 'completion', shell).stdout)
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })
  test('bash completes', () => {
    const folder = scratch()
    const bash = (...typed: readonly string[]) => {
      const script = `eval "$("$1" "$2" completion bash)"; shift 2; COMP_WORDS=(trireme "$@"); COMP_CWORD=$#; _trireme; printf '%s\\n' "\${COMPREPLY[@]}"`
      return spawnSync('bash', ['--norc', '-c', script, 'bash', process.execPath, cli, ...typed], { cwd: folder, encoding: 'utf8' }).stdout
    }
    expect(bash('run', 'variant-c')).toBe('variant-calling\n')
    expect(bash('run', 'variant-calling', '--caller', '')).toBe('bcftools\nfreebayes\n')
    expect(bash('run', 'variant-calling', '--reference', '')).toBe('\n')
    expect(bash('comp')).toBe('completion\ncompile\n')
  })
  test('another shell is told', () => {
    const { status, stderr } = trireme(scratch(), 'completion', 'fishy')
    expect([status, stderr]).toEqual([
      2,
      'completion takes bash, zsh or fish, got "fishy". Did you mean "fish"? "trireme help completion" says where its script goes.\n',
    ])
  })
})
