import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { Fault, told } from './script.ts'

const caught = (act: () => void) => {
  try {
    act()
  } catch (error) {
    return told(error)
  }
  throw new Error('nothing was thrown')
}
it('says a fault as it is, what the system refuses with what helps, and nothing of a bug', () => {
  const folder = scratch()
  writeFileSync(path.join(folder, 'file'), '')
  mkdirSync(path.join(folder, 'sub'))
  expect(told(new Fault('Wrong. Right is this.'))).toBe('Wrong. Right is this.')
  expect(caught(() => writeFileSync(path.join(folder, 'file/x'), ''))).toBe(
    `Cannot use ${folder}/file/x (ENOTDIR). A part of its path is a file. Correct the path.`,
  )
  expect(caught(() => writeFileSync(path.join(folder, 'sub'), ''))).toBe(
    `Cannot use ${folder}/sub (EISDIR). It is a folder. Correct the path.`,
  )
  expect(caught(() => writeFileSync('/dev/full', 'x'))).toBe(
    'Cannot write the output (ENOSPC). The disk is full. Free some space, or give a folder elsewhere.',
  )
  expect(told(new TypeError('x is not a function'))).toBeUndefined()
})
