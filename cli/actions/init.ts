import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'
import { ensureFolderOnDisk, writeWhole } from '../../core/store/whole-file.ts'
import { toy } from '../../datasets/toy/files.ts'
import { say } from '../display/print.ts'
import { barrier } from '../project/inside.ts'
import { readPackageJson } from '../project/libraries.ts'
import { files, packageJson } from '../project/template.ts'

/** What npm and git leave in a folder before there is a project. */
const harmless = new Set(['package.json', 'package-lock.json', 'node_modules', '.git', '.gitignore', '.npmrc'])

/** @throws TriremeError `USAGE` when the folder holds something already: nothing is ever overwritten */
export async function init(folder: string): Promise<void> {
  const there = existsSync(folder) ? readdirSync(folder).filter(name => !harmless.has(name)) : []
  if (there.length > 0)
    throw new TriremeError(
      'USAGE',
      `${folder} is not empty: it holds ${there.slice(0, 3).join(', ')}${there.length > 3 ? ', …' : ''}. Give a new folder, or an empty one.`,
    )
  const barred = barrier(folder, 'package.json')
  if (barred) throw new TriremeError('USAGE', `package.json ${barred}, and init has to write to it, so nothing was written.`)
  const at = (...names: string[]) => path.join(folder, ...names)
  const own = readPackageJson(folder)
  ensureFolderOnDisk(at('data'))
  ensureFolderOnDisk(at('pipelines'))

  writeWhole(at('package.json'), `${JSON.stringify(packageJson(folder, own), null, 2)}\n`)
  for (const [name, text] of Object.entries(files)) if (!existsSync(at(name))) writeWhole(at(name), text)
  writeWhole(at('data', 'genome.fa'), readFileSync(toy.genome))
  const header = ['patient', 'sample', 'lane', 'fastq_1', 'fastq_2']
  const rows = toy.lanes.map(({ patient, sample, lane, reads }) => {
    const copies = [reads.first, reads.second].map(read => {
      writeWhole(at('data', path.basename(read)), readFileSync(read))
      return `data/${path.basename(read)}`
    })
    return [patient, sample, lane, ...copies]
  })
  writeWhole(at('samplesheet.csv'), [header, ...rows].map(cells => `${cells.join(',')}\n`).join(''))

  const steps = [
    ...(path.resolve(folder) === process.cwd() ? [] : [`cd ${folder}`]),
    'npm install',
    'npx trireme doctor --install                            # the tools, where they are missing',
    'npx trireme run first --samplesheet samplesheet.csv --reference data/genome.fa --out results',
    'npm test                                                # types, and the pipeline on its data',
    'npx trireme run variant-calling --samplesheet samplesheet.csv --reference data/genome.fa --ploidy 1 --out calls',
  ]
  say(
    `${path.relative('', folder) === '' ? 'This folder' : folder} is a project now. pipelines/first.ts is yours to change. Next:\n\n${steps.map(line => `  ${line}`).join('\n')}`,
  )
}
