import { bam } from 'trireme-bio/kinds'
import { bamFile, folder, pairs, samOf, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { unmark } from './unmark.ts'

it('takes away marks, keeps everything else, and writes an index', async () => {
  const lines = samText(pairs().slice(0, 5), 's', 'coordinate').trimEnd().split('\n')
  const place = (line: string) => (line.startsWith('@') ? 0 : Number(line.split('\t')[3]))
  const plain = `${lines.sort((one, other) => place(one) - place(other)).join('\n')}\n`
  const marked = plain.replaceAll('\t99\t', `\t${99 + 1024}\t`)
  expect(marked).not.toBe(plain)
  const merged = given('marked', bam({ sorted: 'coordinate' }), bamFile(folder(), 'marked', marked))
  const { unmarked } = await made(unmark({ merged }))
  expect(samOf(unmarked.path)).toBe(plain)
  expect(unmarked.companions['.bai']).toMatch(/\.bam\.bai$/)
})
