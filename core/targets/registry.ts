import { TriremeError } from '../errors.ts'
import { type Capability, type Capable, can, type Target } from './target.ts'

/** Targets of the package by name, each loaded when it is asked for. */
const builtInTargets: Readonly<Record<string, () => Promise<Target>>> = {
  local: async () => (await import('./local/target.ts')).local,
  container: async () => (await import('./container/target.ts')).container,
  argo: async () => (await import('./argo/target.ts')).argo,
}
const added = new Map<string, Target>()

/** Every target's name, those of the package first. */
export const targetNames = (): readonly string[] => [...Object.keys(builtInTargets), ...added.keys()]

/** A target by name; undefined where there is none. */
export async function findTarget(name: string): Promise<Target | undefined> {
  return Object.hasOwn(builtInTargets, name) ? builtInTargets[name]!() : added.get(name)
}
/** The target of an environment. */
export async function targetOf({ target: name }: { readonly target: string }): Promise<Target> {
  const target = await findTarget(name)
  if (target) return target
  throw new TriremeError('ENVIRONMENT', `There is no target "${name}". There are: ${targetNames().join(', ')}.`)
}
/** Targets that can do something that not all can. */
export async function targetsThatCan<C extends Capability>(capability: C): Promise<readonly Capable<C>[]> {
  const all = await Promise.all(targetNames().map(findTarget))
  return all.flatMap(target => (target && can(target, capability) ? [target] : []))
}
/**
 * Adds a target of one's own: environments may then name it, and every command asks it as it asks those of the package. One that was added
 * before under the same name is replaced.
 * @throws TriremeError `DEFINITION` for a name of the package's own, or one that is no name
 */
export function addTarget(target: Target): void {
  const { name } = target
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    throw new TriremeError('DEFINITION', `A target's name has to be lower-case letters, digits and "-", such as our-queue; got "${name}".`)
  if (Object.hasOwn(builtInTargets, name))
    throw new TriremeError('DEFINITION', `There is a target "${name}" already, of the package. Give yours another name.`)
  added.set(name, target)
}
