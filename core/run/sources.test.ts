import { copyFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { asset, kind, mib, run, step } from '../index.ts'
import { Store } from '../store/store.ts'
import { given, ran, scratch } from '../testing.ts'

// The store must never hold, under the key of one content, what was made of another.
const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
/** Reads its input, and does with the file what the script says: a user, another program, rsync. */
const meddled = (meddle: string) =>
  step({
    name: 'meddled',
    image: 'i',
    inputs: { from: text },
    outputs: { to: text },
    needs,
    command: ({ from, to }) => run('bash', '-c', `cat "$1" >"$2"; F=$(readlink -f "$1"); ${meddle}`, 'bash', from, to),
  })
const copy = meddled('')
const setUp = async () => {
  const folder = scratch()
  const file = path.join(folder, 'file.txt')
  writeFileSync(file, 'right')
  writeFileSync(path.join(folder, 'copy.txt'), 'right')
  return { folder, file, store: await Store.open(path.join(folder, 'store')), source: given('file', text, file) }
}
const told = (events: readonly { readonly event: string }[]) => events.map(({ event }) => event)

test('a source that is changed while its step runs: the outcome is not kept, and the run says which file', async () => {
  const { file, store, source } = await setUp()
  const { state, failures, entries } = await ran({ to: meddled('printf wrong >"$F"')({ from: source }).to }, { store })
  expect(state).toBe('failed')
  expect(failures).toEqual([
    `The outcome of step meddled:file was not kept, since its input file ${file} is no longer what it was when this run began: its content has changed. Once nothing writes to it any more, give the same command again.`,
  ])
  expect(entries.size).toBe(0)
})
test('a source that was changed before its step began, with all its times put back', async () => {
  const { file, store, source } = await setUp()
  writeFileSync(file, 'wrong')
  utimesSync(file, 1e9, 1e9)
  const { state, entries } = await ran({ to: copy({ from: source }).to }, { store })
  expect([state, entries.size]).toEqual(['failed', 0])
})
test('changed while its step read it, and put back: the step runs again', async () => {
  const { folder, store, source } = await setUp()
  const once = path.join(folder, 'once')
  const meddle = meddled(`if [ ! -e ${once} ]; then touch ${once}; printf wrong >"$F"; cat "$F" >"$2"; printf right >"$F"; fi`)
  const { state, events, results } = await ran({ to: meddle({ from: source }).to }, { store })
  expect(state).toBe('succeeded')
  expect(told(events)).toEqual(['run-started', 'planned', 'started', 'retried', 'started', 'succeeded', 'run-ended'])
  expect(results.to).toBeDefined()
})
test('a source that never stays as it is: refused after three attempts', async () => {
  const { folder, store, source } = await setUp()
  const { failures, events } = await ran({ to: meddled(`cp ${folder}/copy.txt "$F"`)({ from: source }).to }, { store })
  expect(told(events).filter(event => event === 'started')).toHaveLength(3)
  expect(failures[0]).toContain('was written to or replaced while the step read it, and may have read something else than it holds now.')
})
test('removed meanwhile; a link that leads elsewhere', async () => {
  const { file, store, source } = await setUp()
  const gone = await ran({ to: meddled('rm "$F"')({ from: source }).to }, { store })
  expect(gone.failures[0]).toContain(`its input file ${file} is no longer there. Put it back, and give the same command again`)
  const other = await setUp()
  const link = path.join(other.folder, 'link.txt')
  symlinkSync(other.file, link)
  const linked = given('link', text, link)
  writeFileSync(path.join(other.folder, 'wrong.txt'), 'wrong')
  const { state } = await ran({ to: meddled(`ln -sfn ${other.folder}/wrong.txt ${link}`)({ from: linked }).to }, { store: other.store })
  expect(state).toBe('failed')
})
test('a script that is edited while its step runs, and a step that fails as its source changes', async () => {
  const { folder, file, store, source } = await setUp()
  const script = path.join(folder, 'script.sh')
  writeFileSync(script, 'echo made >"$1"; echo "# edited" >>"$0"')
  const scripted = step({
    name: 'scripted',
    image: 'i',
    inputs: {},
    outputs: { to: text },
    needs,
    assets: { script: asset(pathToFileURL(script).href, './script.sh') },
    command: ({ script, to }) => run('bash', script, to),
  })
  const edited = await ran({ to: scripted({}).to }, { store })
  expect(edited.failures[0]).toContain(`its input file ${script} is no longer what it was when this run began`)
  const failed = await ran({ to: meddled('printf wrong >"$F"; exit 3')({ from: source }).to }, { store })
  expect(failed.failures[0]).toMatch(/^Step meddled:file ended with status 3\..*Besides: .*file\.txt is no longer what it was/s)
  copyFileSync(path.join(folder, 'copy.txt'), file)
  rmSync(script)
})
