import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { interleavedFastq } from 'trireme-bio/kinds'
import { content, fastqFiles, folder } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { separate } from './separate.ts'

const at = folder()
const files = fastqFiles(at, 'reads')
const readsOf = (file: string) => content(file).match(/(.*\n){4}/g)!
const second = readsOf(files.second)
const text = readsOf(files.first)
  .map((read, n) => read + second[n])
  .join('')
const separated = (name: string, bytes: string | Buffer) => {
  writeFileSync(path.join(at, name), bytes)
  return made(separate({ reads: given('reads', interleavedFastq, path.join(at, name)) }))
}

it.each<[string, string | Buffer]>([
  ['text', text],
  ['gzip', gzipSync(text)],
  ['empty lines at the end', `${text}\n\r\n`],
])('gives each mate a file: %s', async (name, bytes) => {
  const { parts } = (await separated(name, bytes)).separated
  expect([content(parts.first!), content(parts.second!)]).toEqual([content(files.first), content(files.second)])
})
it('refuses a file that ends within a pair', async () =>
  await expect(separated('cut', text.split('\n').slice(0, 12).join('\n'))).rejects.toThrow(
    'The file holds mates by turns, and ends in the middle of pair 2, after 12 lines. A pair has eight. Copy the file again.',
  ))
