import { readFileSync } from 'node:fs'
import { TriremeError } from '../../core/errors.ts'
import type { Case } from './case.ts'
import { folded } from './golden.ts'
import { breaches, placedIn } from './laws.ts'
import { type Normal, normal } from './normal.ts'
import type { Target } from './target.ts'
import type { Told } from './told.ts'

/** Every difference between what a target told and what it should have, in words; none where it conforms. */
export async function differences(
  each: Case,
  told: readonly Told[],
  golden: readonly Normal[],
  target: Pick<Target, 'lacks'>,
): Promise<readonly string[]> {
  const links = target.lacks.streams === undefined
  const faults: string[] = []
  if (told.length !== golden.length) faults.push(`${told.length} runs instead of ${golden.length}`)
  for (const [n, one] of told.slice(0, golden.length).entries()) {
    const [is, should] = [normal(one), golden[n]!]
    const [a, b] = links ? [is, should] : [unlinked(is, should), apart(should)]
    faults.push(...unequal(folded(a), b, `run ${n + 1}`), ...(await breaches(one)))
  }
  return [...faults, ...wanted(each, told.at(-1))]
}
/**
 * A target that writes every file joins no steps, and has entries for what others send through a link only: of those, the ones that the
 * golden lacks are passed over.
 */
function unlinked(form: Normal, golden: Normal): Normal {
  const linked = new Set(Object.entries(golden.steps).flatMap(([words, labels]) => (words.includes(joint) ? labels : [])))
  const entries = Object.entries(form.entries).filter(([label]) => !linked.has(label) || label in golden.entries)
  return { ...form, entries: Object.fromEntries(entries) }
}
const joint = ' joined to '
/** What happened to each step, without a word of the links between them. */
function apart(form: Normal): Normal {
  const steps: Record<string, readonly string[]> = {}
  for (const [words, labels] of Object.entries(form.steps)) {
    const alone = words.replaceAll(/ joined to [^)]+/g, '')
    steps[alone] = alone in steps ? [...steps[alone]!, ...labels].sort() : labels
  }
  return { ...form, steps }
}
export function unequal(is: unknown, should: unknown, where: string): readonly string[] {
  if (
    typeof is === 'object' &&
    is !== null &&
    typeof should === 'object' &&
    should !== null &&
    Array.isArray(is) === Array.isArray(should)
  ) {
    const [a, b] = [is, should] as Readonly<Record<string, unknown>>[] // both have string keys
    const names = [...new Set([...Object.keys(b!), ...Object.keys(a!)])]
    return names.flatMap(name => unequal(a![name], b![name], `${where} › ${name}`))
  }
  return JSON.stringify(is) === JSON.stringify(should) ? [] : [`${where}: ${JSON.stringify(is)} instead of ${JSON.stringify(should)}`]
}
/** What the case itself says of results and messages, so that a wrong golden is found, too. */
function wanted({ holds = {}, says = [] }: Case, last: Told | undefined): readonly string[] {
  if (!last || last.ended instanceof TriremeError) return Object.keys(holds).length > 0 ? ['no results'] : []
  const { results, failures } = last.ended
  const texts = Object.entries(holds).flatMap(([name, text]) => {
    const [placed] = placedIn(results[name])
    const found = placed && readFileSync(placed.path, 'utf8')
    return found === text ? [] : [`${name} holds ${JSON.stringify(found)?.slice(0, 500)} instead of ${JSON.stringify(text).slice(0, 500)}`]
  })
  return [...texts, ...says.filter(words => !failures.some(message => message.includes(words))).map(words => `no failure says: ${words}`)]
}
