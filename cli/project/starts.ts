// What `trireme new` writes. Both pass their own tests at once, with nothing installed: test/new.test.ts compiles and runs them.

/** What the start of a step is made of. */
export interface StepNames {
  readonly tool: string
  readonly verb: string
  /** Name of the step in its module. */
  readonly step: string
  /** Name of the tool in modules. */
  readonly variable: string
  /** Where the tool is declared: the package's tools, or the file beside the step. */
  readonly from: string
  /** Whether a program of that name is installed, so that the step may say it calls it. */
  readonly installed: boolean
}
const camel = (name: string) => name.replace(/[^A-Za-z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase())
/** Words of the language, and names that the starts import. */
const takenNames = new Set(
  'await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield kind mib run step pipeline from rows z text report given made scratch expect test path json sampleName readFileSync writeFileSync gzipSync fastqPair check'.split(
    ' ',
  ),
)
/** A name for a module's export: `view`, or `importSamtools` where `import` is taken. */
export const exportName = (name: string, more = 'own'): string => (takenNames.has(camel(name)) ? camel(`${name}-${more}`) : camel(name))

export const stepStart = ({
  tool,
  verb,
  step,
  variable,
  from,
  installed,
}: StepNames): string => `import { kind, mib, run, step } from 'trireme-bio'
import { z } from 'zod'
${installed ? `import { ${variable} } from '${from}'\n` : ''}
// A start to change. docs/how-to/a-tool-of-your-own.md of the package goes through it: https://www.npmjs.com/package/trireme-bio

/** The format that the step reads and writes. Take one of 'trireme-bio/kinds' where it has yours: fasta, fastqPair, bam({ sorted: 'coordinate' }). */
export const text = kind('text', { extension: '.txt' })

export const ${step} = step({
  name: '${tool}-${verb}',
  about: 'Say what it does, in one line',
  // Every program of the command${installed ? '' : `: [${variable}], imported from '${from}', once the command calls it`}.
  tools: [${installed ? variable : ''}],
  // The container image that holds the program: a name of your choice, for which an environment says what it is.
  image: '${tool}',
  inputs: { text },
  params: { lines: z.number().int().min(1).default(10).describe('So many lines are kept') },
  outputs: { report: text },
  needs: { cpu: 1, memory: mib(256) },
  // Words, never text for a shell. Yours may be: run('${tool}', '${verb}', text).into(report)
  command: ({ text, report, lines }) => run('head', '-n', lines, text).into(report),
})
`
export const stepTestStart = ({ step, verb }: StepNames): string => `import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { given, made, scratch } from 'trireme-bio/testing'
import { expect, test } from 'vitest'
import { ${step}, text } from './${verb}.ts'

const file = path.join(scratch(), 'three.txt')
writeFileSync(file, 'one\\ntwo\\nthree\\n')
const three = given('three', text, file)

test('it keeps the first lines', async () => {
  const { report } = await made(${step}({ text: three, lines: 2 }))
  expect(readFileSync(report.path, 'utf8')).toBe('one\\ntwo\\n')
})
test('it keeps one line at least', () => {
  expect(() => ${step}({ text: three, lines: 0 })).toThrow('Parameter "lines"')
})
`
/** @param version as the installed program prints it */
export const toolStart = ({ tool, variable }: StepNames, version: string | undefined): string => {
  const [major = '1', minor = '0'] = version?.split('.') ?? []
  return `import { tool } from 'trireme-bio'

/** The program: its version is part of what is cached, and of the methods that people cite. */
export const ${variable} = tool({
  name: '${tool}',
  homepage: 'https://example.org/${tool}',
  licence: 'MIT', // as SPDX writes it
  // ${version === undefined ? 'How it prints its version' : `It prints ${version} here`}: the group in brackets is the version.
  version: { argv: ['${tool}', '--version'], match: /(\\d+(?:\\.\\d+)+\\S*)/ },
  accepts: '>=${major}.${minor} <${Number(major) + 1}', // what the steps were written for
  // debian: '${tool}', and conda: 'bioconda::${tool}=${version ?? '1.0'}', so that "trireme doctor" says how to get it
})
`
}
export const pipelineStart = (name: string, exported: string): string => `import { from, pipeline, rows } from 'trireme-bio'
import { fastqPair } from 'trireme-bio/kinds'
import { check } from 'trireme-bio/steps/fastq/check'
import { sampleName } from 'trireme-bio/values'

/** A start to change: it reads a samplesheet, and checks the reads of each sample. */
export const ${exported} = pipeline({
  name: '${name}',
  about: 'Say what it does, in one line',
  // Each input and each parameter is a flag of "trireme run ${name}".
  inputs: { samplesheet: rows({ sample: sampleName, reads: from(fastqPair, 'fastq_1', 'fastq_2') }) },
  // Where results lie below --out.
  layout: { reports: sample => \`checked/\${sample}\` },
  // Calling a step wires it in, and gives its outputs by name; nothing runs yet. Names are text, files are not.
  build: ({ samplesheet }) => ({
    reports: Object.fromEntries(samplesheet.map(({ sample, reads }) => [sample, check({ reads }).report])),
  }),
})
`
export const pipelineTestStart = (name: string, exported: string): string => `import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { fastqPair } from 'trireme-bio/kinds'
import { given, made, scratch } from 'trireme-bio/testing'
import { expect, test } from 'vitest'
import { ${exported} } from './${name}.ts'

const folder = scratch()
const mate = (n: 1 | 2) => {
  const file = path.join(folder, \`reads_\${n}.fastq.gz\`)
  writeFileSync(file, gzipSync(\`@read1\\n\${n === 1 ? 'ACGTACGTAC' : 'GGTTTCCCAG'}\\n+\\nIIIIIIIIII\\n\`))
  return file
}
const reads = given('reads', fastqPair, { first: mate(1), second: mate(2) })

test('it reports every sample', async () => {
  const { reports } = await made(${exported}({ samplesheet: [{ sample: 'a', reads }] }))
  expect(JSON.parse(readFileSync(reports['a']!.path, 'utf8'))).toMatchObject({ first: { reads: 1, bases: 10 } })
}, 60_000)
`
