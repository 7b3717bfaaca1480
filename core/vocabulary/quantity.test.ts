import { expect, test } from 'vitest'
import { secondsText } from './quantity.ts'

test.each([
  [0.04, '0.0 s'],
  [42.4, '42 s'],
  [75.2, '1 m 15 s'],
  [300, '5 m'],
  [5400, '1 h 30 m'],
  [43_200, '12 h'],
])('%d seconds are %s', (seconds, text) => expect(secondsText(seconds)).toBe(text))
