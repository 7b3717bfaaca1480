import type { Derived, Observed } from '../record.ts'
import { median } from '../statistics.ts'
import { counted, whose } from './cells.ts'

/** Each figure of quality by arm and environment. */
export function qualityOf(seen: Observed): Derived['quality'] {
  const runs = counted(seen)
  const { arms, quality } = seen.definition
  const environments = [...new Set(runs.map(({ environment }) => environment))]
  return Object.entries(quality).flatMap(([name, { arms: own, floor, ceiling }]) =>
    environments.flatMap(environment =>
      Object.keys(arms)
        .filter(arm => own.includes(arm))
        .flatMap(arm => {
          const values = runs.flatMap(run => (run.arm === arm && run.environment === environment ? (run.quality[name] ?? []) : []))
          if (values.length === 0) return []
          const told = { least: Math.min(...values), median: median(values), most: Math.max(...values) }
          return {
            quality: name,
            arm,
            environment,
            runs: values.length,
            ...told,
            ...(floor !== undefined && { floor }),
            ...(ceiling !== undefined && { ceiling }),
          }
        }),
    ),
  )
}
/** Which arms did the work too badly, or too well to be true, or did not say how well. */
export function refusedQuality(seen: Observed, rows: Derived['quality']): readonly string[] {
  const beyond = rows.flatMap(({ quality, arm, environment, least, most, floor, ceiling }) => [
    ...(floor !== undefined && least < floor
      ? [`Quality below its floor: ${quality} of ${whose({ arm, environment })} is ${least}, and has to be ${floor} at least.`]
      : []),
    ...(ceiling !== undefined && most > ceiling
      ? [
          `Quality too good to be true: ${quality} of ${whose({ arm, environment })} is ${most}, above ${ceiling}. Look for a leak: what it is judged by may have been trained on.`,
        ]
      : []),
  ])
  const silent = counted(seen).flatMap(run =>
    Object.entries(seen.definition.quality)
      .filter(([name, { arms }]) => arms.includes(run.arm) && run.quality[name] === undefined)
      .map(([name]) => `Quality not known: round ${run.round} of ${whose(run)} has no ${name}.`),
  )
  return [...beyond, ...silent]
}
