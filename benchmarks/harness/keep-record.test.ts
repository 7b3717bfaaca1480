import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../../core/testing.ts'
import { seededObservation } from '../../test/seeded-record.ts'
import { importRecord, keepRecord, recordFiles } from './keep-record.ts'
import { verifyText } from './verify/verify.ts'

test('records are added by machine, name and time, and none is ever overwritten', () => {
  const folder = scratch()
  const file = keepRecord(folder, seededObservation())
  expect(path.relative(folder, file)).toBe('amd-epyc-2-cores/seeded-20260102T030405Z.json')
  const text = readFileSync(file, 'utf8')
  expect(verifyText(text).faults).toEqual([])
  expect(() => keepRecord(folder, seededObservation({ seed: 2 }))).toThrow(
    `There is a file ${file} already, and what is kept of measurements is never overwritten. Move it away first if it is wrong.`,
  )
  expect(readFileSync(file, 'utf8')).toBe(text)
  expect(readdirSync(path.dirname(file))).toHaveLength(1) // no part is left
  const { read } = verifyText(text)
  if (read.format !== 2) throw new Error('it is of format 2')
  expect(importRecord(folder, read.record, file)).toEqual({ state: 'there', file })
  expect(recordFiles(folder)).toEqual([file])
})
test('what is no record is not written', () => {
  const folder = scratch()
  const seen = seededObservation()
  expect(() => keepRecord(folder, { ...seen, definition: { ...seen.definition, name: '../up' } })).toThrow(/expected lower case/)
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
    Object.assign(seen.runs[0]!.quality, { auc: wrong })
    expect(() => keepRecord(folder, seen)).toThrow(/expected number/)
  }
  expect(existsSync(path.join(folder, 'amd-epyc-2-cores'))).toBe(false)
})
