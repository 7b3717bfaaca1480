import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import type { AnyComparison } from '../../benchmarks/harness/comparison.ts'
import type { Environment } from '../../core/environment/settings.ts'
import { TriremeError } from '../../core/errors.ts'
import { refsIn } from '../../core/graph/node.ts'
import type { Plan } from '../../core/graph/plan.ts'
import { toolsOf } from '../../core/host/tools.ts'
import { fileOf } from '../../core/vocabulary/kind.ts'
import { findPipeline, profilesFile } from '../project/catalogue.ts'
import { ownEnvironmentNames, settingsFiles } from '../project/environments.ts'
import { packageRoot } from '../project/package.ts'
import { planWith } from '../run/prepare.ts'

/** What a comparison needs of the project, beside its own module. */
export interface OwnFiles {
  /** Modules, and files that are read. */
  readonly own: readonly string[]
  /** Names of tools that its steps ask for. */
  readonly tools: readonly string[]
}
/**
 * Looks at the plan of every arm, so that all that it reads goes along. What the recipe of a dataset makes is made there, and arms that are functions
 * take their files from the dataset, or from what `setup` makes.
 * @throws TriremeError `INPUT` where an arm reads a file that may not be passed on
 */
export async function neededBy(comparison: AnyComparison, store: string): Promise<OwnFiles> {
  const pipeline = comparison.pipeline && (await findPipeline(comparison.pipeline.spec.name))
  const read = new Set<string>()
  const tools = new Set<string>()
  for (const [arm, given] of Object.entries(comparison.arms)) {
    if (!pipeline || typeof given === 'function' || 'command' in given) continue
    const profile = comparison.profile === undefined ? {} : { profile: comparison.profile }
    const { plan, reads } = await planWith(pipeline.it, given, { store, owner: `arm ${arm}`, ...profile })
    refuseStaying(plan, arm)
    for (const tool of toolsOf(plan)) tools.add(tool.name)
    for (const { file } of reads) if (existsSync(file)) read.add(realpathSync(file))
  }
  const outside = (folder: string) => (file: string) => !file.startsWith(path.resolve(folder) + path.sep)
  const own = [...read].filter(outside(packageRoot)).filter(outside(store))
  if (pipeline?.home === 'project') own.push(pipeline.file)
  return { own, tools: [...tools] }
}
function refuseStaying(plan: Plan, arm: string): void {
  for (const node of plan.nodes)
    for (const ref of node.kind === 'step' ? Object.values(node.inputs).flatMap(refsIn) : []) {
      const [file] = ref.node.kind === 'source' && fileOf(ref.kind).stays ? Object.values(ref.node.files) : []
      if (file !== undefined)
        throw new TriremeError(
          'INPUT',
          `The arm ${arm} reads ${file.url}, and files of the kind ${fileOf(ref.kind).format} may not be passed on: no bundle takes them along. Leave the arm out of the comparison that is bundled, or run it where the file is.`,
        )
    }
}
/** Files of the project that are loaded whatever the comparison is: its profiles, and its environments where one of them is asked for. */
export async function projectSettings(asked: readonly Environment[]): Promise<readonly string[]> {
  const names = await ownEnvironmentNames()
  const own = asked.filter(({ name }) => names.includes(name))
  const files = [profilesFile(), ...(own.length > 0 ? settingsFiles() : []), ...own.map(({ images }) => images.lock)]
  return files.flatMap(file => (file !== undefined && existsSync(file) ? [path.resolve(file)] : []))
}
