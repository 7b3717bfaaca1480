import path from 'node:path'
import type { Environment } from '../../core/environment/settings.ts'
import type { Plan } from '../../core/graph/plan.ts'
import { findTools, readyTools, toolsOf } from '../../core/host/tools.ts'
import type { Store } from '../../core/store/store.ts'
import { targetOf } from '../../core/targets/registry.ts'
import type { Tool } from '../../core/vocabulary/tool.ts'
import { installMissing } from '../machine/install.ts'

interface ToolContext {
  readonly store: Store
  readonly log: (line: string) => void
  readonly environment: Environment
  /** Tools that a later plan asks for: what is missing is told and installed all together. */
  readonly others?: readonly Tool[]
}
/**
 * Versions of the plan's tools: those in the images of the environment; on this machine those found, after what is missing was installed.
 * @throws TriremeError `TOOL` when installation was refused or failed
 */
export async function toolVersions(
  plan: Plan,
  { store, log, environment, others = [] }: ToolContext,
  install: boolean,
): Promise<ReadonlyMap<string, string>> {
  if ((await targetOf(environment)).images) return (await import('../machine/images.ts')).versionsIn(plan, environment, store)
  const memo = path.join(store.root, 'tools.json')
  const tools = new Map([...toolsOf(plan), ...others].map(tool => [tool.name, tool]))
  await installMissing((await findTools([...tools.values()], memo)).values(), { install, log })
  return readyTools(plan, memo)
}
/** Versions of the tools that are there: a plan can be looked at without the others. */
export async function knownVersions(
  plan: Plan,
  store: Store,
  environment: Environment,
  options: { readonly unpinned?: boolean } = {},
): Promise<{ readonly versions: ReadonlyMap<string, string>; readonly unfit: readonly string[] }> {
  if ((await targetOf(environment)).images)
    return { versions: await (await import('../machine/images.ts')).versionsIn(plan, environment, store, options), unfit: [] }
  const found = [...(await findTools(toolsOf(plan), path.join(store.root, 'tools.json'))).values()]
  return {
    versions: new Map(found.flatMap(each => (each.state === 'ready' ? [[each.tool.name, each.version] as const] : []))),
    unfit: found.flatMap(each => (each.state === 'ready' ? [] : [each.tool.name])),
  }
}
