import { expect, test } from 'vitest'
import { gateOf } from './gate.ts'

test('runs what there is room for, in order, and what is larger than all room alone', async () => {
  const gate = gateOf(10)
  const log: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string, takes: number) =>
    gate(takes, async () => {
      log.push(name)
      await new Promise<void>(end => ends.set(name, end))
    })
  const all = [work('a', 6), work('b', 4), work('large', 99), work('c', 1)]
  const turn = () => new Promise(go => setImmediate(go))
  await turn()
  expect(log).toEqual(['a', 'b'])
  ends.get('a')!()
  await turn()
  expect(log).toEqual(['a', 'b']) // the large one waits for b, and c for the large one
  ends.get('b')!()
  await turn()
  expect(log).toEqual(['a', 'b', 'large'])
  ends.get('large')!()
  await turn()
  expect(log).toEqual(['a', 'b', 'large', 'c'])
  ends.get('c')!()
  await Promise.all(all)
})
test('gives room back where work fails', async () => {
  const gate = gateOf(1)
  await expect(gate(5, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await gate(5, async () => 'yes')).toBe('yes')
})
