import path from 'node:path'
import type { Plan } from '../core/plan.ts'
import { findTools, readyTools, toolsOf } from '../core/run/tools.ts'
import type { Store } from '../core/store/store.ts'
import { installMissing } from './install.ts'

/** Versions of the plan's tools, after what is missing was installed. @throws TriremeError `TOOL` when it was refused or failed */
export async function toolVersions(
  plan: Plan,
  { store, log }: { readonly store: Store; readonly log: (line: string) => void },
  install: boolean,
): Promise<ReadonlyMap<string, string>> {
  const memo = path.join(store.root, 'tools.json')
  await installMissing((await findTools(toolsOf(plan), memo)).values(), { install, log })
  return readyTools(plan, memo)
}
/** Versions of the tools that are there: a plan can be looked at without the others. */
export async function knownVersions(
  plan: Plan,
  store: Store,
): Promise<{ readonly versions: ReadonlyMap<string, string>; readonly unfit: readonly string[] }> {
  const found = [...(await findTools(toolsOf(plan), path.join(store.root, 'tools.json'))).values()]
  return {
    versions: new Map(found.flatMap(each => (each.state === 'ready' ? [[each.tool.name, each.version] as const] : []))),
    unfit: found.flatMap(each => (each.state === 'ready' ? [] : [each.tool.name])),
  }
}
