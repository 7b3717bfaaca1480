import { spawnSync } from 'node:child_process'
import { lstatSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { cli, environment, projectWith } from './project.ts'

// Who may read what a run writes is said by the umask, as for any other program: results, records, events and logs alike.

const pipeline = `
import { mib, pipeline, run, step } from 'trireme-bio'
import { text } from 'trireme-bio/kinds'
const print = step({
  name: 'print', image: 'base', tools: [], inputs: {}, outputs: { printed: text }, needs: { cpu: 1, memory: mib(64) },
  command: ({ printed }) => run('printf', 'x').into(printed),
})
export const mine = pipeline({ name: 'mine', inputs: {}, build: () => ({ printed: print({}).printed }) })
`
/** Everything below a folder that a program made there, with its mode. */
function modes(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return new Map(
    names.flatMap(name => {
      const stat = lstatSync(path.join(folder, name))
      return stat.isSymbolicLink() ? [] : [[`${name}${stat.isDirectory() ? '/' : ''}`, (stat.mode & 0o777).toString(8)]]
    }),
  )
}
function ranUnder(umask: string) {
  const project = projectWith({ 'pipelines/mine.ts': pipeline })
  const words = ['run', 'mine', '--out', 'made/here/results', '--store', 'made/store']
  const script = `umask ${umask}; mkdir made; exec "$@"`
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, cli, ...words], {
    cwd: project,
    encoding: 'utf8',
    env: environment,
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return modes(path.join(project, 'made'))
}
const differing = (found: ReadonlyMap<string, string>, right: (name: string) => string) =>
  [...found].filter(([name, mode]) => mode !== right(name)).map(([name, mode]) => `${name} ${mode}`)

test('of a user who shows nothing, nothing is shown', () => {
  const found = ranUnder('077')
  expect([...found.keys()]).toEqual(
    expect.arrayContaining(['here/results/', 'here/results/printed.txt', 'store/runs/', 'store/journal.jsonl']),
  )
  const shown = [...found].filter(([, mode]) => !mode.endsWith('00'))
  expect(shown).toEqual([])
})
test.each(['002', '022'])('umask %s: what is published is as if any program had written it', umask => {
  const write = umask === '002' ? '664' : '644'
  const folder = umask === '002' ? '775' : '755'
  const found = ranUnder(umask)
  const right = (name: string) => (name.endsWith('/') ? folder : /entries.*(printed.txt|record.json)$/.test(name) ? '444' : write)
  expect(differing(found, right)).toEqual([])
})
