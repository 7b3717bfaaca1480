import { expect, test } from 'vitest'
import { z } from 'zod'
import { each, from, itself, kind, many, mib, named, optional, pipeline, plan, rows, run, sameAs, source, step } from '../index.ts'

// The plan-time twin of the compiler's checks: the same faults, for callers the compiler does not see.
const needs = { cpu: 1, memory: mib(64) }
const genome = kind('fasta', { extension: '.fa' }, { reference: itself })
const bam = kind('bam', { extension: '.bam', hints: { sorted: 'Sort it with samtools.' } }, { reference: sameAs('genome') })
const sorted = kind('bam', { extension: '.bam', hints: { sorted: 'Sort it with samtools.' } }, { sorted: 'coordinate' })
const vcf = kind('vcf', { extension: '.vcf' })
const align = step({
  name: 'align',
  image: 'i',
  inputs: { genome },
  outputs: { bam },
  needs,
  command: ({ genome, bam }) => run('cp', genome, bam),
})
const call = step({
  name: 'call',
  image: 'i',
  inputs: { bams: many(bam), genome },
  params: { ploidy: z.literal([1, 2]) },
  outputs: { vcf },
  needs,
  command: ({ bams, vcf }) => run('cat', bams).into(vcf),
})
const view = step({
  name: 'view',
  image: 'i',
  inputs: { sorted },
  outputs: { vcf },
  needs,
  command: ({ sorted, vcf }) => run('cp', sorted, vcf),
})
const list = step({ name: 'list', image: 'i', inputs: {}, outputs: { all: many(vcf) }, needs, command: () => run('true') })
const file = (digit: string) => ({ url: '', sha256: digit.repeat(64) })
const human = source('human', genome, file('a'))
const mouse = source('mouse', genome, file('a'))
/** A caller in plain JavaScript. */
const js = (f: unknown) => f as (args: object) => never

test.each([
  [
    'another format',
    () => js(call)({ bams: [human], genome: human, ploidy: 2 }),
    'Input "bams" of step "call" asks for bam, got fasta. Give a bam file.',
  ],
  [
    'reads of another reference',
    () => js(call)({ bams: [align({ genome: human }).bam], genome: mouse, ploidy: 2 }),
    'Input "bams" of step "call" asks for reference "mouse" (aaaaaaaa), got "human" (aaaaaaaa). Give a file whose reference is "mouse" (aaaaaaaa).',
  ],
  [
    'a reference of the same name and other bytes',
    () => call({ bams: [align({ genome: human }).bam], genome: source('human', genome, file('b')), ploidy: 2 }),
    'Input "bams" of step "call" asks for reference "human" (bbbbbbbb), got "human" (aaaaaaaa). Give a file whose reference is "human" (bbbbbbbb).',
  ],
  [
    'a fact that is missing',
    () => js(view)({ sorted: align({ genome: human }).bam }),
    'Input "sorted" of step "view" asks for sorted "coordinate", got nothing. Sort it with samtools.',
  ],
  [
    'several files into one',
    () => js(view)({ sorted: [human] }),
    'Input "sorted" of step "view" takes one file, got several. Call the step once for each, or declare the input many(…).',
  ],
  [
    'one into many',
    () => js(call)({ bams: align({ genome: human }).bam, genome: human, ploidy: 2 }),
    'Input "bams" of step "call" takes a list of files, got one file. Put it in brackets: [file].',
  ],
  [
    'a run-time list into one',
    () => js(view)({ sorted: list({}).all }),
    'Input "sorted" of step "view" takes one file, got a list that a step writes. Use each(list, item => …).',
  ],
  [
    'a text for a file',
    () => js(view)({ sorted: 'a.bam' }),
    'Input "sorted" of step "view" takes a file, got "a.bam". Give what a step or source returned.',
  ],
  ['nothing', () => js(view)({}), 'Input "sorted" of step "view" is missing. Give it a file of format bam: sorted: …'],
  [
    'a value out of range',
    () => js(call)({ bams: [], genome: human, ploidy: 3 }),
    'Parameter "ploidy" of step "call": Invalid option: expected one of 1|2. Got 3.',
  ],
  [
    'a name it does not know',
    () => js(call)({ bams: [], genome: human, ploidi: 2 }),
    'Step "call" has no "ploidi". Did you mean "ploidy"? It takes: bams, genome, ploidy.',
  ],
  [
    'each over an array',
    () => js(each)([human] as never),
    'each takes a list that a step writes while it runs. For an array of files use files.map(file => …).',
  ],
])('%s', (_, wrong, words) => expect(wrong).toThrow(words))

