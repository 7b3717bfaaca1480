import { appendFileSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { kind, mib, run, step } from 'trireme-bio'
import { Store } from 'trireme-bio/local'
import { ran, scratch } from 'trireme-bio/testing'
import { expect, test } from 'vitest'
import { followLog, type Progress } from './progress.ts'

const note = kind('note', { extension: '.txt' })
/** A step that runs lines of bash; `$1` is its output, `$2` the folder that outlives attempts. */
const bash = (name: string, script: string) =>
  step({
    ...{ name, image: 'none', inputs: {}, outputs: { made: note }, needs: { cpu: 1, memory: mib(64) } },
    command: ({ made, resume }) => run('bash', '-euc', script, 'step', made, resume),
  })

test('lines of a step become events while it runs, in their order', async () => {
  const talk = bash(
    'talk',
    `echo '::progress {"text": "one of two", "share": 0.5}' >&2; echo 'plain words' >&2; sleep 0.7
     echo '::progress {"text": "two of two", "share": 1}'; echo x >"$1"`,
  )
  const { events } = await ran(talk({}))
  expect(events.flatMap(each => (each.event === 'progress' ? [[each.step, each.text, each.share]] : []))).toEqual([
    ['talk', 'one of two', 0.5],
    ['talk', 'two of two', 1],
  ])
  const at = (event: string, text?: string) =>
    Date.parse(events.find(each => each.event === event && (!text || ('text' in each && each.text === text)))!.at)
  expect(at('succeeded') - at('progress', 'one of two')).toBeGreaterThan(100)
  expect(events.findIndex(each => each.event === 'succeeded')).toBeGreaterThan(events.findLastIndex(each => each.event === 'progress'))
})
test('a failure shows the words before it, not the progress', async () => {
  const { failures } = await ran(bash('fail', `echo 'the cause' >&2; echo '::progress {"text": "half"}' >&2; exit 3`)({}))
  expect(failures[0]).toMatch(/last lines of its log:\n {4}the cause$/)
})
test('what is not understood is passed over, what is hostile is made one plain line', async () => {
  const log = path.join(scratch(), 'log')
  writeFileSync(log, '')
  const told: Progress[] = []
  const following = followLog(openSync(log, 'r'), each => told.push(each))
  const words = ['{', '7', 'null', '{"share": 1}', '{"text": 3}', '{"text": "\\u001b[2J a\\nb", "share": 7}', '{"text": "c", "share": "x"}']
  appendFileSync(log, words.map(word => `::progress ${word}\n`).join(''))
  appendFileSync(log, ' ::progress {"text": "no"}\n::progress {"text": "cut')
  await pause(600)
  appendFileSync(log, ' in two"}\n')
  following.stop()
  expect(told).toEqual([{ text: ' [2J a b', share: 1 }, { text: 'c' }, { text: 'cut in two' }])
})
test('of a step that floods its log, the end is read', async () => {
  const log = path.join(scratch(), 'log')
  writeFileSync(log, `::progress {"text": "lost"}\n${'x'.repeat(79)}\n`.repeat(1) + `${'y'.repeat(79)}\n`.repeat(2000))
  const told: Progress[] = []
  const following = followLog(openSync(log, 'r'), each => told.push(each))
  appendFileSync(log, '::progress {"text": "seen"}\n')
  following.stop()
  expect(told).toEqual([{ text: 'seen' }])
})

const counting = bash('count', `n=$(cat "$2/n" 2>/dev/null || echo 0); echo $((n + 1)) >"$2/n"; [ "$n" -ge 1 ] || exit 1; cp "$2/n" "$1"`)
test('what a step keeps for the next attempt outlives a failure, and goes when it succeeds', async () => {
  const store = await Store.open(scratch())
  const first = await ran(counting({}), { store, run: 'one' })
  expect(first.failures).toHaveLength(1)
  expect(readdirSync(path.join(store.root, 'resume'))).toHaveLength(1)
  const second = await ran(counting({}), { store, run: 'two' })
  expect(readFileSync(second.results.made!.path, 'utf8')).toBe('2\n')
  expect(readdirSync(path.join(store.root, 'resume'))).toEqual([])
})
test('it outlives a run that was stopped, and is the step’s own', async () => {
  const store = await Store.open(scratch())
  const slow = bash('slow', `[ -e "$2/half" ] || { touch "$2/half"; echo '::progress {"text": "half"}' >&2; sleep 30; }; ls "$2" >"$1"`)
  const stop = new AbortController()
  const stopped = await ran(slow({}), {
    ...{ store, run: 'one', signal: stop.signal },
    on: event => event.event === 'progress' && stop.abort(),
  })
  expect(stopped.state).toBe('cancelled')
  const { results } = await ran({ ...slow({}), other: counting({}).made }, { store, run: 'two' })
  expect(readFileSync(results.made!.path, 'utf8')).toBe('half\n')
  expect(existsSync(path.join(results.made!.path, '..', 'resume'))).toBe(false)
})
