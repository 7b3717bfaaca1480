import { expect, test } from 'vitest'
import { linesText } from './failure.ts'

test('a long sentence is shown whole, and of a line of data where it was cut', () => {
  const sentence = `There is no column: ${'one of many, '.repeat(100)}and this is what helps.`
  expect(linesText(`${sentence}\n`)).toBe(`\n  last lines of its log:\n    ${sentence}`)
  expect(linesText('x'.repeat(5000))).toBe(`\n  last lines of its log:\n    ${'x'.repeat(2000)}… (3,000 characters more)`)
  expect(linesText(' \n')).toBe('\n  It wrote nothing to its standard error.')
})
