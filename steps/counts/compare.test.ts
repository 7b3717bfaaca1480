import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fastpReport, flagstatReport, json } from 'trireme-bio/kinds'
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
      made(compare({ sample: 's', checked: { 's.L1': checkReport('check', 50, 50) }, trimmed: {}, imported: {}, flags: flags(aligned) })),
    ).rejects.toThrow(
      `100 reads went to the aligner or came in as alignments (s.L1: 100), and the alignments of the sample hold ${aligned}. A program on the way lost or doubled some`,
    ),
)
