import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fastpReport, flagstatReport } from 'trireme-bio/kinds'
import { report } from 'trireme-bio/steps/multiqc/report'
import { summary } from 'trireme-bio/steps/reads/summary'
import { given, made, scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'

// The last steps of a run of 10,000 samples read a report or more of each: as words of a program they would be more than the system takes.

const samples = 10_000
const at = scratch()
const written = (name: string, text: string) => {
  writeFileSync(path.join(at, name), text)
  return path.join(at, name)
}
const fastp = given(
  'fastp',
  fastpReport,
  written('f.json', '{"summary":{"before_filtering":{"total_reads":2},"after_filtering":{"total_reads":2}}}'),
)
const flagstat = given(
  'flagstat',
  flagstatReport,
  written(
    'f.txt',
    [
      '2 + 0 in total',
      '2 + 0 primary',
      '0 + 0 secondary',
      '0 + 0 supplementary',
      '0 + 0 duplicates',
      '0 + 0 primary duplicates',
      '2 + 0 mapped',
    ]
      .concat('2 + 0 primary mapped', '')
      .join('\n'),
  ),
)
/** Under as many names, which are as long as names of samples get. */
const named = <T>(of: T, count = samples): Readonly<Record<string, T>> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${'long-name-of-a-sample'.repeat(4)}.${n}`, of]))
const empty = { checks: {}, imports: {}, duplicates: {}, barcodes: {} }

it('what became of the reads of 10,000 samples is told', { timeout: 120_000 }, async () => {
  const lanes = Object.keys(named(fastp)).map(name => ({ sample: name, lane: 'L1', name }))
  const told = summary({ ...empty, trimming: named(fastp), flags: named(flagstat), depths: {}, lanes, trimmed: false, removed: false })
  const { table } = await made(told)
  expect(readFileSync(table.path, 'utf8').trimEnd().split('\n')).toHaveLength(samples + 1)
})

/** Each is linked under its name, which takes a process. */
const linked = 2000
it('the page of as many reports is asked for; a program that counts them stands in for MultiQC, whose own work takes minutes', {
  timeout: 120_000,
}, async () => {
  const programs = path.join(at, 'bin')
  mkdirSync(programs)
  const counting = `#!/bin/bash
[ "$1" != --version ] || { echo 'multiqc, version 1.14'; exit; }
mkdir -p tmp/made/report_data
{ echo '<html>'; ls tmp/found | tail -n 1; } >tmp/made/report.html
cat tmp/found/* | wc -l >tmp/made/report_data/multiqc_general_stats.txt
`
  chmodSync(written('bin/multiqc', counting), 0o755)
  const { PATH } = process.env
  process.env.PATH = `${programs}:${PATH}`
  try {
    report({ trimming: named(fastp), alignments: {}, flags: named(flagstat), calls: {} }) // more words than a program takes would be refused here
    const { page, table } = await made(report({ trimming: {}, alignments: {}, flags: named(flagstat, linked), calls: {} }))
    expect(readFileSync(page.path, 'utf8')).toBe(`<html>\n${'long-name-of-a-sample'.repeat(4)}.999.trireme.flagstat.txt\n`)
    expect(Number(readFileSync(table.path, 'utf8'))).toBe(8 * linked)
  } finally {
    process.env.PATH = PATH
  }
})
