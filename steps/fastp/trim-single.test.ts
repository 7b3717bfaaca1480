import { fastq } from 'trireme-bio/kinds'
import { content, fastqFiles, folder, pairs } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { trimSingle } from './trim-single.ts'

const at = folder()
const trimmed = (sequence?: string) => {
  const own = pairs().map(pair => ({ ...pair, sequences: [sequence ?? pair.sequences[0], pair.sequences[1]] as const }))
  const name = sequence ?? 'reads'
  return made(trimSingle({ reads: given('reads', fastq, fastqFiles(at, name, own).first) }))
}

it('passes good reads', async () => {
  const { trimmed: reads, report, page } = await trimmed()
  expect(content(reads.path).split('\n').length).toBe(4 * pairs().length + 1)
  expect(JSON.parse(content(report.path))).toMatchObject({
    command: 'fastp',
    summary: { before_filtering: { total_reads: pairs().length } },
  })
  expect(content(page.path)).not.toMatch(/in\/reads|out\/|20[0-9]{2}-[0-9]{2}-[0-9]{2}|--dont_eval/)
})
it('gives a file without reads where none are left', async () => expect(content((await trimmed('ACGTACGTAC')).trimmed.path)).toBe(''))