test.each([
  [
    'a misspelt sameAs',
    { inputs: { genome }, outputs: { out: kind('bam', { extension: '.bam' }, { reference: sameAs('gnome') }) } },
    'In step "s" the fact "reference" of "out" is the same as "gnome", which is no input. Inputs: genome.',
  ],
  [
    'a name used twice',
    { inputs: { x: genome }, outputs: { x: vcf } },
    'In step "s" the name "x" is used twice. Give the input, output, parameter or asset another name.',
  ],
  [
    'a name that is taken',
    { inputs: { cpu: genome }, outputs: {} },
    'In step "s" the name "cpu" is used twice. Give the input, output, parameter or asset another name.',
  ],
])('a definition with %s', (_, parts, words) =>
  expect(() => js(step)({ name: 's', image: 'i', needs, command: () => run('true'), ...parts })).toThrow(words),
)
test('a program that is no declared tool', () => {
  const undeclared = step({
    name: 's',
    image: 'i',
    inputs: {},
    outputs: { vcf },
    needs,
    command: ({ vcf }) => run('bcftools', 'view').into(vcf),
  })
  expect(() => undeclared({})).toThrow(
    'In step "s" the program "bcftools" is none of its tools, so its version would not be in the key. Add it to tools: [].',
  )
})
test('a source that lacks a companion', () => {
  const indexed = kind('bam', { extension: '.bam', companions: ['.bai'] })
  expect(() => source('b', indexed, file('a'))).toThrow('Source "b" lacks its .bam.bai file. A bam has: .bam, .bam.bai. Give all of them.')
})
test('rows: a shape by the files it fills in, values parsed, files checked', () => {
  const name = z.string().min(1)
  const p = pipeline({
    name: 'p',
    inputs: {
      genome,
      sheet: rows({ sample: name, reads: from(vcf, 'vcf') }, { sample: name, bam: from(bam, 'bam') }),
      extra: optional(vcf),
    },
    build: ({ sheet, extra }) => ({
      kinds: Object.fromEntries(sheet.map(row => ['bam' in row ? `${row.sample}-bam` : row.sample, 'bam' in row ? row.bam : row.reads])),
      ...(extra && { extra }),
    }),
  })
  const v = source('v', vcf, file('c'))
  expect(
    Object.keys(
      p({
        genome: human,
        sheet: [
          { sample: 'a', reads: v },
          { sample: 'b', bam: align({ genome: human }).bam },
        ],
      }).kinds,
    ),
  ).toEqual(['a', 'b-bam'])
  expect(() => p({ genome: mouse, sheet: [{ sample: 'b', bam: align({ genome: human }).bam as never }] })).toThrow(
    'Row 1: file "bam" of input "sheet" of pipeline "p" asks for reference "mouse"',
  )
  expect(() => p({ genome: human, sheet: [{ sample: '', reads: v }] })).toThrow(
    'Row 1: Parameter "sample" of input "sheet" of pipeline "p"',
  )
  expect(() => js(p)({ genome: human, sheet: [{ sample: 'b' }] })).toThrow(
    'Row 1: the files of input "sheet" of pipeline "p" fit no shape, or several. Give exactly one of: reads; bam.',
  )
  expect(() => js(p)({ genome: human, sheet: [] })).toThrow('Input "sheet" of pipeline "p" has no rows. Give at least one.')
})
test('named takes files by name only, and the item of an each stays inside', () => {
  const collect = step({
    name: 'collect',
    image: 'i',
    inputs: { reports: named(vcf) },
    outputs: { vcf },
    needs,
    command: ({ reports, vcf }) => run('cat', Object.values(reports)).into(vcf),
  })
  expect(() => js(collect)({ reports: [source('v', vcf, file('c'))] })).toThrow('takes files by name, got a list. Give { name: file, … }.')
  let leaked: unknown
  each(list({}).all, item => {
    leaked = item
    return { item }
  })
  expect(() => plan('p', { leaked } as never)).toThrow('The item of an each is used outside its body. Return what you need from the body.')
})
