import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { scratch } from '../../core/testing.ts'
import { kind } from '../../core/vocabulary/kind.ts'
import { from, rows } from '../../core/vocabulary/rows.ts'
import { checkSheet, extraColumns, partialRows } from './samplesheet.ts'
import { parseTable, readTable, tableOf } from './table.ts'

const pair = kind('fastq-pair', { extension: '.fastq.gz' }, { parts: { first: '_1.fastq.gz', second: '_2.fastq.gz' } })
const bam = kind('bam', { extension: '.bam' })
const name = z.string().regex(/^[\w.-]+$/, 'expected letters, digits, dots, hyphens or underscores')
const lanes = rows(
  { patient: name, sample: name, lane: name, reads: from(pair, 'fastq_1', 'fastq_2') },
  { patient: name, sample: name, lane: name.optional(), aligned: from(bam, 'bam') },
)
const header = 'patient,sample,lane,fastq_1,fastq_2'
const check = (text: string) => checkSheet(parseTable(text, 's.csv', '/sheets'), lanes)
const faultOf = async (text: string) => {
  try {
    await check(text)
    return 'no fault'
  } catch (error) {
    return (error as Error).message
  }
}

test('CRLF, quoted commas and line breaks, empty lines, spaces around cells', async () => {
  const table = parseTable(
    `${header}\r\np,s,L1,"a, b_1.fq.gz","c\nd_2.fq.gz"\r\n\r\n p , s ,L2,"say ""x"".gz",y.gz\r\n`,
    's.csv',
    '/sheets',
  )
  const found = await checkSheet(table, lanes)
  expect(found.map(row => row.values)).toEqual([
    { patient: 'p', sample: 's', lane: 'L1' },
    { patient: 'p', sample: 's', lane: 'L2' },
  ])
  expect(found[0]!.files.reads!.cells).toEqual(['a, b_1.fq.gz', 'c\nd_2.fq.gz'])
  expect(found[1]!.files.reads!.cells[0]).toBe('say "x".gz')
  expect(found[1]!.at('lane')).toBe('s.csv, line 5, column 3 (lane)')
})
test('tabs and semicolons are seen by the header', async () => {
  for (const sign of ['\t', ';']) expect(await check(`patient,sample,bam\np,s,x.bam\n`.replaceAll(',', sign))).toHaveLength(1)
})
test('a row has the shape whose file columns it fills in', async () => {
  const found = await check(`${header},bam\np,s,L1,a,b,\np,t,,,,x.bam\n`)
  expect(found.map(row => Object.keys(row.files))).toEqual([['reads'], ['aligned']])
  expect(found[1]!.values).toEqual({ patient: 'p', sample: 't' })
})
test('a row whose files are wrong is checked in its other columns', async () => {
  expect(await faultOf(`${header},bam\np,s 1,L1,a,,\np,s 2,L 2,,,\np,,,a,b,c\n`)).toBe(
    [
      's.csv has 7 faults:',
      '  s.csv, line 2, column 2 (sample): expected letters, digits, dots, hyphens or underscores. Got "s 1".',
      '  s.csv, line 2, column 5 (fastq_2): the cell is empty. A row with fastq_1 also has fastq_2.',
      '  s.csv, line 3, column 2 (sample): expected letters, digits, dots, hyphens or underscores. Got "s 2".',
      '  s.csv, line 3, column 3 (lane): expected letters, digits, dots, hyphens or underscores. Got "L 2".',
      '  s.csv, line 3: the row names no file. Give fastq_1 and fastq_2 or bam.',
      '  s.csv, line 4, column 2 (sample): the cell is empty. Give a value.',
      '  s.csv, line 4, column 6 (bam): the row gives fastq_1 and fastq_2 and bam. Give only fastq_1 and fastq_2 or bam.',
    ].join('\n'),
  )
})
test.each([
  [
    'misspelt columns that make one shape whole',
    'patient,sample,lane,fastq1,fastq2\np,s,L1,a,b\n',
    's.csv has 2 faults:\n  s.csv, line 1, column 4 (fastq1): there is no such column. Did you mean "fastq_1"? Columns are patient, sample, lane, fastq_1, fastq_2, bam.\n  s.csv, line 1, column 5 (fastq2): there is no such column. Did you mean "fastq_2"? Columns are patient, sample, lane, fastq_1, fastq_2, bam.',
  ],
  [
    'missing column',
    'patient,sample,fastq_1,fastq_2\np,s,a,b\n',
    's.csv, line 1: the column "lane" is missing. Columns are patient, sample, lane, fastq_1, fastq_2, bam.',
  ],
  [
    'misspelt column',
    'patient,sample,lane,fastq1,fastq_2\np,s,L1,a,b\n',
    's.csv, line 1, column 4 (fastq1): there is no such column. Did you mean "fastq_1"? Columns are patient, sample, lane, fastq_1, fastq_2, bam.',
  ],
  [
    'columns in capitals',
    'Patient,SAMPLE,lane,Fastq_1,Fastq_2\np,s,L1,a,b\n',
    's.csv, line 1: names of columns are in small letters. Write patient, sample, fastq_1, fastq_2 in place of Patient, SAMPLE, Fastq_1, Fastq_2.',
  ],
  ['column twice', 'patient,sample,sample,bam\n', 's.csv, line 1, column 3 (sample): the column is there twice. Remove one.'],
  ['no rows', `${header}\n`, 's.csv has no rows. Below the line of column names, give at least one.'],
  ['nothing', '', 's.csv is empty. Its first line names the columns; each further line is a row.'],
  ['empty cell', `${header}\np,,L1,a,b\n`, 's.csv, line 2, column 2 (sample): the cell is empty. Give a value.'],
  ['half a pair', `${header}\np,s,L1,a,\n`, 's.csv, line 2, column 5 (fastq_2): the cell is empty. A row with fastq_1 also has fastq_2.'],
  ['no files', `${header},bam\np,s,L1,,,\n`, 's.csv, line 2: the row names no file. Give fastq_1 and fastq_2 or bam.'],
  [
    'both',
    `${header},bam\np,s,L1,a,b,c\n`,
    's.csv, line 2, column 6 (bam): the row gives fastq_1 and fastq_2 and bam. Give only fastq_1 and fastq_2 or bam.',
  ],
  [
    'a name against its schema',
    `${header}\np,"s; rm -rf",L1,a,b\n`,
    's.csv, line 2, column 2 (sample): expected letters, digits, dots, hyphens or underscores. Got "s; rm -rf".',
  ],
  [
    'the same row twice',
    `${header}\np,s,L1,a,b\np,s,L2,c,d\np,s,L1,a,b\n`,
    's.csv, line 4: the row is the same as line 2. Remove or correct one.',
  ],
  [
    'too few cells',
    `${header}\np,s,L1,a\n`,
    's.csv, line 2: there are 4 cells under 5 columns. Put cells that hold a comma in quotes, and leave none out.',
  ],
  [
    'an open quote',
    `${header}\np,s,L1,"a,b\n`,
    's.csv, line 2: a quotation mark is opened or closed in the wrong place. A cell with a comma or quote stands in quotes, and its own quotes are doubled: "a ""b"", c".',
  ],
])('%s', async (_, text, message) => {
  expect(await faultOf(text)).toBe(message)
})
test('several faults at once, in order, twenty at most', async () => {
  const lines = Array.from({ length: 30 }, (_, n) => `p,s!,L${n},a${n},b${n}`)
  const message = await faultOf([header, ...lines, ''].join('\n'))
  const told = message.split('\n')
  expect(told[0]).toBe('s.csv has 30 faults:')
  expect(told[1]).toBe('  s.csv, line 2, column 2 (sample): expected letters, digits, dots, hyphens or underscores. Got "s!".')
  expect(told.at(-1)).toBe('  … and 10 more.')
  expect(told).toHaveLength(22)
})
test('columns that tell rows apart', async () => {
  const table = parseTable(`${header}\np,s,L1,a,b\np,s,L1,c,d\n`, 's.csv', '/')
  await expect(checkSheet(table, lanes, ['patient', 'sample', 'lane'])).rejects.toThrow(
    's.csv, line 3: patient, sample, lane are the same as on line 2. Remove or correct one.',
  )
})
test('rows given as objects are told by number', async () => {
  const table = tableOf([{ patient: 'p', sample: 's', lane: 'L1', fastq_1: 'a' }], 'samplesheet', '/')
  await expect(checkSheet(table, lanes)).rejects.toThrow('samplesheet: the column "fastq_2" is missing')
})
test('a file with a byte order mark; a spreadsheet instead of text; no file', async () => {
  const file = path.join(scratch(), 's.csv')
  writeFileSync(file, '\ufeffpatient,sample,bam\r\np,s,x.bam\r\n')
  expect((await readTable(file)).columns).toEqual(['patient', 'sample', 'bam'])
  writeFileSync(file, Buffer.from([0x50, 0x4b, 0x03, 0x04, 0xff, 0xfe]))
  await expect(readTable(file)).rejects.toThrow(
    `${file} is a spreadsheet, not text. Save it as "CSV UTF-8", or: libreoffice --headless --convert-to csv ${file}`,
  )
  writeFileSync(file, Buffer.from('patient,sample,bam\np,Zo\xeb,x.bam\n', 'latin1'))
  await expect(readTable(file)).rejects.toThrow(
    `${file} is not UTF-8 text. Save it as "CSV UTF-8", or: iconv -f WINDOWS-1252 -t UTF-8 ${file} > utf8.csv`,
  )
  await expect(readTable(`${file}x`)).rejects.toThrow(`There is no readable file ${file}x (ENOENT).`)
})
describe('a sheet as spreadsheets leave it', () => {
  const plain = 'patient,sample,bam\np,s,x.bam\np,t,y.bam\n'
  const rowsOf = ({ rows }: { readonly rows: readonly { readonly cells: unknown; readonly mark: string }[] }) =>
    rows.map(({ cells, mark }) => ({ cells, mark }))
  const want = rowsOf(parseTable(plain, 's.csv', '/'))
  it.each([
    ['columns of nothing at the end', plain.replaceAll('\n', ',,,\n')],
    ['rows of commas', `${plain},,\n,,\n`],
    ['both', `${plain.replaceAll('\n', ',,,\n')},,,,,\n`],
    ['a separator at the end of the header alone', plain.replace('\n', ',\n')],
    ['blanks without a break, marks without width', plain.replaceAll('s', '\u00a0s\u200b').replaceAll('\u00a0s\u200bam', 'sam')],
  ])('%s', (_, text) => expect(rowsOf(parseTable(text, 's.csv', '/'))).toEqual(want))
  it.each(['sep=;\n', '"sep=;"\r\n', 'SEP=;;;\n'])('a first line %j', first => {
    const table = parseTable(first + plain.replaceAll(',', ';'), 's.csv', '/')
    expect(table.rows.map(({ cells }) => cells)).toEqual(want.map(({ cells }) => cells))
    expect(table.rows[1]!.at('bam')).toBe('s.csv, line 4, column 3 (bam)')
  })
  it.each(['utf-16le', 'utf-16be'] as const)('UTF-16, %s', async encoding => {
    const file = path.join(scratch(), 's.csv')
    for (const mark of ['', '\ufeff']) {
      const bytes = Buffer.from(mark + plain, 'utf16le')
      writeFileSync(file, encoding === 'utf-16le' ? bytes : bytes.swap16())
      expect(rowsOf(await readTable(file))).toEqual(want)
    }
  })
  it('a column without a name that holds something is a fault all the same', async () =>
    expect(await faultOf('patient,sample,bam,,\np,s,x.bam,,note\n')).toBe(
      's.csv has 2 faults:\n  s.csv, line 1, column 4: the column has no name. Name it or remove it.\n  s.csv, line 1, column 5: the column has no name. Name it or remove it.',
    ))
  it('columns for other programs are passed over, and known', async () => {
    const table = parseTable('patient,sex,status,sample,bam,bai\np,XX,0,s,x.bam,x.bam.bai\n', 's.csv', '/')
    expect((await checkSheet(table, lanes))[0]!.values).toEqual({ patient: 'p', sample: 's' })
    expect(extraColumns(table, lanes)).toEqual(['sex', 'status', 'bai'])
  })
})
test('rows with some of the files of another shape are told', async () => {
  const kinds = rows({ s: name, reads: from(pair, 'fastq_1', 'fastq_2') }, { s: name, single: from(bam, 'fastq_1') })
  const told = async (text: string) => {
    const table = parseTable(text, 's.csv', '/')
    return partialRows(table, kinds, await checkSheet(table, kinds))
  }
  expect(await told('s,fastq_1,fastq_2\na,x,y\n')).toEqual([])
  expect(await told('s,fastq_1,fastq_2\na,x,y\nb,z,\n')).toEqual(['s.csv: line 3 is without fastq_2, so fastq_1 is read alone.'])
  expect(await told('s,fastq_1\na,x\nb,z\n')).toEqual([
    's.csv: 2 rows, the first in line 2, are without fastq_2, so fastq_1 is read alone.',
  ])
})
test('10,000 rows in well under a second of one core', async () => {
  const text = [header, ...Array.from({ length: 10_000 }, (_, n) => `p${n},s${n},L1,reads/${n}_1.fastq.gz,reads/${n}_2.fastq.gz`)].join(
    '\n',
  )
  const before = process.cpuUsage()
  expect(await check(text)).toHaveLength(10_000)
  const { user, system } = process.cpuUsage(before) // not by the clock, which a busy machine makes long
  expect((user + system) / 1000).toBeLessThan(1000)
})
