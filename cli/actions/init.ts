import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { unfollowed } from '../../core/left-behind.ts'
import { toy } from '../../datasets/toy/files.ts'
import { say } from '../display/print.ts'
import { refuseUnfinished, writeTogether } from '../project/changes.ts'
import { readPackageJson } from '../project/libraries.ts'
import { benchmarkFiles, files, packageJson } from '../project/template.ts'

/** What npm and git leave in a folder before there is a project. */
const harmless = new Set(['package.json', 'package-lock.json', 'node_modules', '.git', '.gitignore', '.npmrc'])

export interface InitOptions {
  readonly benchmark?: boolean
}
/** @throws TriremeError `USAGE` when the folder holds something already: nothing is ever overwritten */
export async function init(folder: string, { benchmark = false }: InitOptions = {}): Promise<void> {
  refuseUnfinished(folder)
  const there = existsSync(folder) ? readdirSync(folder).filter(name => !harmless.has(name)) : []
  if (there.length > 0)
    throw new TriremeError(
      'USAGE',
      `${folder} is not empty: it holds ${there.slice(0, 3).join(', ')}${there.length > 3 ? ', …' : ''}. Give a new folder, or an empty one.`,
    )
  const own = readPackageJson(folder)
  const lanes = toy.lanes.map(({ patient, sample, lane, reads }) => {
    const files = [reads.first, reads.second].map(from => ({ from, place: `data/${path.basename(from)}` }))
    return { row: [patient, sample, lane, ...files.map(({ place }) => place)], files }
  })
  const header = ['patient', 'sample', 'lane', 'fastq_1', 'fastq_2']
  const sheet = [header, ...lanes.map(({ row }) => row)].map(cells => `${cells.join(',')}\n`).join('')
  const data = [{ from: toy.genome, place: 'data/genome.fa' }, ...lanes.flatMap(({ files }) => files)]
  const fresh = Object.entries({ ...files, ...(benchmark && benchmarkFiles) }).filter(
    ([name]) => unfollowed(path.join(folder, name)) === undefined,
  )
  writeTogether(
    folder,
    [
      { place: 'package.json', content: Buffer.from(`${JSON.stringify(packageJson(folder, own), null, 2)}\n`) },
      ...fresh.map(([place, text]) => ({ place, content: Buffer.from(text) })),
      ...data.map(({ from, place }) => ({ place, content: readFileSync(from) })),
      { place: 'samplesheet.csv', content: Buffer.from(sheet) },
    ],
    { keep: false },
  )

  const steps = [
    ...(path.resolve(folder) === process.cwd() ? [] : [`cd ${folder}`]),
    'npm install',
    'npx trireme doctor --install                            # the tools, where they are missing',
    'npx trireme run first --samplesheet samplesheet.csv --reference data/genome.fa --out results',
    'npm test                                                # types, and the pipeline on its data',
    'npx trireme run variant-calling --samplesheet samplesheet.csv --reference data/genome.fa --ploidy 1 --out calls',
    ...(benchmark ? ['npx trireme bench run first-cores --quick --scratch records    # to see that the comparison works'] : []),
  ]
  say(
    `${path.relative('', folder) === '' ? 'This folder' : folder} is a project now. pipelines/first.ts is yours to change. Next:\n\n${steps.map(line => `  ${line}`).join('\n')}`,
  )
}
