import sharp from 'sharp'
import { expect, test } from 'vitest'
import { type Axis, enclosing, escaped, figure, ticks } from './charts.ts'

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

test('an axis encloses its data, and ends at ticks', () => {
  expect(enclosing([0.31, 0.77], [1])).toEqual({ from: 0.2, to: 1 })
  expect(enclosing([0.05, 12.4], [0])).toEqual({ from: 0, to: 15 })
  expect(enclosing([0.93, 0.99], [1])).toEqual({ from: 0.92, to: 1 })
  expect(enclosing([1, 1], [1])).toEqual({ from: 1, to: 1.2 })
  expect(enclosing([-3, 5])).toEqual({ from: -4, to: 6 })
  expect(enclosing([Number.NaN, 0.5], [0, 1])).toEqual({ from: 0, to: 1 })
  expect(enclosing([])).toEqual({ from: 0, to: 1 })
  for (const [values, shown] of [
    [[0.0001, 0.9], [1]],
    [[3e4, 7], [0]],
  ] as const) {
    const axis = enclosing(values, shown)
    const marks = ticks({ label: '', ...axis })
    expect([marks[0], marks.at(-1)]).toEqual([axis.from, axis.to])
  }
})
test('lines stay in their frame, and the legend in the picture', async () => {
  const axis: Axis = { label: '', from: 0.4, to: 1 }
  const points = [
    [0.4, 0],
    [1, 1.5],
  ] as const
  const names = Array.from({ length: 7 }, (_, n) => `line ${n} with the longest name of all`)
  const svg = figure(
    [0, 1].map(n => ({
      title: `${n}`,
      x: axis,
      y: axis,
      lines: names.map((name, m) => ({ name, points: points.map(([x, y]) => [x, y + m / 10] as const) })),
    })),
  )
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  // Colours of lines outside of both frames, above the legend.
  const coloured = (x: number, y: number) => {
    const [red = 0, green = 0, blue = 0] = data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)
    return Math.max(red, green, blue) - Math.min(red, green, blue) > 40
  }
  const outside: string[] = []
  let inside = 0
  for (let y = 0; y < 300; y++)
    for (let x = 0; x < info.width; x++) {
      const [a, b] = [x % 360, y]
      if (!coloured(x, y)) continue
      if (a >= 47 && a <= 351 && b >= 25 && b <= 261) inside++
      else outside.push(`${x} ${y}`)
    }
  expect(outside).toEqual([])
  expect(inside).toBeGreaterThan(100)
  const starts = [...svg.matchAll(/<path d="M(\d+) (\d+)h22"/g)].map(([, x]) => Number(x))
  expect(starts).toHaveLength(7)
  expect(Math.max(...starts) + 240).toBeLessThanOrEqual(info.width)
})
