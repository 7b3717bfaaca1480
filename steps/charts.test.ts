import { expect, test } from 'vitest'
import { escaped, figure, ticks } from './charts.ts'

test('ticks are round values', () => {
  const text = (from: number, to: number, whole = false) => ticks({ label: '', from, to, whole }).map(each => Number(each.toPrecision(6)))
  expect(text(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
  expect(text(0.4, 1)).toEqual([0.4, 0.6, 0.8, 1])
  expect(text(0, 0.65)).toEqual([0, 0.2, 0.4, 0.6])
  expect(text(1, 3, true)).toEqual([1, 2, 3])
  expect(text(1, 40, true)).toEqual([10, 20, 30, 40])
})
test('names from data stay text', () => {
  expect(escaped('<a href="x">&\u0000')).toBe('&#60;a href=&#34;x&#34;&#62;&#38;?')
  const axis = { label: 'x', from: 0, to: 1 }
  const svg = figure([
    {
      title: '<t>',
      x: axis,
      y: axis,
      lines: [
        {
          name: '<script>',
          points: [
            [0, 0],
            [1, 1],
          ],
        },
        { name: 'b', points: [] },
      ],
    },
  ])
  expect(svg).not.toMatch(/<script|<t>/)
  expect(svg).toContain('M52 256L346 30')
})
