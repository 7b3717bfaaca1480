import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { pipeline } from '../../core/define/pipeline.ts'
import { isRef, type Ref, type SourceNode } from '../../core/graph/node.ts'
import { Digests } from '../../core/store/source-digests.ts'
import { scratch } from '../../core/testing.ts'
import { itself, kind, many, named, optional, sameAs } from '../../core/vocabulary/kind.ts'
import { from, rows } from '../../core/vocabulary/rows.ts'
import { readParams } from '../arguments/params-file.ts'
import { bind } from './bind.ts'

const genome = kind('genome', { extension: '.fa' }, { reference: itself })
const reads = kind(
  'reads',
  {
    extension: '.bam',
    companions: ['.bai'],
    probe: async ({ path: file, same }) =>
      file.includes('bad') ? `is not a BAM: its genome is ${path.basename(same('reference') ?? 'none')}` : undefined,
  },
  { reference: sameAs('genome') },
)
const pair = kind(
  'pair',
  {
    extension: '.fq',
    probe: async ({ parts }) => (Object.values(parts).some(part => part.includes('bad')) ? '(second) is not a FASTQ' : undefined),
  },
  { parts: { first: '_1.fq', second: '_2.fq' } },
)
const example = pipeline({
  name: 'example',
  inputs: {
    sheet: rows({ sample: z.string(), pair: from(pair, 'r1', 'r2') }, { sample: z.string(), aligned: from(reads, 'bam') }),
    reads: optional(reads),
    lists: many(genome),
    groups: named(genome),
    genome,
  },
  params: { ploidy: z.number().default(2) },
  build: () => ({}),
})
const setUp = async () => {
  const folder = scratch()
  const file = (name: string, text = name) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
    return path.join(folder, name)
  }
  const digests = Digests.open(folder)
  const raw = (values: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, words: `--${name}`, folder }]))
  return { folder, file, bound: (values: Record<string, unknown>) => bind(example, raw(values), digests) }
}
const factsOf = (given: unknown) => (isRef(given) && 'facts' in given.kind ? given.kind.facts : undefined)
const urls = (given: unknown) =>
  Object.values((isRef(given) ? (given.node as SourceNode) : { files: {} }).files).map(({ url }) => path.basename(url)) // sources all

