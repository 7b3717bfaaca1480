import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { plainFastq, plainFastqPair } from 'trireme-bio/kinds'
import { content, fastqFiles, folder } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { pack, packSingle } from './pack.ts'

const at = folder()
const files = fastqFiles(at, 'reads')
const plain = path.join(at, 'plain.fastq')
writeFileSync(plain, content(files.first))

it('packs a pair, one of it packed already', async () => {
  const { packed } = await made(pack({ reads: given('reads', plainFastqPair, { first: plain, second: files.second }) }))
  expect([content(packed.parts.first!), content(packed.parts.second!)]).toEqual([content(files.first), content(files.second)])
})
it('packs single reads', async () => {
  const { packed } = await made(packSingle({ reads: given('reads', plainFastq, plain) }))
  expect(content(packed.path)).toBe(content(files.first))
})
