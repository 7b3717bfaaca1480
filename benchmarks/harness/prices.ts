import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { bytesFrom, secondsFrom } from '../../core/vocabulary/quantity.ts'

const folder = fileURLToPath(new URL('../prices', import.meta.url))
const span = z.string().refine(text => secondsFrom(text) !== undefined, 'expected a time with its unit, such as 60s')

/** What a machine costs, with the page and the day that the figure is from, so that it can be checked. */
export const price = z.strictObject({
  about: z.string().min(1),
  currency: z.enum(['USD', 'EUR', 'GBP']),
  /** For an hour of the whole machine. */
  hour: z.number().positive(),
  gpu: z
    .strictObject({
      model: z.string().min(1),
      count: z.int().min(1),
      memory: z.string().refine(text => bytesFrom(text) !== undefined, 'expected a size with its unit, such as 24GB'),
    })
    .optional(),
  /** The unit that a bill counts in, and its minimum. @default unknown: cost is then counted by the second */
  billed: z.strictObject({ by: span, least: span }).optional(),
  source: z.url({ protocol: /^https$/ }),
  date: z.iso.date(),
})
export type Price = z.output<typeof price>

/** All rows by name. @throws when one does not fit, or two files have a row of the same name */
export function prices(): ReadonlyMap<string, Price> {
  const all = new Map<string, Price>()
  for (const file of readdirSync(folder).filter(name => name.endsWith('.yaml'))) {
    const rows = z.record(z.string(), price).parse(parse(readFileSync(path.join(folder, file), 'utf8')))
    for (const [name, row] of Object.entries(rows)) {
      if (all.has(name)) throw new Error(`${file}: there is another price "${name}". Rename one.`)
      all.set(name, row)
    }
  }
  return all
}
/** Cost of some seconds on a machine, counted as its bill does. */
export function cost({ hour, billed }: Pick<Price, 'hour' | 'billed'>, seconds: number): number {
  if (billed === undefined) return (hour * seconds) / 3600
  const [by, least] = [secondsFrom(billed.by) ?? 1, secondsFrom(billed.least) ?? 0]
  return (hour * Math.max(least, Math.ceil(seconds / by) * by)) / 3600
}
