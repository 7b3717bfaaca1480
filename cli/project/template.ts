import { readFileSync } from 'node:fs'
import path from 'node:path'
import { dependencyOn } from './origin.ts'
import { packageRoot } from './package.ts'

// What `trireme init` writes. The pipeline is compiled and run by test/package.test.ts, in a project that installed the package.

interface ProjectFiles {
  readonly name?: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}
/** The project's package.json; what it says already stays. Versions of compiler and test runner are those that the package is tested with. */
export function packageJson(folder: string, own: ProjectFiles): object {
  const name = path.basename(path.resolve(folder))
  const ours = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8'))
  const dev = (names: readonly string[]) => Object.fromEntries(names.map(each => [each, ours.devDependencies[each]]))
  const { name: _, ...rest } = own
  const placeholder = 'echo "Error: no test specified" && exit 1' // what "npm init -y" leaves
  const scripts = Object.fromEntries(Object.entries(own.scripts ?? {}).filter(([, command]) => command !== placeholder))
  return {
    name:
      own.name ??
      (name
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '') ||
        'pipelines'),
    private: true,
    ...rest,
    type: 'module',
    scripts: { test: 'tsc && vitest run', ...scripts },
    dependencies: { 'trireme-bio': dependencyOn(folder), zod: ours.dependencies.zod, ...own.dependencies },
    devDependencies: { ...dev(['@types/node', 'typescript', 'vitest']), ...own.devDependencies },
  }
}
const tsconfig = `{
  "compilerOptions": {
    "target": "ES2023",
    "lib": ["ES2023"],
    "module": "nodenext",
    "strict": true,
    "allowImportingTsExtensions": true,
    "verbatimModuleSyntax": true,
    "skipLibCheck": true,
    "types": ["node"],
    "noEmit": true
  },
  "include": ["pipelines", "steps", "benchmarks"]
}
`
const first = `import { from, pipeline, rows } from 'trireme-bio'
import { fasta, fastqPair } from 'trireme-bio/kinds'
import { index } from 'trireme-bio/steps/bwa/index'
import { mem } from 'trireme-bio/steps/bwa/mem'
import { flagstat } from 'trireme-bio/steps/samtools/flagstat'
import { index as indexBam } from 'trireme-bio/steps/samtools/index'
import { sort } from 'trireme-bio/steps/samtools/sort'
import { sampleName } from 'trireme-bio/values'

/** Aligns the reads of each lane, sorts and indexes them, and counts what aligned. Try to give \`indexBam\` the unsorted file: your editor objects. */
export const first = pipeline({
  name: 'first',
  about: 'Align the reads of each lane and count what aligned',
  inputs: {
    samplesheet: rows({ patient: sampleName, sample: sampleName, lane: sampleName, reads: from(fastqPair, 'fastq_1', 'fastq_2') }),
    reference: fasta,
  },
  layout: { alignments: lane => \`alignments/\${lane}\`, counts: lane => \`counts/\${lane}\` },
  highlights: { alignments: 'Alignments', counts: 'What aligned' },
  steps: [mem, sort, flagstat],
  build: ({ samplesheet, reference }) => {
    const { index: genome } = index({ genome: reference })
    const lanes = samplesheet.map(({ sample, lane, reads }) => {
      const name = \`\${sample}_\${lane}\`
      const { aligned } = mem({ reads, index: genome, readGroup: { ID: name, SM: sample } })
      const { sorted } = sort({ unsorted: aligned })
      const { indexed } = indexBam({ sorted })
      return { name, indexed, counts: flagstat({ alignments: indexed }).report }
    })
    return {
      alignments: Object.fromEntries(lanes.map(({ name, indexed }) => [name, indexed])),
      counts: Object.fromEntries(lanes.map(({ name, counts }) => [name, counts])),
    }
  },
})
`
const firstTest = `import { readFileSync } from 'node:fs'
import { fasta, fastqPair } from 'trireme-bio/kinds'
import { given, made } from 'trireme-bio/testing'
import { expect, test } from 'vitest'
import { first } from './first.ts'

test('aligns nearly all reads of a lane', async () => {
  const reads = given('reads', fastqPair, { first: 'data/sample1_L1_1.fastq.gz', second: 'data/sample1_L1_2.fastq.gz' })
  const reference = given('genome', fasta, 'data/genome.fa')
  const { counts } = await made(first({ samplesheet: [{ patient: 'p', sample: 'sample1', lane: 'L1', reads }], reference }))
  const report = readFileSync(counts['sample1_L1']!.path, 'utf8')
  expect(Number(/ mapped \\((\\d+)/.exec(report)?.[1])).toBeGreaterThan(95)
}, 60_000)
`
const readme = `Pipelines made with Trireme (npm package \`trireme-bio\`).

    npm install
    npx trireme run first --samplesheet samplesheet.csv --reference data/genome.fa --out results
    npm test
    npx trireme list
    npx trireme add samtools/sort     # a step to change: import it from ../steps/samtools/sort.ts
`
const config = `# Where pipelines may run beside this machine: "npx trireme run PIPELINE … --on NAME". "npx trireme list --environments" names all there are,
# docs/reference/environments.md in the package's repository has all settings. Take away the "# " of what you need.
environments:
#   boxes:                                   # containers on this machine
#     target: container
#     images: { registry: localhost, tag: "0.1.0" }    # after "npx trireme images --on boxes", which builds them
#   ours:                                    # a cluster with Argo Workflows
#     target: argo
#     context: CONTEXT                       # of the kubeconfig, by name
#     namespace: pipelines
#     bucket:
#       endpoint: s3.example.org:9000
#       name: pipelines
#       credentials:
#         secret: { name: s3, accessKey: accessKey, secretKey: secretKey }    # a Secret of the namespace; never a secret itself
#         client: { accessKey: AWS_ACCESS_KEY_ID, secretKey: AWS_SECRET_ACCESS_KEY }    # names of variables of your own
#     images: { registry: ghcr.io/OWNER }    # after "npx trireme images --on ours", which builds and pushes them
`
const benchmark = `import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type ArmFolders, comparison } from 'trireme-bio/benchmarks'
import { first } from '../pipelines/first.ts'

const data = { samplesheet: 'samplesheet.csv', reference: 'data/genome.fa' }
const counts = ({ folder }: ArmFolders) => readFileSync(path.join(folder, 'counts/sample1_L1.txt'), 'utf8')

/** Change arms, environments and measures: your editor knows what there is. */
export const firstCores = comparison({
  name: 'first-cores',
  about: 'The pipeline "first" on one core and on two',
  pipeline: first,
  arms: { 'one core': data, 'two cores': data },
  settings: { 'one core': { cpu: 1 }, 'two cores': { cpu: 2 } },
  measures: { alignment: ['bwa-mem', 'samtools-sort'], counting: ['samtools-flagstat'] },
  quality: {
    aligned: { about: 'Share of the reads that aligned', read: at => Number(/ mapped \\((\\d+)/.exec(counts(at))?.[1]) / 100, floor: 0.95, ceiling: 1 },
  },
  outputs: { read: at => ({ counts: counts(at) }) },
})
`
/** With `init --benchmark` in addition. */
export const benchmarkFiles: Readonly<Record<string, string>> = { 'benchmarks/first-cores.ts': benchmark }
/** By path in the project. */
export const firstFiles: Readonly<Record<string, string>> = {
  'pipelines/first.ts': first,
  'pipelines/first.test.ts': firstTest,
  'README.md': readme,
}
/** Of every project. */
export const commonFiles: Readonly<Record<string, string>> = {
  'tsconfig.json': tsconfig,
  'trireme.config.yaml': config,
  '.gitignore': 'node_modules/\n.trireme/\n/results/\n/calls/\n',
}
