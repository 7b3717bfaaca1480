// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are sources of pipelines
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile, compilers, root } from './compilers.ts'

// The commonest slips of whoever writes a pipeline. Each is a project of one file, which is compiled, and is run as if nobody had compiled it.
// `tsc` is in the last line that both compilers print, `run` in what the command line says: both tell what to type.

interface Slip {
  /** The body of `build`, which gets reads and reference; or a whole file. */
  readonly build?: string
  readonly file?: string
  readonly tsc: string | undefined
  readonly run: string
}
const head = `import { each, gib, pipe, pipeline, run, sequence, step, tool, word } from 'trireme-bio'
import { anyBam, bed, fasta, fastqPair } from 'trireme-bio/kinds'
import { trim } from 'trireme-bio/steps/fastp/trim'
import { index } from 'trireme-bio/steps/bwa/index'
import { mem } from 'trireme-bio/steps/bwa/mem'
import { mpileup } from 'trireme-bio/steps/bcftools/mpileup'
import { faidx } from 'trireme-bio/steps/samtools/faidx'
import { merge } from 'trireme-bio/steps/samtools/merge'
import { index as indexBam } from 'trireme-bio/steps/samtools/index'
import { sort } from 'trireme-bio/steps/samtools/sort'
import { samtools } from 'trireme-bio/tools'
import { sampleName } from 'trireme-bio/values'
import { z } from 'zod'
export const used = [each, gib, pipe, run, sequence, step, tool, word, anyBam, bed, trim, index, mem, mpileup, faidx, merge, indexBam, sort, samtools, sampleName, z]
const readGroup = { ID: 'a', SM: 'a' }
export const groups = [readGroup]
`
const whole = (build: string) => `${head}
export const slip = pipeline({
  name: 'slip',
  inputs: { reads: fastqPair, reference: fasta },
  build: ({ reads, reference }) => {
    ${build}
  },
})
`
const own = (command: string) => `${head}
const count = step({
  name: 'my-count',
  image: 'none',
  tools: [samtools],
  inputs: { alignments: anyBam, reads: fastqPair },
  params: { strict: z.boolean().default(false), label: z.string().optional() },
  outputs: { report: bed },
  needs: { cpu: 1, memory: gib(1) },
  command: ({ alignments, report, reads, strict, label, cpu }) => ${command},
})
export const slip = pipeline({
  name: 'slip',
  inputs: { reads: fastqPair, reference: fasta },
  build: ({ reads, reference }) => {
    const { aligned } = mem({ reads, index: index({ genome: reference }).index, readGroup })
    return { report: count({ alignments: aligned, reads }).report }
  },
})
`
const slips: Readonly<Record<string, Slip>> = {
  'the whole step in place of its output': {
    build: 'return { sorted: sort({ unsorted: mem({ reads, index: index({ genome: reference }).index, readGroup }) }).sorted }',
    tsc: 'one bam file, not all that a step gives: add .aligned',
    run: 'Input "unsorted" of step "samtools-sort" takes one file, got all outputs of step "bwa-mem": aligned. Put .aligned behind it.\nThat is in pipelines/slip.ts, line 22.',
  },
  'the whole step of several outputs': {
    build: 'return { aligned: mem({ reads: trim({ reads }), index: index({ genome: reference }).index, readGroup }).aligned }',
    tsc: 'one fastq-pair file, not all that a step gives: add .trimmed',
    run: 'got all outputs of step "fastp-trim": trimmed, report, page. Put .trimmed behind it.',
  },
  'a misspelt output': {
    build: 'return { trimmed: trim({ reads }).trimed }',
    tsc: "Did you mean 'trimmed'?",
    run: 'Step "fastp-trim" gives no "trimed". Did you mean "trimmed"? It gives: trimmed, report, page.',
  },
  'a misspelt output, taken apart': {
    build: 'const { trimed } = trim({ reads })\n return { trimmed: trimed }',
    tsc: "Property 'trimed' does not exist on type 'OutputsOf<{ readonly trimmed:",
    run: 'Step "fastp-trim" gives no "trimed". Did you mean "trimmed"? It gives: trimmed, report, page.',
  },
  'a property that files do not have': {
    build: 'return { trimmed: trim({ reads: reads.path }).trimmed }',
    tsc: "Property 'path' does not exist on type 'Ref<",
    run: 'File "reads" was asked for "path". It stands for one file. The file is made when the pipeline runs, after this code is done. Give it to a step as it is.',
  },
  'the mate of a pair': {
    build: 'return { trimmed: trim({ reads: reads.first }).trimmed, reference }',
    tsc: "Property 'first' does not exist on type 'Ref<",
    run: 'Give the whole file to a step, whose command may ask for "first".',
  },
  'the text of a file': {
    build: 'return { aligned: mem({ reads, index: index({ genome: reference }).index, readGroup: { ID: `${reads}`, SM: "a" } }).aligned }',
    tsc: undefined,
    run: 'File "reads" was taken for text. The file is made when the pipeline runs, after this code is done. Give it to a step as an input; in the step\'s command its path is a word by itself, or part of one: word`--in=${…}`. Make names of the columns of a sheet or of parameters, which are text.',
  },
  'the text of a file in plain code': {
    build: "const name = reads + '.bam'\n return { [name]: reference }",
    tsc: undefined,
    run: 'File "reads" was taken for text.',
  },
  'the text of all outputs': {
    build: 'const name = `${trim({ reads })}`\n return { [name]: reference }',
    tsc: undefined,
    run: 'All outputs of step "fastp-trim" were taken for text. Ask for what you need by its name.',
  },
  'a file as JSON': {
    build: 'const text = JSON.stringify({ reads })\n return { [text]: reference }',
    tsc: undefined,
    run: 'File "reads" was taken for text.',
  },
  'a missing parameter': {
    build: 'return { aligned: mem({ reads, index: index({ genome: reference }).index }).aligned }',
    tsc: "Property 'readGroup' is missing in type",
    run: 'Parameter "readGroup" of step "bwa-mem" is missing. Give it: readGroup: … (',
  },
  'a missing input': {
    build: 'return { aligned: mem({ reads, readGroup }).aligned, reference }',
    tsc: "Property 'index' is missing in type",
    run: 'Input "index" of step "bwa-mem" is missing. Give it a file of format bwa-index: index: …',
  },
  'a file in the wrong slot': {
    build: 'return { aligned: mem({ reads, index: reference, readGroup }).aligned }',
    tsc: 'Type \'"fasta"\' is not assignable to type \'"bwa-index"\'.',
    run: 'Input "index" of step "bwa-mem" asks for bwa-index, got fasta. Give a bwa-index file.',
  },
  'a misspelt input': {
    build: 'return { sorted: sort({ unsrted: mem({ reads, index: index({ genome: reference }).index, readGroup }).aligned }).sorted }',
    tsc: "Did you mean to write 'unsorted'?",
    run: 'Step "samtools-sort" has no "unsrted". Did you mean "unsorted"? It takes: unsorted.',
  },
  'a misspelt input of the pipeline': {
    file: whole('return { trimmed: trim({ reads }).trimmed, referense }').replace('reads, reference })', 'reads, referense })'),
    tsc: "Property 'referense' does not exist on type 'Inside<{",
    run: 'The build of pipeline "slip" sees no "referense". Did you mean "reference"? It sees: reads, reference.',
  },
  'a forgotten export': {
    file: whole('return { trimmed: trim({ reads }).trimmed, reference }').replace('export const slip', 'const slip'),
    tsc: undefined,
    run: 'pipelines/slip.ts makes the pipeline "slip", but does not export it. Write: export const slip = pipeline({ … })',
  },
  'an async build': {
    file: whole('return { trimmed: trim({ reads }).trimmed, reference }').replace('build: (', 'build: async ('),
    tsc: "missing in type 'Promise<",
    run: 'The build of pipeline "slip" is async. Take the "async" away: files are made later, and there is nothing to wait for.',
  },
  'a forgotten return': {
    build: 'trim({ reads }).trimmed\n reference',
    tsc: "Type 'void' is not assignable to type",
    run: 'Pipeline "slip" returns nothing. End its function with "return { … }".',
  },
  'a result that is no record': {
    build: 'reference\n return trim({ reads }).trimmed',
    tsc: "is missing in type 'Ref<",
    run: 'Pipeline "slip" returns output "trimmed" of step "fastp-trim", without a name for it. Write: return { trimmed: … }',
  },
  'reading a file that is not there yet': {
    file: whole('return { trimmed: trim({ reads }).trimmed, [readFileSync(reference)]: reference }').replace(
      'import {',
      "import { readFileSync } from 'node:fs'\nimport {",
    ),
    tsc: "Type 'Ref<",
    run: 'File "reference" was taken for text.',
  },
  'a parameter of the wrong type': {
    build: "return { aligned: mem({ reads, index: index({ genome: reference }).index, readGroup, minScore: '20' }).aligned }",
    tsc: "Type 'string' is not assignable to type 'number'.",
    run: 'Parameter "minScore" of step "bwa-mem": Invalid input: expected number, received string. Got "20".',
  },
  'a file as a parameter': {
    build: 'return { aligned: mem({ reads, index: index({ genome: reference }).index, readGroup: reads }).aligned }',
    tsc: "is missing the following properties from type '{ ID: string; SM: string;",
    run: 'Parameter "readGroup" of step "bwa-mem" takes a value, got file "reads". Files are given to inputs; a value comes from a parameter or a column of a sheet.',
  },
  'a misspelt parameter': {
    build: 'return { aligned: mem({ reads, index: index({ genome: reference }).index, readGroup, minscore: 20 }).aligned }',
    tsc: "Did you mean to write 'minScore'?",
    run: 'Step "bwa-mem" has no "minscore". Did you mean "minScore"? It takes: reads, index, readGroup, minScore.',
  },
  'the reference of another genome': {
    file: whole(`const { aligned } = mem({ reads, index: index({ genome: reference }).index, readGroup })
    const { indexed } = indexBam({ sorted: sort({ unsorted: aligned }).sorted })
    return { pileup: mpileup({ bams: [indexed], reference: faidx({ genome: mouse }).indexed, region: 'chr1:1-100' }).pileup }`)
      .replace('reference: fasta', 'reference: fasta, mouse: fasta')
      .replace('reads, reference })', 'reads, reference, mouse })'),
    tsc: 'Type \'"reference"\' is not assignable to type \'"mouse"\'.',
    run: 'Input "bams" of step "bcftools-mpileup" asks for reference "mouse" (5d73dcfc), got "reference" (709babbc).',
  },
  'a positional argument': {
    build: 'return { sorted: sort(mem({ reads, index: index({ genome: reference }).index, readGroup }).aligned).sorted }',
    tsc: "Property 'unsorted' is missing in type",
    run: 'Step "samtools-sort" takes one object with its inputs and parameters by name, got output "aligned" of step "bwa-mem". Write: { unsorted: … }',
  },
  'no argument': {
    build: 'reference\n return { trimmed: trim().trimmed, reads }',
    tsc: 'Expected 1 arguments, but got 0.',
    run: 'Step "fastp-trim" takes one object with its inputs and parameters by name, got nothing. Write: { reads: …',
  },
  'a list for one file': {
    build: 'return { trimmed: trim({ reads: [reads] }).trimmed, reference }',
    tsc: 'one fastq-pair file, not a list: call the step for each, list.map(file => …)',
    run: 'takes one file, got several. Call the step once for each',
  },
  'one file for a list': {
    build:
      'const { aligned } = mem({ reads, index: index({ genome: reference }).index, readGroup })\n return { merged: merge({ lanes: sort({ unsorted: aligned }).sorted }).merged }',
    tsc: "Property 'many' is missing in type",
    run: 'Input "lanes" of step "samtools-merge" takes a list of files, got one file. Put it in brackets: [file].',
  },
  'a loop over one file': {
    build: 'return { trimmed: reads.map(each => trim({ reads: each }).trimmed), reference }',
    tsc: "Property 'map' does not exist on type 'Ref<",
    run: 'File "reads" was asked for "map". It stands for one file.',
  },
  'a name in the layout that is no result': {
    file: whole('return { trimmed: trim({ reads }).trimmed, reference }').replace('build:', "layout: { trimed: 'x' },\n  build:"),
    tsc: "Did you mean to write 'trimmed'?",
    run: 'The layout of pipeline "slip" has a place for "trimed", which is no result. Did you mean "trimmed"?',
  },
  'an import without its ending': {
    file: whole('return { trimmed: trim({ reads }).trimmed, reference, mine }').replace(
      'import {',
      "import { mine } from './mine'\nimport {",
    ),
    tsc: "Did you mean './mine.",
    run: 'The result "mine" of pipeline "slip" is 1. Give a file, a list of files, or files by name.',
  },
  'an import of a step that was not copied': {
    file: whole('return { trimmed: cut({ reads }).trimmed, reference }').replace(
      'import {',
      "import { trim as cut } from '../steps/fastp/trim.ts'\nimport {",
    ),
    tsc: "Cannot find module '../steps/fastp/trim.ts'",
    run: "pipelines/slip.ts imports ../steps/fastp/trim.ts, which is not there. Copy it into the project with \"trireme add fastp/trim\", or import the package's own: from 'trireme-bio/steps/fastp/trim'",
  },
  'an import of a step that is not there': {
    file: whole('return { trimmed: cut({ reads }).trimmed, reference }').replace(
      'import {',
      "import { trim as cut } from 'trireme-bio/steps/fastp/trimm'\nimport {",
    ),
    tsc: "Cannot find module 'trireme-bio/steps/fastp/trimm'",
    run: "which the package does not have. Did you mean 'trireme-bio/steps/fastp/trim'?",
  },
  'a forgotten import': {
    build: 'return { trimmed: cutadapt({ reads }).trimmed, reference }',
    tsc: "Cannot find name 'cutadapt'.",
    run: "The project's own code failed: ReferenceError: cutadapt is not defined\nThat is in pipelines/slip.ts, line 22. Nothing has run.",
  },
  'an input and a parameter of one name': {
    file: whole('return { trimmed: trim({ reads }).trimmed, reference }').replace('build:', 'params: { reads: z.string() },\n  build:'),
    tsc: undefined,
    run: 'In pipeline "slip" the name "reads" is used twice. Give the input, output, parameter or asset another name.\nThat is in pipelines/slip.ts, line 18.',
  },
  'two pipelines of one name': {
    file: `${whole('return { trimmed: trim({ reads }).trimmed, reference }')}export const other = pipeline({ name: 'slip', inputs: { reads: fastqPair }, build: ({ reads }) => ({ reads }) })\n`,
    tsc: undefined,
    run: 'Two pipelines are called "slip": other in pipelines/slip.ts, and slip in pipelines/slip.ts. Give one of them another name.',
  },
  'a null result': {
    build: 'reference\n return { trimmed: trim({ reads }).trimmed, more: null }',
    tsc: "Type 'null' is not assignable to type 'Given'.",
    run: 'The result "more" of pipeline "slip" is null. Give a file, a list of files, or files by name.',
  },
  'a path as a file': {
    build: "return { trimmed: trim({ reads: 'data/reads.fastq.gz' }).trimmed, reads, reference }",
    tsc: 'a fastq-pair file: what a step, an input or source(…) gave',
    run: 'Input "reads" of step "fastp-trim" takes a file, got "data/reads.fastq.gz". Give what a step or source returned.',
  },
  'an error of plain code': {
    build: 'const lanes: readonly string[] = []\n return { [lanes[0].toUpperCase()]: reads, reference }',
    tsc: "Object is possibly 'undefined'.",
    run: "The project's own code failed: TypeError: Cannot read properties of undefined (reading 'toUpperCase')\nThat is in pipelines/slip.ts, line 23.",
  },
  'the text of an input in a command': {
    file: own("run('samtools', 'view', `--in=${alignments}`).into(report)"),
    tsc: undefined,
    run: 'In the command of step "my-count" alignments is put into text. What it stands for is known when the step runs: give it as a word of its own, run(…, alignments), or as part of one: word`--name=${alignments}`.\nThat is in pipelines/slip.ts, line 26.',
  },
  'the text of a pair in a command': {
    file: own("run('samtools', 'view', `--in=${reads}`).into(report)"),
    tsc: undefined,
    run: 'The files of "reads" were taken for text. Give one of them as a word of its own, run(…, reads.first), or as part of one: word`--name=${reads.first}`.',
  },
  'a number of cores as text': {
    file: own("run('samtools', 'view', `-@${cpu}`, alignments).into(report)"),
    tsc: undefined,
    run: 'cpu is put into text.',
  },
  'a whole pair as a word': {
    file: own("run('samtools', 'view', reads).into(report)"),
    tsc: "is not assignable to parameter of type 'Words'.",
    run: 'word 2 after "samtools" is the files of "reads", which are several files. Give one of them, or the beginning of their names: stem, first, second.',
  },
  'a word that is false': {
    file: own("run('samtools', 'view', strict && '-x', alignments).into(report)"),
    tsc: "Type 'boolean' is not assignable to type 'Words'.",
    run: 'word 2 after "samtools" is false, which is no word. Leave out a word that is not always there with a list: wanted ? [\'--flag\', value] : []',
  },
  'a word that is undefined': {
    file: own("run('samtools', 'view', label, alignments).into(report)"),
    tsc: "Type 'undefined' is not assignable to type 'Words'.",
    run: 'word 2 after "samtools" is nothing, which is no word.',
  },
  'a misspelt name in a command': {
    file: own("run('samtools', 'view', alignments).into(report)")
      .replace('({ alignments, ', '({ alignmnts, ')
      .replace("'view', alignments", "'view', alignmnts"),
    tsc: "Property 'alignmnts' does not exist on type 'Scope<{",
    run: 'The command of step "my-count" sees no "alignmnts". Did you mean "alignments"?',
  },
  'a command that gives nothing': {
    file: own("{ run('samtools', 'view', alignments).into(report) }"),
    tsc: "Type 'void' is not assignable to type 'Script'.",
    run: 'The command of step "my-count" gives nothing. After "=> {" it needs "return".',
  },
  'text as a command': {
    file: own('`samtools view ${alignments} > ${report}`'),
    tsc: "Type 'string' is not assignable to type 'Script'.",
    run: 'In the command of step "my-count" alignments is put into text.',
  },
  'words without a program': {
    file: own("['samtools', 'view', alignments]"),
    tsc: "Property 'pipes' is missing in type",
    run: 'The command of step "my-count" gives a list of words. Give what run(…), pipe(…) or sequence(…) makes:',
  },
}
const names = Object.keys(slips)
let folder: string
const place = (slip: string) => path.join(folder, String(names.indexOf(slip)))

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-slips-'))
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(root, path.join(folder, 'node_modules/trireme-bio'))
  for (const library of ['zod', '@types']) symlinkSync(path.join(root, 'node_modules', library), path.join(folder, 'node_modules', library))
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(path.join(folder, 'genome.fa'), '>chr1\nACGTACGTACGT\n')
  for (const mate of [1, 2]) writeFileSync(path.join(folder, `reads_${mate}.fastq`), '')
  for (const [name, { build, file }] of Object.entries(slips)) {
    mkdirSync(path.join(place(name), 'pipelines'), { recursive: true })
    writeFileSync(path.join(place(name), 'pipelines/slip.ts'), file ?? whole(build ?? ''))
    writeFileSync(path.join(place(name), 'pipelines/mine.ts'), 'export const mine = 1\n')
  }
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'ES2023',
        lib: ['ES2023'],
        module: 'nodenext',
        strict: true,
        noUncheckedIndexedAccess: true,
        allowImportingTsExtensions: true,
        verbatimModuleSyntax: true,
        skipLibCheck: true,
        types: ['node'],
        noEmit: true,
      },
      include: ['*/pipelines'],
    }),
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(compilers)('$name says what to type', ({ program }) => {
  const errors = compile(program, folder).split(/^(?=\S)/m)
  const told = (name: string) =>
    errors
      .find(error => error.includes(`/${names.indexOf(name)}/pipelines/slip.ts(`) && !error.includes('TS2742'))
      ?.trimEnd()
      .split('\n')
      .at(-1)
  for (const [name, { tsc }] of Object.entries(slips)) {
    if (tsc === undefined) expect.soft(told(name), name).toBe(undefined)
    else expect.soft(told(name), name).toContain(tsc)
  }
})
/** Plans each project's pipeline, in one process: what "trireme plan" prints is the message of the error that it ends with. */
const planning = `
const { program } = await import(process.argv[1])
const [, , flags, ...folders] = process.argv
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = () => true
process.stderr.write = () => true
for (const folder of folders) {
  process.chdir(folder)
  const words = ['plan', 'slip', '--store', folder + '/store', ...JSON.parse(flags), ...(folder.endsWith(process.env.MOUSE) ? ['--mouse', '../genome.fa'] : [])]
  try {
    await (await program(words)).parseAsync(words, { from: 'user' })
    write(JSON.stringify({ name: 'none', message: 'It is planned.' }) + '\\n')
  } catch ({ name, message }) {
    write(JSON.stringify({ name, message }) + '\\n')
  }
}
`
test('without a compiler the command line says what to type, and never that it is a fault of its own', () => {
  const toy = path.join(root, 'datasets/toy')
  const reads = [1, 2].map(mate => path.join(toy, `reads/sample1_L1_${mate}.fastq.gz`)).join(',')
  const flags = JSON.stringify(['--reads', reads, '--reference', path.join(toy, 'genome.fa')])
  const words = ['--input-type=module', '-e', planning, path.join(root, 'dist/cli/program.js'), flags, ...names.map(place)]
  const MOUSE = `/${names.indexOf('the reference of another genome')}`
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', env: { ...process.env, MOUSE } })
  const told = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(told, stderr).toHaveLength(names.length)
  for (const [n, [name, { run }]] of Object.entries(slips).entries()) {
    expect.soft(told[n].message, name).toContain(run)
    expect.soft(told[n].name, name).toMatch(/^(TriremeError|PlanError)$/)
  }
})
