import { expect, test } from 'vitest'
import { entry, memberOf, oneStep, pod, sha256 } from './trial.ts'

test('one step: two inputs, one output, its record, its log', async () => {
  const job = oneStep({
    argv: ['bash', '-c', 'cat in/a.txt in/b.txt >out/sum.txt; echo careful >&2'],
    inputs: [
      { from: 'producer', to: 'in/a.txt', letter: 'a', file: 'x.txt' },
      { from: 'source', to: 'in/b.txt', letter: 's', sha256: sha256('two\n') },
    ],
    outputs: [{ port: 'sum', files: ['sum.txt'] }],
  })
  const files = { ...entry('a', { x: { 'x.txt': 'one\n' } }), [`from/s/${sha256('two\n')}`]: 'two\n' }
  const told = await pod(job, { files, env: { TRIREME_KEY_1: 'f'.repeat(64) } })
  expect(told.stderr).toBe('')
  console.log(told.seconds, told.read('report/report'), told.read('out/1/record.json'), told.root)
  expect(told.status).toBe(0)
  expect(told.read('out/1/sum.txt')).toBe('one\ntwo\n')
  const record = JSON.parse(told.read('out/1/record.json'))
  expect(record).toMatchObject({ format: 1, key: 'f'.repeat(64), step: 's1', attempt: 1 })
  expect(record.outputs).toEqual({ sum: [{ name: 'sum.txt', size: 8, sha256: sha256('one\ntwo\n') }] })
  expect(told.read('report/1.log')).toBe('careful\n')
  expect(memberOf(1, []).step).toBe('s1')
})
