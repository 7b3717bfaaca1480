import { expect, test } from 'vitest'
import { plainDisplay } from './plain.ts'

test('progress of a step is told at most every ten seconds', () => {
  const lines: string[] = []
  const display = plainDisplay(line => lines.push(line.slice(10)))
  const tell = (second: number, step: string, text: string, share?: number) =>
    display.on({ at: new Date(second * 1000).toISOString(), event: 'progress', step, text, ...(share !== undefined && { share }) })
  tell(0, 'train:a', 'epoch 1 of 8', 0.125)
  tell(5, 'train:a', 'epoch 2 of 8', 0.25)
  tell(5, 'train:b', 'warming up')
  tell(11, 'train:a', 'epoch 3 of 8', 0.375)
  expect(lines.map(line => line.trim())).toEqual(['train:a  13 %, epoch 1 of 8', 'train:b  warming up', 'train:a  38 %, epoch 3 of 8'])
})
