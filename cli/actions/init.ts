import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { unfollowed } from '../../core/left-behind.ts'
import { toy } from '../../datasets/toy/files.ts'
import { say } from '../display/print.ts'
import { didYouMean } from '../display/suggest.ts'
import { type FileChange, refuseUnfinished, writeTogether } from '../project/changes.ts'
import { drawnCells } from '../project/drawn-cells.ts'
import { readPackageJson } from '../project/libraries.ts'
import { benchmarkFiles, commonFiles, firstFiles, packageJson } from '../project/template.ts'
import { cellsRun, imageFiles } from '../project/template-images.ts'

/** What npm and git leave in a folder before there is a project. */
const harmless = new Set(['package.json', 'package-lock.json', 'node_modules', '.git', '.gitignore', '.npmrc'])

/** A kind of project: its texts by path, what it is tried on, and the commands to begin with. */
interface ProjectTemplate {
  readonly about: string
  /** The pipeline that is the reader's to change. */
  readonly pipeline: string
  readonly files: Readonly<Record<string, string>>
  readonly data: () => Promise<readonly FileChange[]>
  /** Texts of a comparison, where there is one. */
  readonly benchmark?: Readonly<Record<string, string>>
  readonly next: readonly string[]
  /** What to run after `init --benchmark`. */
  readonly measure?: string
}
const plain = 'variant-calling'
export const templates: Readonly<Record<string, ProjectTemplate>> = {
  [plain]: {
    about: 'two samples of simulated reads, aligned',
    pipeline: 'pipelines/first.ts',
    files: firstFiles,
    data: reads,
    benchmark: benchmarkFiles,
    next: [
      'npx trireme run first --samplesheet samplesheet.csv --reference data/genome.fa --out results',
      'npm test                                                # types, and the pipeline on its data',
      'npx trireme run variant-calling --samplesheet samplesheet.csv --reference data/genome.fa --ploidy 1 --out calls',
    ],
    measure: 'npx trireme bench run first-cores --quick --scratch records    # to see that the comparison works',
  },
  'image-classification': {
    about: 'forty SYNTHETIC images of cells, classified',
    pipeline: 'pipelines/cells.ts',
    files: imageFiles,
    data: drawnCells,
    next: [cellsRun, 'npm test                                                # types and wiring'],
  },
}
async function reads(): Promise<readonly FileChange[]> {
  const lanes = toy.lanes.map(({ patient, sample, lane, reads }) => {
    const files = [reads.first, reads.second].map(from => ({ from, place: `data/${path.basename(from)}` }))
    return { row: [patient, sample, lane, ...files.map(({ place }) => place)], files }
  })
  const header = ['patient', 'sample', 'lane', 'fastq_1', 'fastq_2']
  const sheet = [header, ...lanes.map(({ row }) => row)].map(cells => `${cells.join(',')}\n`).join('')
  const data = [{ from: toy.genome, place: 'data/genome.fa' }, ...lanes.flatMap(({ files }) => files)]
  return [
    ...data.map(({ from, place }) => ({ place, content: readFileSync(from) })),
    { place: 'samplesheet.csv', content: Buffer.from(sheet) },
  ]
}

export interface InitOptions {
  readonly benchmark?: boolean
  readonly template?: string
}
/** @throws TriremeError `USAGE` when the folder holds something already: nothing is ever overwritten */
export async function init(folder: string, { benchmark = false, template = plain }: InitOptions = {}): Promise<void> {
  const chosen = Object.hasOwn(templates, template) ? templates[template] : undefined
  if (chosen === undefined)
    throw new TriremeError(
      'USAGE',
      `There is no template "${template}".${await didYouMean(template, Object.keys(templates))} There are: ${Object.entries(templates)
        .map(([name, { about }]) => `${name} (${about})`)
        .join(', ')}.`,
    )
  if (benchmark && chosen.benchmark === undefined)
    throw new TriremeError('USAGE', `The template "${template}" has no comparison. Leave out --benchmark, or take --template ${plain}.`)
  refuseUnfinished(folder)
  const there = existsSync(folder) ? readdirSync(folder).filter(name => !harmless.has(name)) : []
  if (there.length > 0)
    throw new TriremeError(
      'USAGE',
      `${folder} is not empty: it holds ${there.slice(0, 3).join(', ')}${there.length > 3 ? ', …' : ''}. Give a new folder, or an empty one.`,
    )
  const own = readPackageJson(folder)
  const texts = { ...commonFiles, ...chosen.files, ...(benchmark && chosen.benchmark) }
  const fresh = Object.entries(texts).filter(([name]) => unfollowed(path.join(folder, name)) === undefined)
  writeTogether(
    folder,
    [
      { place: 'package.json', content: Buffer.from(`${JSON.stringify(packageJson(folder, own), null, 2)}\n`) },
      ...fresh.map(([place, text]) => ({ place, content: Buffer.from(text) })),
      ...(await chosen.data()),
    ],
    { keep: false },
  )

  const steps = [
    ...(path.resolve(folder) === process.cwd() ? [] : [`cd ${folder}`]),
    'npm install',
    'npx trireme doctor --install                            # the tools, where they are missing',
    ...chosen.next,
    ...(benchmark && chosen.measure !== undefined ? [chosen.measure] : []),
  ]
  say(
    `${path.relative('', folder) === '' ? 'This folder' : folder} is a project now. ${chosen.pipeline} is yours to change. Next:\n\n${steps.map(line => `  ${line}`).join('\n')}`,
  )
}
