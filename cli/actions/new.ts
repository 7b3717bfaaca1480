import { existsSync } from 'node:fs'
import path from 'node:path'
import { tool as declared } from '../../core/define/tool.ts'
import { TriremeError } from '../../core/errors.ts'
import { findTools } from '../../core/host/tools.ts'
import type { Tool } from '../../core/vocabulary/tool.ts'
import * as known from '../../steps/tools.ts'
import { say } from '../display/print.ts'
import { writeTogether } from '../project/changes.ts'
import { nameLibraries, toInstall } from '../project/libraries.ts'
import { packageRoot } from '../project/package.ts'
import { exportName, pipelineStart, pipelineTestStart, type StepNames, stepStart, stepTestStart, toolStart } from '../project/starts.ts'

type Files = Readonly<Record<string, string>>
const nameWord = /^(?=.{1,100}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/ // what is made of it is a name of a file

/** @throws TriremeError `USAGE` for a name that is none or is taken: nothing is ever overwritten */
export async function writeStart(what: string, name: string, project: string): Promise<void> {
  if (what === 'step') return newStep(name, project)
  if (what === 'pipeline') return newPipeline(name, project)
  throw new TriremeError(
    'USAGE',
    `"trireme new" starts a step or a pipeline, not "${what}": trireme new step TOOL/VERB, trireme new pipeline NAME`,
  )
}
async function newStep(name: string, project: string): Promise<void> {
  const [tool = '', verb = '', ...more] = name.split('/')
  if (!nameWord.test(tool) || !nameWord.test(verb) || more.length > 0)
    throw new TriremeError(
      'USAGE',
      `"${name}" is no name of a step. Give TOOL/VERB in lower case letters, digits and hyphens, such as "seqkit/stats".`,
    )
  refuseTaken(project, `steps/${name}`, name)
  const ours = Object.entries(known).find(([, each]) => each.name === tool)
  const [found] = (await findTools([ours?.[1] ?? anyVersion(tool)])).values()
  const step = exportName(verb, tool)
  const variable = ours?.[0] ?? (exportName(tool) === step ? exportName(`${tool}-tool`) : exportName(tool, 'tool'))
  const names: StepNames = {
    tool,
    verb,
    step,
    variable,
    from: ours ? 'trireme-bio/tools' : './tool.ts',
    installed: found?.state === 'ready',
  }
  const version = found?.state === 'ready' ? found.version : undefined
  write(project, {
    [`steps/${name}.ts`]: stepStart(names),
    [`steps/${name}.test.ts`]: stepTestStart(names),
    ...(ours || existsSync(path.join(project, `steps/${tool}/tool.ts`)) ? {} : { [`steps/${tool}/tool.ts`]: toolStart(names, version) }),
  })
  printLines([`A step is called in a pipeline: import { ${step} } from '../steps/${name}.ts'`])
}
function newPipeline(name: string, project: string): void {
  if (!nameWord.test(name))
    throw new TriremeError(
      'USAGE',
      `"${name}" is no name of a pipeline. Give one of up to 100 lower case letters, digits and hyphens, such as "heart-atlas".`,
    )
  refuseTaken(project, `pipelines/${name}`, name)
  const exported = exportName(name)
  write(project, {
    [`pipelines/${name}.ts`]: pipelineStart(name, exported),
    [`pipelines/${name}.test.ts`]: pipelineTestStart(name, exported),
  })
  printLines([`Its flags: npx trireme run ${name} --help`])
}
/** Asks a program that the package does not know what its version is. */
const anyVersion = (name: string): Tool =>
  declared({ name, homepage: '', licence: 'unknown', version: { argv: [name, '--version'], match: /(\d+(?:\.\d+)+\S*)/ }, accepts: '*' })
function refuseTaken(project: string, place: string, name: string): void {
  if (path.resolve(project) === path.resolve(packageRoot))
    throw new TriremeError('USAGE', 'This is the package itself. Go to a project of yours; "trireme init DIR" makes one.')
  const there = [`${place}.ts`, `${place}.test.ts`].find(file => existsSync(path.join(project, file)))
  if (there !== undefined) throw new TriremeError('USAGE', `${there} is there already, and nothing is overwritten. Give another name.`)
  if (existsSync(path.join(packageRoot, `${place}.ts`)))
    throw new TriremeError(
      'USAGE',
      `The package has ${name} already. Copy it to change it, "trireme add ${name}", or give another name: one of the same name would hide it.`,
    )
}
function write(project: string, texts: Files): void {
  const files = Object.entries(texts).map(([place, text]) => ({ place, content: Buffer.from(text) }))
  const libraries = nameLibraries(project, files)
  writeTogether(project, [...files, ...libraries.changes], { keep: false })
  printLines([
    ...files.map(({ place }) => `  ${place}`),
    ...toInstall(libraries.added),
    `Try it: npx vitest run ${files.find(({ place }) => place.endsWith('.test.ts'))?.place}`,
    ...(existsSync(path.join(project, 'tsconfig.json'))
      ? []
      : ['There is no tsconfig.json here; "trireme init DIR" makes a project that has one.']),
  ])
}
const printLines = (lines: readonly string[]) => say(lines.join('\n'))
