import { expect, test } from 'vitest'
import { hasMarks, mergeThree, unified } from './merge.ts'

const bytes = (text: string) => Buffer.from(text)
const sides = { base: '0.1.0, as copied', upstream: '0.2.0' }
const merge = (yours: string, base: string, upstream: string) => {
  const { content, conflicts } = mergeThree(bytes(yours), bytes(base), bytes(upstream), sides)
  return { text: content.toString(), conflicts }
}
const lines = (...all: string[]) => all.map(line => `${line}\n`).join('')
const base = lines('a', 'b', 'c', 'd', 'e', 'f')

test('changes of both are in the result', () => {
  expect(merge(lines('a', 'B', 'c', 'd', 'e', 'f'), base, lines('a', 'b', 'c', 'd', 'E', 'f'))).toEqual({
    text: lines('a', 'B', 'c', 'd', 'E', 'f'),
    conflicts: [],
  })
  // Lines that touch may be about the same thing.
  expect(merge(lines('a', 'B', 'c', 'd', 'e', 'f'), base, lines('a', 'b', 'C', 'd', 'e', 'f')).conflicts).toEqual([
    { line: 2, yours: ['B', 'c'], base: ['b', 'c'], upstream: ['b', 'C'] },
  ])
  expect(merge(lines('new', 'a', 'b', 'c', 'd', 'f'), base, lines('a', 'B', 'c', 'd', 'e', 'f')).text).toBe(
    lines('new', 'a', 'B', 'c', 'd', 'f'),
  )
})
test('the same change of both is no conflict', () => {
  const same = lines('a', 'b', 'X', 'd', 'e', 'f')
  expect(merge(same, base, same)).toEqual({ text: same, conflicts: [] })
  // A line removed by one, and emptied by the other, is one.
  expect(merge(lines('a', 'b', 'd', 'e', 'f'), base, lines('a', 'b', '', 'd', 'e', 'f')).conflicts).toEqual([
    { line: 3, yours: [], base: ['c'], upstream: [''] },
  ])
})
test('a conflict has three sides between marks, in the ends of lines of the file', () => {
  const { text, conflicts } = merge('a\r\nmine\r\nc\r\nd\r\ne\r\nf\r\n', base, lines('a', 'theirs', 'c', 'd', 'e', 'F'))
  expect(conflicts).toEqual([{ line: 2, yours: ['mine'], base: ['b'], upstream: ['theirs'] }])
  const marked = [
    'a',
    '<<<<<<< yours',
    'mine',
    '||||||| 0.1.0, as copied',
    'b',
    '=======',
    'theirs',
    '>>>>>>> trireme-bio 0.2.0',
    'c',
    'd',
    'e',
    'F',
  ]
  expect(text).toBe(marked.map(line => `${line}\r\n`).join(''))
  expect(hasMarks(bytes(text))).toBe(true)
  expect(hasMarks(bytes("const x = '<<<<<<< yours'\n"))).toBe(false)
})
test.each([
  ['CRLF', base.replaceAll('\n', '\r\n'), lines('a', 'b', 'C', 'd', 'e', 'f', 'g').replaceAll('\n', '\r\n')],
  ['a byte order mark', `\ufeff${base}`, `\ufeff${lines('a', 'b', 'C', 'd', 'e', 'f', 'g')}`],
  ['no newline at the end', base.slice(0, -1), lines('a', 'b', 'C', 'd', 'e', 'f', 'g').slice(0, -1)],
  ['one odd end', 'a\r\nb\nc\nd\r\ne\nf\n', 'a\r\nb\nC\nd\r\ne\nf\ng\n'],
])('%s of the user survives', (_, yours, expected) => {
  expect(merge(yours, base, lines('a', 'b', 'C', 'd', 'e', 'f', 'g'))).toEqual({ text: expected, conflicts: [] })
})
test('where the user left the form alone, upstream decides', () => {
  expect(merge(lines('A', 'b', 'c').slice(0, -1), lines('a', 'b', 'c').slice(0, -1), lines('a', 'b', 'c')).text).toBe(lines('A', 'b', 'c'))
})
test('bytes that are no UTF-8 come back as they were', () => {
  const yours = Buffer.concat([Buffer.from([0xe9, 0xff, 0x0a]), bytes(base)])
  const { content, conflicts } = mergeThree(yours, bytes(base), bytes(lines('a', 'b', 'c', 'd', 'e', 'F')), sides)
  expect(conflicts).toEqual([])
  expect([...content.subarray(0, 3)]).toEqual([0xe9, 0xff, 0x0a])
  expect(content.subarray(3).toString()).toBe(lines('a', 'b', 'c', 'd', 'e', 'F'))
})
test('without a base every difference is a conflict, and both sides are there', () => {
  const { content, conflicts } = mergeThree(bytes(lines('a', 'mine', 'c')), undefined, bytes(lines('a', 'c', 'theirs')), sides)
  expect(conflicts).toEqual([
    { line: 2, yours: ['mine'], base: undefined, upstream: [] },
    { line: 4, yours: [], base: undefined, upstream: ['theirs'] },
  ])
  expect(content.toString()).toBe(
    lines('a', '<<<<<<< yours', 'mine', '=======', '>>>>>>> trireme-bio 0.2.0', 'c', '<<<<<<< yours', '=======', 'theirs') +
      '>>>>>>> trireme-bio 0.2.0\n',
  )
})
test('differences are printed as by diff -u', () => {
  const long = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`)
  const changed = [...long.slice(0, 3), 'new', ...long.slice(3, 15), 'line XVI', ...long.slice(16)]
  expect(unified(bytes(lines(...long)), bytes(lines(...changed).slice(0, -1)), ['old', 'new'])).toBe(`--- old
+++ new
@@ -1,6 +1,7 @@
 line 1
 line 2
 line 3
+new
 line 4
 line 5
 line 6
@@ -13,8 +14,8 @@
 line 13
 line 14
 line 15
-line 16
+line XVI
 line 17
 line 18
 line 19
-line 20
+line 20
\\ No newline at end of file
`)
  expect(unified(bytes(''), bytes('a\n'), ['/dev/null', 'a'])).toBe('--- /dev/null\n+++ a\n@@ -0,0 +1 @@\n+a\n')
  expect(unified(bytes('a\n'), bytes('a\n'), ['a', 'b'])).toBe('')
})
