import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../../../core/testing.ts'
import { seededRecord } from '../../../test/seeded-record.ts'
import { sign, signatureOf, signatureState } from './signature.ts'

const has = spawnSync('ssh-keygen', ['-?']).error === undefined
const key = (folder: string, name: string) => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path.join(folder, name)])
  return path.join(folder, name)
}
const signers = (file: string, ...keys: readonly string[]) => {
  writeFileSync(file, keys.map(key => `${path.basename(key)}@example.org ${readFileSync(`${key}.pub`, 'utf8')}`).join(''))
  return file
}
test.skipIf(!has)('a signature tells a deliberate change, and by whom a record is (skipped: no ssh-keygen)', () => {
  const folder = scratch()
  const [ada, eve, record] = [key(folder, 'ada'), key(folder, 'eve'), path.join(folder, 'record.json')]
  const [ours, others] = [signers(path.join(folder, 'ours'), ada), signers(path.join(folder, 'others'), eve)]
  writeFileSync(record, seededRecord())
  expect(signatureState(record, undefined)).toEqual({ state: 'none' })
  expect(signatureState(record, ours)).toEqual({ state: 'bad', why: `it is not signed: there is no ${record}.sig` })
  expect(sign(record, ada)).toBe(signatureOf(record))
  expect(signatureState(record, undefined)).toEqual({ state: 'not looked at' })
  expect(signatureState(record, ours)).toEqual({ state: 'good', by: 'ada@example.org' })
  expect(signatureState(record, others)).toEqual({ state: 'bad', why: `its signature is by none of the signers in ${others}` })
  writeFileSync(others, 'no such line\n')
  expect(signatureState(record, others)).toMatchObject({ why: expect.stringMatching(/ in .* \(.*:1: .*key.*\)$/) })
  expect(() => sign(record, ada)).toThrow(`There is a file ${record}.sig already`)
  writeFileSync(record, seededRecord({ seed: 2 })) // another record that proves itself
  expect(signatureState(record, ours)).toMatchObject({
    state: 'bad',
    why: expect.stringMatching(/^its signature does not hold: it was changed after it was signed/),
  })
  const foreign = path.join(folder, 'foreign.json')
  writeFileSync(foreign, seededRecord())
  writeFileSync(
    signatureOf(foreign),
    execFileSync('ssh-keygen', ['-Y', 'sign', '-n', 'file', '-f', ada], { input: seededRecord(), stdio: ['pipe', 'pipe', 'ignore'] }),
  )
  expect(signatureState(foreign, ours)).toMatchObject({ state: 'bad' }) // signed as something else
  appendFileSync(signatureOf(foreign), 'x')
  expect(signatureState(foreign, ours)).toMatchObject({ state: 'bad' })
  expect(() => sign(path.join(folder, 'ours'), path.join(folder, 'nobody'))).toThrow(
    /was not signed with .*nobody: .*\. Give the file of a private key of SSH, as "ssh-keygen -t ed25519" makes one\.$/,
  )
})
