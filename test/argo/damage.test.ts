import { expect, test, vi } from 'vitest'
import { Store } from '../../core/store/store.ts'
import { scratch } from '../../core/testing.ts'
import { damaged, damagesOf, isNamed, results, some, words } from './damage.ts'
import { runsPods } from './pods-here.ts'
import { contentOf, copy, prefix, ran, setting, write } from './setting.ts'

// In npm test a sample of them, another one every hour; TRIREME_DAMAGES=all tries all. On a real cluster: real-damage.test.ts.

const count = process.env.TRIREME_DAMAGES === 'all' ? Number.POSITIVE_INFINITY : 4
test('an object of a finished run that is damaged: the next command makes it again by itself, and names it', {
  timeout: 600_000,
}, async () => {
  const at = await setting()
  runsPods(at.cluster, at.bucket)
  const { objects } = at.bucket
  const first = await ran(at, results())
  expect(first.failures).toEqual([])
  const expected = contentOf(first.results.made)
  expect(expected.split('\n')).toHaveLength(11)
  const whole = new Map([...objects].map(([key, content]) => [key.slice(prefix.length), content]))
  const all = damagesOf(whole)
  expect(all.length).toBeGreaterThan(100)
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const faults: string[] = []
  for (const [n, damage] of some(all, count, new Date().getHours()).entries()) {
    objects.clear()
    const { bucket } = at.environment
    const own = { ...at, store: await Store.open(scratch()), environment: { ...at.environment, bucket: { ...bucket, prefix: `d${n}` } } }
    for (const [key, content] of damaged(whole, damage)) objects.set(`d${n}/${key}`, content)
    stderr.mockClear()
    const tries: string[] = []
    let said = ''
    for (const run of ['a', 'b']) {
      const done = await ran(own, results(), { run: `20260102-${n}-${run}` }).catch((error: Error) => error)
      said += done instanceof Error ? done.message : words(done.events)
      tries.push(
        done instanceof Error ? done.message : done.state === 'succeeded' ? contentOf(done.results.made) : done.failures.join('\n'),
      )
      if (tries.at(-1) === expected) break
    }
    said += stderr.mock.calls.join('\n')
    if (tries.at(-1) !== expected) faults.push(`${damage.object} ${damage.how}: ${tries.join('\n  ')}`)
    if (isNamed(damage) && !said.includes(damage.object)) faults.push(`${damage.object} ${damage.how}: not named in\n${said}`)
    if (tries.length > 1) console.log(`${damage.object} ${damage.how}: by the command after it, after: ${tries[0]}`)
  }
  stderr.mockRestore()
  expect(faults).toEqual([])
})
test('an entry that is damaged once more when it was made again fails its reader, with what it is and who made it', async () => {
  const at = await setting()
  runsPods(at.cluster, at.bucket)
  const { objects } = at.bucket
  const hello = write('hello')
  await ran(at, { hello })
  const file = [...objects.keys()].find(key => key.endsWith('/made.txt'))!
  const set = objects.set.bind(objects)
  objects.set = (key, content) => set(key, key === file ? Buffer.from('jello') : content)
  objects.set(file, Buffer.from(''))
  const own = { ...at, store: await Store.open(scratch()) }
  const { events, failures, told } = await ran(own, { copied: copy('again', hello) }, { run: '20260101-120000-0002' })
  const object = file.slice(prefix.length)
  const reason = `${object} in the bucket was damaged or gone when again came to read it`
  expect(events).toContainEqual(expect.objectContaining({ event: 'damaged', step: 'hello', reason }))
  const those = told.filter(line => /^(started|damaged|succeeded|failed|run-ended)/.test(line))
  expect(those.slice(-7)).toEqual([
    'damaged hello',
    'started hello 1',
    'succeeded hello',
    'started again 3',
    'started again 4',
    'failed again',
    'run-ended failed',
  ])
  expect(failures[0]).toMatch(/^Input from\/a\/made\.txt is not what its record says: /)
  expect(failures[0]).toContain(
    ` It is ${object} in the bucket, which hello made, and was taken away: the same command makes it again.\n  pod:     gone`,
  )
  expect(objects.has(file.replace('made.txt', 'record.json'))).toBe(false)
  delete (objects as { set?: unknown }).set
  const again = await ran(own, { copied: copy('again', hello) }, { run: '20260101-120000-0003' })
  expect(contentOf(again.results.copied)).toBe('hello')
})
