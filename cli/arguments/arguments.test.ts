import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { pipeline } from '../../core/define/pipeline.ts'
import { kind, many, named, optional } from '../../core/vocabulary/kind.ts'
import { imageClassification } from '../../pipelines/image-classification.ts'
import { addFlags, checkComplete, flagsOf, readFlags } from './arguments.ts'
import { size } from './options.ts'

const bam = kind('bam', { extension: '.bam', companions: ['.bai'] })
const pair = kind('fastq-pair', { extension: '.fastq.gz' }, { parts: { first: '_1.fastq.gz', second: '_2.fastq.gz' } })
const example = pipeline({
  name: 'example',
  inputs: { reads: pair, bams: many(bam), reports: named(bam), regions: optional(kind('bed', { extension: '.bed' })), out: bam },
  params: {
    ploidy: z.literal([1, 2]).default(2).describe('Copies of each contig'),
    caller: z.enum(['bcftools', 'freebayes']).default('bcftools'),
    minQual: z.number().min(0).max(100).optional().describe('Least quality'),
    depths: z.array(z.number().int()).default([]),
    qc: z.boolean().default(true).describe('Check the reads'),
    noTrim: z.boolean().default(false),
    extra: z.object({ a: z.number() }).optional(),
  },
  build: () => ({}),
})
const taken = new Set(['--out'])
const read = async (...words: string[]) => {
  const flags = flagsOf(example, taken)
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  await addFlags(command, flags)
  command.parse(words, { from: 'user' })
  return readFlags(command, flags)
}
test('words become values of the type that the schema takes; what was not given is left out', async () => {
  expect(await read()).toEqual({})
  expect(
    await read(
      '--ploidy',
      '1',
      '--caller',
      'freebayes',
      '--min-qual',
      '-1.5e1',
      '--depths',
      '1',
      '2',
      '--depths',
      '3',
      '--extra',
      '{"a":1}',
    ),
  ).toEqual({
    ...{ ploidy: 1, caller: 'freebayes', minQual: -15, depths: [1, 2, 3], extra: { a: 1 } },
  })
  expect(await read('--reads', 'a_1.fq,a_2.fq', '--bams', 'x.bam', 'y.bam', '--reports', 'a=x.bam', '--input-out', 'o.bam')).toEqual({
    ...{ reads: 'a_1.fq,a_2.fq', bams: ['x.bam', 'y.bam'], reports: ['a=x.bam'], out: 'o.bam' },
  })
})
test('a value of many parts may be the content of a file', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-arguments-'))
  const file = path.join(folder, 'extra.yaml')
  writeFileSync(file, 'a: 7\n')
  expect(await read('--extra', file)).toEqual({ extra: { a: 7 } })
  await expect(read('--extra', path.join(folder, 'none.yaml'))).rejects.toThrow(
    /There is no readable file for --extra .*none\.yaml \(ENOENT\)/,
  )
  writeFileSync(file, 'a: [1\n')
  await expect(read('--extra', file)).rejects.toThrow(/extra\.yaml, line 2, column 1: .*Correct the YAML or JSON there\./)
})
test('booleans both ways, also where the name itself begins with no', async () => {
  expect(await read('--no-qc')).toEqual({ qc: false })
  expect(await read('--qc')).toEqual({ qc: true })
  expect(await read('--no-trim')).toEqual({ noTrim: true })
})
test.each([
  [['--ploidy', '3'], /^--ploidy takes 1 or 2, got "3"\.$/], // no number is a misspelt other
  [['--caller', 'freebays'], '--caller takes bcftools or freebayes, got "freebays". Did you mean freebayes?'],
  [['--min-qual', 'high'], '--min-qual takes a number, got "high".'],
  [['--depths', '1', 'x'], '--depths takes a whole number, got "x".'],
  [['--extra', 'a'], '--extra takes JSON such as {"name": "value"}, got "a".'],
])('%s', async (words, message) => {
  await expect(read(...words)).rejects.toThrow(message)
})
test('help is made of descriptions, limits and defaults', () => {
  const text = flagsOf(example, taken).map(({ long, value, about, required }) => `${long} ${value} | ${about}${required ? ' *' : ''}`)
  expect(text).toEqual([
    '--reads <first,second> | fastq-pair (2 files with commas between) *',
    '--bams <file...> | one or more of bam (.bam, with its .bai beside it) *',
    '--reports <name=file...> | by name: bam (.bam, with its .bai beside it) *',
    '--regions <file> | bed (.bed)',
    '--input-out <file> | bam (.bam, with its .bai beside it) *',
    '--ploidy <1|2> | Copies of each contig (default 2)',
    '--caller <bcftools|freebayes> | (default bcftools)',
    '--min-qual <n> | Least quality (0 to 100)',
    '--depths <n...> | (default [])',
    '--qc  | Check the reads (default true)',
    '--no-trim  | (default false)',
    '--extra <json|file> | ',
  ])
})
test('help says what may be given for a file where that is more than its ending', async () => {
  const giving = { value: 'folder|file', about: 'a folder of images, or a tar', example: 'pictures' }
  const images = kind('tar', { extension: '.tar', giving })
  const flags = flagsOf(pipeline({ name: 'example', inputs: { images, more: many(images) }, build: () => ({}) }))
  expect(flags.map(({ long, value, about, example }) => `${long} ${value} | ${about} | ${example}`)).toEqual([
    '--images <folder|file> | a folder of images, or a tar | pictures',
    '--more <folder|file...> | one or more of a folder of images, or a tar | pictures',
  ])
})
test('images and their sheets are told as people have them', () => {
  const flags = flagsOf(imageClassification).filter(({ group }) => group === 'Inputs:')
  expect(flags.map(({ long, value, about, example }) => `${long} ${value} | ${about} | ${example}`)).toEqual([
    '--sheet <file> | a CSV or TSV with a row an image, unless folders name the classes | sheet.csv',
    '--images <folder|file> | a folder of images, a tar, a zip, or a list of addresses | pictures',
    '--own <file> | python (.py) | own.py',
    '--weights <file> | a state_dict of torch.save (.pt, .pth), or safetensors | weights.pt',
  ])
})
test('what is missing is told at once', () => {
  expect(() => checkComplete(flagsOf(example, taken), { reads: 'x', bams: [] }, 'example')).toThrow(
    'The pipeline "example" also needs --reports <name=file...>, --input-out <file>. Give them as flags or in a --params-file; "trireme run example --help" explains.',
  )
})
test('sizes carry a unit', () => {
  expect([
    size('--memory', '8GiB'),
    size('--memory', '8G'),
    size('--memory', '500MB'),
    size('--memory', '1.5 gib'),
    size('--memory', '2097152B'),
  ]).toEqual([...[2 ** 33, 2 ** 33, 5e8, 1.5 * 2 ** 30, 2 ** 21]])
  for (const text of ['8', 'GiB', '8 XB', '-1G', '1K']) expect(() => size('--memory', text)).toThrow('--memory takes a size with its unit')
})
