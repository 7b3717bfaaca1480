import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { duplicateReport, fastpReport, flagstatReport, json } from 'trireme-bio/kinds'
import { content, folder } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { compare } from './compare.ts'

const at = folder()
const file = (name: string, text: string) => {
  writeFileSync(path.join(at, name), text)
  return path.join(at, name)
}
const count = (reads: number) => ({ reads, bases: 1, length: { min: 1, max: 1 } })
const checkReport = (name: string, first: number, second?: number) =>
  given(name, json, file(`${name}.json`, JSON.stringify({ first: count(first), ...(second && { second: count(second) }) })))
const fastp = (name: string, before: number, after: number) => {
  const summary = { before_filtering: { total_reads: before }, after_filtering: { total_reads: after } }
  return given(name, fastpReport, file(`${name}.json`, JSON.stringify({ summary })))
}
const imports = (primary: number) => given('imported', json, file('imported.json', JSON.stringify({ records: primary + 7, primary })))
const flags = (primary: number, failed = 0) =>
  given(
    'flags',
    flagstatReport,
    file(
      `${primary}.txt`,
      `${primary + 3} + ${failed} in total (QC-passed reads + QC-failed reads)\n${primary} + ${failed} primary\n3 + 0 secondary\n0 + 0 primary duplicates\n`,
    ),
  )

it('lets through what all programs counted alike, single reads and reads that failed quality control with it', async () => {
  const all = compare({
    sample: 's',
    checked: { 's.L1': checkReport('check1', 50, 50), 's.L2': checkReport('check2', 30) },
    trimmed: { 's.L1': fastp('fastp1', 100, 90) },
    imported: { 's.L3': imports(5) },
    removed: {},
    flags: flags(120, 5),
  })
  expect(JSON.parse(content((await made(all)).report.path))).toEqual({
    lanes: { 's.L1': { checked: 100, fastpRead: 100, given: 90 }, 's.L2': { checked: 30, given: 30 }, 's.L3': { given: 5 } },
    aligned: 125,
  })
})
it('refuses a fastp that read fewer reads than there are', async () =>
  await expect(
    made(
      compare({
        sample: 's',
        checked: { 's.L1': checkReport('check', 50, 50) },
        trimmed: { 's.L1': fastp('fastp', 45, 45) },
        imported: {},
        removed: {},
        flags: flags(45),
      }),
    ),
  ).rejects.toThrow(
    'Lane s.L1 has 100 reads, of which fastp read 45: some versions of fastp stop at the first of several parts of a gzip file. Take another version of fastp, or none (--no-trim), or pack the files anew: gzip -dc x.fastq.gz | gzip > y.fastq.gz',
  ))
it.each([99, 101])(
  'refuses alignments of %i reads where 100 went in',
  async aligned =>
    await expect(
      made(
        compare({
          sample: 's',
          checked: { 's.L1': checkReport('check', 50, 50) },
          trimmed: {},
          imported: {},
          removed: {},
          flags: flags(aligned),
        }),
      ),
    ).rejects.toThrow(
      `100 reads went to the aligner or came in as alignments (s.L1: 100), and the alignments of the sample hold ${aligned}. A program on the way lost or doubled some`,
    ),
)
it.each([
  [80, undefined],
  [
    79,
    '100 reads went to the aligner or came in as alignments (L1: 100), and the alignments of the sample hold 99, with the 20 duplicates that were removed.',
  ],
  [
    100,
    '100 reads went to the aligner or came in as alignments (L1: 100), and the alignments of the sample hold 120, with the 20 duplicates that were removed.',
  ],
])('of 100 reads that lost 20 duplicates lets through 80 alone: %i', async (left, message) => {
  const text = `READ: 103\nWRITTEN: ${left + 2}\nDUPLICATE PRIMARY TOTAL: 20\nDUPLICATE NON PRIMARY: 1\nDUPLICATE TOTAL: 21\n`
  const removed = { s: given('removed', duplicateReport, file('removed.txt', text)) }
  const done = made(
    compare({ sample: 's', checked: { L1: checkReport('check', 50, 50) }, trimmed: {}, imported: {}, removed, flags: flags(left) }),
  )
  if (message === undefined) expect(JSON.parse(content((await done).report.path))).toMatchObject({ aligned: 100 })
  else await expect(done).rejects.toThrow(message)
})
it('lets lanes without reads through, or refuses each by its name', async () => {
  const at = (empty: 'keep' | 'refuse') =>
    made(
      compare({
        sample: 's',
        checked: { L1: checkReport('full', 50, 50), L2: checkReport('none', 0, 0), '+1': checkReport('some', 5, 4) },
        trimmed: { '+1': fastp('dropped', 9, 0) },
        imported: {},
        removed: {},
        flags: flags(100),
        empty,
      }),
    )
  await at('keep')
  const refused = at('refuse')
  await expect(refused).rejects.toThrow(
    'There are no reads in lane L2 of sample s. Look at its files and give the right ones, remove its row from the samplesheet, or go on without its reads (--empty keep).',
  )
  await expect(refused).rejects.toThrow(
    'Trimming dropped all 9 reads of row 1 of sample s. See its report of fastp and leave --trim out, remove its row from the samplesheet, or go on without its reads (--empty keep).',
  )
})
