import { expect, test } from 'vitest'
import { shownText } from './print.ts'

const [esc, bell] = ['\u001b', '\u0007']
test.each([
  ['a title', `${esc}]0;owned${bell}x`, '\\u001b]0;owned\\u0007x'],
  ['the clipboard, OSC 52', `${esc}]52;c;ZXZpbA==${bell}`, '\\u001b]52;c;ZXZpbA==\\u0007'],
  ['the cursor, and the screen', `${esc}[2J${esc}[1;1Hx`, '\\u001b[2J\\u001b[1;1Hx'],
  ['a control of one character, C1', '\u009b2J\u0085x', '\\u009b2J\\u0085x'],
  ['a line written over', 'Done\rFAILED', 'Done\\u000dFAILED'],
  ['text that is turned', 'a\u202egnp.exe\u2066b\u200f', 'a\\u202egnp.exe\\u2066b\\u200f'],
  ['lines that nobody sees ending', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
  ['backspaces, NUL, DEL', 'ab\b\u0000\u007f', 'ab\\u0008\\u0000\\u007f'],
  ['colours of others', `${esc}[31mred${esc}[0m ${esc}[8;30mhidden`, 'red hidden'],
])('%s is shown, not done', (_, text, shown) => {
  for (const coloured of [true, false]) expect(shownText(`before ${text}\tafter\nend`, coloured)).toContain('after\nend')
  expect(shownText(text, false)).toBe(shown)
})
test('what people write stays: accents, scripts of all directions, joined signs', () => {
  const text = 'Größe, 心臓, לב, 👩‍🔬, نمی‌خواهم\tx\ny'
  expect(shownText(text, true)).toBe(text)
})
test('colours of our own stay where there are colours; a line of another system ends as ours', () => {
  expect(shownText(`${esc}[31mfailed${esc}[39m\r\n`, true)).toBe(`${esc}[31mfailed${esc}[39m\n`)
  expect(shownText(`${esc}[31mfailed${esc}[39m`, false)).toBe('failed')
  expect(shownText(`${esc}[5mblinks`, true)).toBe('blinks')
})
test('JSON stays what it is', () => {
  const value = { a: `${esc}]0;x${bell}\u009b\u202e\n` }
  expect(JSON.parse(shownText(JSON.stringify(value), false))).toEqual(value)
})
test('no secret is written', () => {
  expect(shownText('get https://ada:geheim@host/?sig=abc', true)).toBe('get https://***@host/?sig=***')
})