test('files become sources: companions beside them, facts that follow another input', async () => {
  const { file, bound } = await setUp()
  file('g.fa')
  for (const name of ['x.bam', 'x.bam.bai', 'y.bam', 'y.bai']) file(name)
  const { args } = await bound({ reads: 'x.bam', genome: 'g.fa', lists: ['g.fa'], groups: { a: 'g.fa' }, ploidy: 1 })
  expect(urls(args.reads)).toEqual(['x.bam', 'x.bam.bai'])
  expect(factsOf(args.reads)).toEqual(factsOf(args.genome))
  expect(args.ploidy).toBe(1)
  expect(Object.keys(args.groups as object)).toEqual(['a'])
  expect(urls((await bound({ reads: 'y.bam', genome: 'g.fa' })).args.reads)).toEqual(['y.bam', 'y.bai'])
})
test('what a kind makes of a folder is bound in its place, and its faults are told with all others', async () => {
  const pictures = kind('pictures', {
    extension: '.all',
    gather: async (given, { folder, tell }) => {
      if (!statSync(given, { throwIfNoEntry: false })?.isDirectory()) return undefined
      if (given.endsWith('bad')) return { faults: ['"x" is a link.', '"y" is a link.'] }
      if (given.endsWith('full')) throw Object.assign(new Error('disk'), { code: 'ENOSPC' })
      tell(`Packing ${given}.`)
      writeFileSync(path.join(folder, 'made.all'), 'all')
      return { file: path.join(folder, 'made.all') }
    },
  })
  const { folder, file } = await setUp()
  for (const name of ['in/a', 'bad/a', 'full/a', 'b.all']) file(name)
  const { spec } = pipeline({ name: 'x', inputs: { one: pictures, other: optional(pictures) }, build: () => ({}) })
  const told: string[] = []
  const kept = scratch()
  const digests = Digests.open(folder)
  const gathering = { folder: kept, tell: (line: string) => told.push(line) }
  const bound = (one: string, other: string) => {
    const raw = (value: string, words: string) => ({ value, words, folder })
    return bind({ spec }, { one: raw(one, '--one'), other: raw(other, '--other') }, { of: each => digests.of(each), gathering })
  }
  const { args } = await bound('in', 'b.all')
  expect([urls(args.one), urls(args.other), told]).toEqual([['made.all'], ['b.all'], [`Packing ${folder}/in.`]])
  await expect(bound('bad', 'none.all')).rejects.toMatchObject({
    code: 'INPUT',
    message: expect.stringMatching(
      /^The input has 3 faults:\n {2}--one, \S*bad: "x" is a link\.\n {2}--one, \S*bad: "y" is a link\.\n {2}--other: /,
    ),
  })
  await expect(bound('full', 'b.all')).rejects.toThrow(
    `full can be written to ${kept} (ENOSPC). Free some space there, or give another folder with --store.`,
  )
})
test('rows of either shape; paths start from the sheet, else from the working directory', async () => {
  const { file, bound } = await setUp()
  for (const name of ['in/a_1.fq', 'in/a_2.fq', 'in/x.bam', 'in/x.bam.bai', 'g.fa']) file(name)
  file('in/s.csv', 'sample,r1,r2,bam\ns,a_1.fq,a_2.fq,\nt,,,x.bam\n')
  const { args, sheets } = await bound({ sheet: 'in/s.csv', genome: 'g.fa' })
  const [s, t] = args.sheet as readonly Readonly<Record<string, Ref>>[]
  expect([s!.sample, urls(s!.pair), s!.pair!.node.kind === 'source' && s!.pair!.node.name]).toEqual(['s', ['a_1.fq', 'a_2.fq'], 's'])
  expect([t!.sample, urls(t!.aligned), factsOf(t!.aligned)]).toEqual(['t', ['x.bam', 'x.bam.bai'], factsOf(args.genome)])
  expect(sheets.sheet!([1])).toMatch(/s\.csv, line 3$/)
  expect(sheets.sheet!([0, 1])).toMatch(/s\.csv, lines 2 and 3$/)
})
test('faults of files are told together, in order, by place', async () => {
  const { folder, file, bound } = await setUp()
  for (const name of ['a_1.fq', 'bad_2.fq', 'bad.bam', 'bad.bam.bai', 'x.bam', 'g.fa']) file(name)
  file('empty.fq', '')
  file('s.csv', 'sample,r1,r2,bam\na,a_1.fq,bad_2.fq,\nb,,,bad.bam\nc,,,x.bam\nd,empty.fq,none.fq,\n')
  const sheet = path.join(folder, 's.csv')
  await expect(bound({ sheet, genome: 'g.fa' })).rejects.toMatchObject({
    code: 'INPUT',
    message: [
      'The input has 4 faults:',
      `  ${sheet}, line 2, column 3 (r2): input file ${folder}/bad_2.fq is not a FASTQ.`,
      `  ${sheet}, line 3, column 4 (bam): input file ${folder}/bad.bam is not a BAM: its genome is g.fa.`,
      `  ${sheet}, line 4, column 4 (bam): x.bam lacks its .bai file. It stands beside it as x.bam.bai. Make it and put it there.`,
      `  ${sheet}, line 5, column 2 (r1): ${folder}/empty.fq is empty. Give a file with content.`,
    ].join('\n'),
  })
})
test('of shapes with the same columns a row has the first whose kinds take its files', async () => {
  const starting = (name: string) =>
    kind(name, {
      extension: '.fq',
      probe: async ({ path: file }) => (readFileSync(file, 'utf8').startsWith(name) ? undefined : `does not begin with ${name}`),
    })
  const sheet = rows({ s: z.string(), one: from(starting('one'), 'file') }, { s: z.string(), two: from(starting('two'), 'file') })
  const { folder, file } = await setUp()
  for (const name of ['one', 'two', 'three']) file(`${name}.fq`)
  const { spec } = pipeline({ name: 'x', inputs: { sheet }, build: () => ({}) })
  const bound = async (text: string) => {
    const value = file('s.csv', text)
    return bind({ spec }, { sheet: { value, words: '--sheet', folder } }, await Digests.open(folder))
  }
  const { args } = await bound('s,file\na,two.fq\nb,one.fq\n')
  expect((args.sheet as readonly object[]).map(row => Object.keys(row))).toEqual([
    ['s', 'two'],
    ['s', 'one'],
  ])
  await expect(bound('s,file\na,three.fq\nb,none.fq\n')).rejects.toThrow(
    /line 2, column 2 \(file\): input file \S* does not begin with one\.\n.*line 3, column 2 \(file\): There is no readable file/,
  )
})
test('columns that the pipeline does not use are told', async () => {
  const { file, bound } = await setUp()
  for (const name of ['a_1.fq', 'a_2.fq', 'g.fa']) file(name)
  file('s.csv', 'sample,sex,r1,r2\ns,XX,a_1.fq,a_2.fq\n')
  const { notes } = await bound({ sheet: 's.csv', genome: 'g.fa' })
  expect(notes).toEqual([expect.stringMatching(/s\.csv: passed over the column sex, which the pipeline does not use\.$/)])
})
test.each([
  ['https://example.org/g.fa?x=1', 'Fetch it first, and give g.fa: curl -fLO https://example.org/g.fa?x=1'],
  ['s3://bucket/g.fa', 'Fetch it first, and give g.fa: aws s3 cp s3://bucket/g.fa .'],
  ['gs://bucket/g.fa', 'Fetch it first, and give g.fa: gcloud storage cp gs://bucket/g.fa .'],
  ['file:///data/g.fa', 'Give its path without file://'],
])('the address %s is no path', async (genome, remedy) => {
  const { bound } = await setUp()
  await expect(bound({ genome })).rejects.toThrow(`--genome: ${genome} is an address, and a file of this machine is asked for. ${remedy}`)
})
test('a home folder that no shell has put in', async () => {
  const { bound, file } = await setUp()
  const words = 'begins with ~, which only a shell takes for a home folder. Write the whole path'
  await expect(bound({ genome: '~/data/g.fa' })).rejects.toThrow(`--genome: ~/data/g.fa ${words}: ${os.homedir()}/data/g.fa`)
  await expect(bound({ genome: '~ada/g.fa' })).rejects.toThrow(`--genome: ~ada/g.fa ${words}.`)
  for (const name of ['a_1.fq', 'g.fa', '~own.fa']) file(name)
  file('s.csv', 'sample,r1,r2\ns,a_1.fq,~/a_2.fq\n')
  await expect(bound({ sheet: 's.csv', genome: 'g.fa' })).rejects.toThrow(/s\.csv, line 2, column 3 \(r2\): ~\/a_2\.fq begins with ~/)
  await expect(bound({ sheet: 's.csv', genome: '~own.fa' })).rejects.toThrow(/^(?!.*genome)/)
})
test.each([
  [{ genome: 'none.fa' }, '--genome: There is no readable file'],
  [{ genome: 7 }, '--genome takes the path of a genome file, got 7.'],
  [{ groups: ['a'] }, '--groups takes files by name, such as sample1=a.json, got "a".'],
  [{ groups: ['a=g.fa', 'a=g.fa'] }, '--groups has the name "a" twice. Give each file a name of its own.'],
  [{ sheet: 7 }, '--sheet takes the path of a CSV or TSV file, or a list of rows, got 7.'],
])('%j', async (values, message) => {
  const { file, bound } = await setUp()
  file('g.fa')
  await expect(bound(values)).rejects.toThrow(message)
})
test('a params file: YAML or JSON, its names checked', async () => {
  const { file } = await setUp()
  const names = ['ploidy', 'genome']
  expect((await readParams(file('p.yml', 'ploidy: 1\ngenome: g.fa\n'), names, 'x')).genome).toMatchObject({ value: 'g.fa' })
  expect((await readParams(file('p.json', '{"ploidy": 1}'), names, 'x')).ploidy?.value).toBe(1)
  const wrong = file('q.yml', 'ploidi: 1\n')
  await expect(readParams(wrong, names, 'x')).rejects.toThrow(
    `${wrong} names "ploidi", which the pipeline "x" does not take. Did you mean "ploidy"? It takes: ploidy, genome.`,
  )
  await expect(readParams(file('r.yml', 'a: [1\n'), names, 'x')).rejects.toThrow(
    /r\.yml, line 2, column 1: .*\. Correct the YAML or JSON there\.$/,
  )
  await expect(readParams(file('t.yml', 'words'), names, 'x')).rejects.toThrow('holds no names with values')
})
