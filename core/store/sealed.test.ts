import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { appendLines, readLines, readSealed, sealedLine, sealedText, unsealed } from './sealed.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-sealed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const value = { name: 'a "quoted" word, a line\nbreak, Zoë', list: [1, 2, { three: null }], empty: {} }

test('what was sealed is read back, and its digest is that of all bytes before the last line', () => {
  const file = path.join(folder, 'record.json')
  writeFileSync(file, sealedText(value))
  const read = readSealed(file)
  expect(read?.value).toEqual(value)
  const [digest] = execFileSync('bash', ['-c', 'head -n -1 "$1" | sha256sum', 'bash', file], { encoding: 'utf8' }).split(' ')
  expect(read?.digest).toBe(digest)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...value, digest })
  expect(sealedLine(value).split('\n')).toHaveLength(2)
  expect(unsealed(sealedLine(value))?.value).toEqual(value)
})
test.each([sealedText(value), sealedLine(value)])('every flipped bit and every cut is found', text => {
  const whole = Buffer.from(text)
  let flips = 0
  for (let at = 0; at < whole.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(whole)
      flipped[at]! ^= 1 << bit
      const read = unsealed(flipped.toString('utf8'))
      expect(read, `bit ${bit} of byte ${at}`).toBeUndefined()
      flips++
    }
  expect(flips).toBe(8 * whole.length)
  for (let length = 0; length < whole.length - 1; length++) expect(unsealed(whole.subarray(0, length).toString())).toBeUndefined()
  expect(unsealed(text.trimEnd())?.value).toEqual(value)
})
test('a damaged line costs itself alone, also the half of one that a killed writer left', () => {
  const file = path.join(folder, 'lines.jsonl')
  appendLines(file, [{ n: 1 }, { n: 2 }, { n: 3 }])
  writeFileSync(file, readFileSync(file, 'utf8').replace('"n":2', '"n":4') + sealedLine({ n: 5 }).slice(0, 20))
  appendLines(file, [{ n: 6 }])
  expect(readLines(file)).toEqual([{ n: 1 }, { n: 3 }, { n: 6 }])
  expect(readLines(path.join(folder, 'nothing.jsonl'))).toEqual([])
})
