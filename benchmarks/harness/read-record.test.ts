import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { seededRecord } from '../../test/seeded-record.ts'
import { readRecord } from './read-record.ts'
import { sealIn } from './record-text.ts'

const text = seededRecord()
const lines = text.split('\n')
const older = readFileSync(new URL('../results/amd-epyc-2-cores/script-20261124T024423Z.json', import.meta.url), 'utf8')
const faults = (of: string) => readRecord(of).faults
const line = (beginning: string) => lines.findIndex(each => each.startsWith(beginning))

test('a record is one text, a line for each run and each figure, sealed by what sha256sum prints', async () => {
  expect(faults(text)).toEqual([])
  expect(lines.filter(each => each.startsWith('  {"round":'))).toHaveLength(16)
  expect(lines.filter(each => each.startsWith('   {"measure":'))).toHaveLength(6)
  expect(lines.at(-3)).toMatch(/^ "seal": "[0-9a-f]{64}"$/)
  const { execFileSync } = await import('node:child_process')
  expect(execFileSync('sh', ['-c', 'head -n -2 | sha256sum'], { input: text, encoding: 'utf8' }).split(' ')[0]).toBe(sealIn(text)?.seal)
})
test.each([
  ['empty', '', 'It is empty.'],
  [
    'after a byte order mark',
    `\ufeff${text}`,
    'It begins with a byte order mark, which an editor has put there. Copy it again from where it was made.',
  ],
  ['blank', ' \n', 'It is empty.'],
  [
    'cut short',
    text.slice(0, text.length / 2),
    /^It is cut short: after line \d+ there is no more\. Copy it again from where it was made\.$/,
  ],
  ['cut after a line', `${lines.slice(0, -3).join('\n')}\n`, /^It is cut short: after line \d+ there is no more\. /],
  ['no JSON', 'wall 12', 'It is cut short: after line 1 there is no more. Copy it again from where it was made.'],
  ['a bracket lost', text.replace(' "runs": [', ' "runs": '), /^Line \d+ is no JSON \(.*\)\.$|no JSON/],
  ['a foreign schema', '{"results": [{"command": "sleep 1"}]}\n', 'It is JSON, but no record: it has no field "format" with a number.'],
  ['JSON of another kind', '[1]\n', 'It is JSON, but no record: it has no field "format" with a number.'],
  [
    'a later format',
    '{"format": 3}\n',
    'It is of format 3, which this version of Trireme does not know; it knows 1 and 2. Read it with the version that wrote it.',
  ],
  [
    'a broken line',
    text.replace('"arm":"resnet18","environment":"workstation","caches":"warm","runs":8', 'x'),
    /^Line \d+ is no JSON \(figures › whole/,
  ],
  [
    'NaN',
    text.replace('"quality":{"auc":0.9}', '"quality":{"auc":NaN}'),
    /^Line \d+ is no JSON \(runs › round 0 · \w+ · workstation · warm\)\.$/,
  ],
  [
    'no quality',
    text.replace('"quality":{"auc":0.9}', '"quality":{"auc":null}'),
    /^runs › round 0 · \w+ · workstation · warm › quality › auc: Invalid input: expected number, received null\.$/,
  ],
  [
    'a run of length zero',
    text.replace(/"wall":[\d.]+,"calendar"/, '"wall":0,"calendar"'),
    /^runs › round 0 · \w+ · workstation · warm › wall: Too small: expected number to be >0\.$/,
  ],
  ['a field lost', text.replace(' "quick": false,\n', ''), 'quick: Invalid input: expected boolean, received undefined.'],
  ['a field more', text.replace(' "quick": false,\n', ' "quick": false,\n "host": "x",\n'), 'Unrecognized key: "host".'],
  [
    'a name that is a path',
    text.replace('"name": "seeded"', '"name": "../../x"'),
    'definition › name: expected lower case, digits and hyphens.',
  ],
  [
    'a blank more',
    text.replace('"seed": 1', '"seed":  1'),
    `Line ${line(' "seed"') + 1} is not written as records are (seed): it was changed by hand or by an editor.`,
  ],
  ['a number written otherwise', text.replace('"seed": 1', '"seed": 1.0'), /^Line \d+ is not written as records are \(seed\)/],
  [
    'another order',
    text.replace('"least":6,"most":30', '"most":30,"least":6'),
    /^Line \d+ is not written as records are \(definition › runs\)/,
  ],
  [
    'a field twice',
    text.replace(' "quick": false,\n', ' "quick": true,\n "quick": false,\n'),
    /^Line \d+ is not written as records are \(quick\)/,
  ],
  [
    'lines that end as those of Windows',
    text.replaceAll('\n', '\r\n'),
    'Its lines end as those of Windows do (CRLF), as Git may have checked it out or an editor saved it. Records have LF: "*.json -text" in .gitattributes keeps Git from it.',
  ],
  ['something after it', `${text}\n`, /^Line \d+ is not written as records are/],
  ['another seed', text.replace('"seed": 1', '"seed": 2'), 'Its seal is broken: it was changed after it was written.'],
  ['no seal', text.replace(/,\n "seal": .*\n/, '\n'), 'seal: Invalid input: expected string, received undefined.'],
  ['format 1 with a field lost', older.replace('"seed"', '"sed"'), 'seed: Invalid input: expected number, received undefined.'],
])('%s', (_, changed, fault) => {
  expect(changed).not.toBe(text)
  expect(faults(changed)).toContainEqual(typeof fault === 'string' ? fault : expect.stringMatching(fault))
})
test('records of format 1 stay readable', () => {
  expect(readRecord(older)).toMatchObject({ format: 1, faults: [], result: { benchmark: 'script' } })
})
