import { type AnyComparison, isCommand, type Shared } from '../../benchmarks/harness/comparison.ts'
import type { Record2 } from '../../benchmarks/harness/record.ts'
import { placedValue, recordedValue, recordedWords } from './words.ts'

type Definition = Record2['definition']
/** What was asked for beside the comparison itself. */
export interface Chosen {
  readonly environments: readonly string[]
  /** Where commands run. */
  readonly home: string
  /** In place of the stopping rule. */
  readonly rounds: number | undefined
}
/** Arms by name; of a quick run, without those that it leaves out. */
export function armsOf({ arms, quick }: AnyComparison, isQuick: boolean): AnyComparison['arms'] {
  const without = isQuick ? (quick?.without ?? []) : []
  return Object.fromEntries(Object.entries(arms).filter(([name]) => !without.includes(name)))
}
/** Arguments of the arms that are of the pipeline, files by their whole paths. */
export const armArguments = (spec: AnyComparison, shared: Shared): Readonly<Record<string, Readonly<Record<string, unknown>>>> =>
  Object.fromEntries(
    Object.entries(armsOf(spec, shared.quick)).flatMap(([name, arm]) => {
      if (isCommand(arm)) return []
      const given = typeof arm === 'function' ? arm(shared) : arm
      return [[name, Object.fromEntries(Object.entries(given).map(([key, value]) => [key, placedValue(value)]))] as const]
    }),
  )
/** Words of the commands among the arms, in a folder that is not there. */
export const commandsOf = (spec: AnyComparison, at: Shared): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    Object.entries(armsOf(spec, at.quick)).flatMap(([name, arm]) =>
      isCommand(arm) ? [[name, arm.command({ ...at, folder: '{folder}' }).argv] as const] : [],
    ),
  )
/** A comparison as a record holds it, with all that it leaves to defaults. */
export async function definitionOf(spec: AnyComparison, shared: Shared, { environments, home, rounds }: Chosen): Promise<Definition> {
  const { quick } = shared
  const own = armsOf(spec, quick)
  const [commands, given] = [commandsOf(spec, shared), armArguments(spec, shared)]
  const names = Object.keys(own)
  const profile = (quick ? spec.quick?.profile : undefined) ?? spec.profile
  const arms = await Promise.all(
    names.map(async name => {
      const argv = commands[name]
      if (argv) return [name, { command: [...recordedWords(argv, { ...shared, folder: '{folder}' })] }] as const
      return [name, { arguments: (await recordedValue(given[name])) as Record<string, unknown> }] as const // an object stays one
    }),
  )
  const baseline = typeof spec.baseline === 'object' ? spec.baseline.arm : (spec.baseline ?? names[0]!)
  const first =
    typeof spec.baseline === 'object' && environments.includes(spec.baseline.environment) ? spec.baseline.environment : environments[0]!
  const settings = Object.entries(spec.settings ?? {}).filter(([name]) => names.includes(name))
  const { least = 6, most = Math.max(30, least), width = 0.05 } = spec.runs ?? {}
  const cores = Object.entries(spec.scaling?.cores ?? {}).filter(([name]) => names.includes(name))
  return {
    name: spec.name,
    about: spec.about,
    ...(spec.pipeline && { pipeline: spec.pipeline.spec.name }),
    ...(profile !== undefined && { profile }),
    arms: Object.fromEntries(arms),
    settings: Object.fromEntries(settings.map(([name, each]) => [name, { ...each }])),
    baseline: { arm: baseline, environment: baseline in commands ? home : first },
    environments: [...environments],
    measures: Object.fromEntries(Object.entries(spec.measures ?? {}).map(([name, steps]) => [name, [...steps]])),
    quality: Object.fromEntries(
      Object.entries(spec.quality ?? {}).map(([name, { about, unit, floor, ceiling, arms: read = names }]) => {
        const bounds = { ...(floor !== undefined && { floor }), ...(ceiling !== undefined && { ceiling }) }
        return [name, { about, ...(unit !== undefined && { unit }), ...bounds, arms: read.filter(arm => names.includes(arm)) }]
      }),
    ),
    ...(spec.outputs && {
      outputs: {
        tolerance: spec.outputs.tolerance ?? 0,
        equal: (spec.outputs.equal ?? [names]).map(group => group.filter(arm => names.includes(arm))),
      },
    }),
    given: [...(spec.given ?? [])],
    warmups: spec.warmups ?? 1,
    runs: rounds === undefined ? { least, most, width } : { least: rounds, most: rounds, width },
    caches: [...(spec.caches ?? ['warm'])],
    ...(spec.scaling && { scaling: { law: spec.scaling.law, cores: Object.fromEntries(cores.map(([name, n]) => [name, n!])) } }),
    claims: (spec.claims ?? []).flatMap((claim): Definition['claims'] => {
      const own = 'ratio' in claim ? claim.ratio : [claim.arm]
      if (!own.every(arm => names.includes(arm))) return [] // left out of a quick run
      const { least, most, environment } = claim
      const rest = {
        ...(environment !== undefined && { environment }),
        ...(least !== undefined && { least }),
        ...(most !== undefined && { most }),
      }
      if ('ratio' in claim) return [{ ratio: [...claim.ratio], of: claim.of, measure: claim.measure ?? 'whole', ...rest }]
      if ('quality' in claim) return [{ quality: claim.quality, arm: claim.arm, take: claim.take, ...rest }]
      return [{ of: claim.of, arm: claim.arm, measure: claim.measure ?? 'whole', ...rest }]
    }),
  }
}
