import type { Amounts, Ladders } from '../../../pods/resource-requests.ts'
import type { Climbed } from '../../../vocabulary/quantity.ts'
import { lossesBorne, missing, overdrawn, taken } from './lost-pods.ts'
import type { PodTemplate } from './manifest-schema.ts'

// What an attempt leaves behind decides where the next one stands. Argo's expressions see one text of the attempt before, its message, and kubelet
// puts into that the last words of the container (core/inside/pod/1-frame.sh), even where it killed it: `main: OOMKilled (exit code 137): now
// memory=0 time=0 tried=0 `. Where a pod was lost with its words, the next one stands where the first did, which is certain.

/** The rungs of a pod. */
export interface Rungs {
  /** By rung of memory. */
  readonly amounts: readonly [Amounts, ...Amounts[]]
  readonly ladders: Ladders
  /** Where its first attempt stands. */
  readonly start: Climbed
}
/** The rung of memory of its first attempt. */
export const startOf = ({ amounts, start }: Pick<Rungs, 'amounts' | 'start'>): number => Math.min(start.memory, amounts.length - 1)
const says = (pattern: string) => `lastRetry.message matches '${pattern}'`

/**
 * How often a pod is tried again, and what the next attempt is given: quantities with an expression are refused in `resources`, so they are patched in.
 * Killed for memory, it climbs as long as there are rungs; the pod itself asks for more time (76), or another try after a transient exit (75).
 */
export function retries({ amounts, ladders, start }: Rungs): Pick<PodTemplate, 'podSpecPatch' | 'retryStrategy'> {
  const top = amounts.length - 1
  const first = startOf({ amounts, start })
  const climbs = Array.from({ length: top - first }, (_, n) => first + n)
  const error = `(lastRetry.status == 'Error' && !(${says(missing)}))`
  const lost = `(${error} || lastRetry.exitCode in ['75', '143'] || ${says(taken)}) && !(${says(overdrawn)})`
  const expression = [
    says(`next memory=(${[...climbs, top].join('|')}) `),
    ...(climbs.length > 0 ? [says(`OOMKilled.*now memory=(${climbs.join('|')}) `)] : []),
    `(asInt(retries) < ${lossesBorne} && ${lost})`,
  ]
  const reached = (n: number) => says(`OOMKilled.*now memory=${n - 1} |n(ow|ext) memory=${n} `)
  const byRung = (value: (rung: number) => string) => {
    const all = climbs.reduce((lower, n) => `${reached(n + 1)} ? '${value(n + 1)}' : ${lower}`, `'${value(first)}'`)
    return climbs.length > 0 ? `{{=${all}}}` : value(first)
  }
  const memory = byRung(n => amounts[n]!.memory)
  const climbed = `{{=${says('time=')} ? sprig.regexFind('time=[0-9]+ tried=[0-9]+', lastRetry.message) : 'time=${start.time} tried=0'}}`
  const main = {
    ...(climbs.length > 0 && { resources: { requests: { memory }, limits: { memory } } }),
    env: [
      ...(top > 0 ? [{ name: 'TRIREME_MEMORY_RUNG', value: byRung(String) }] : []),
      ...(ladders.time > 0 || ladders.tries > 0 ? [{ name: 'TRIREME_CLIMBED', value: climbed }] : []),
    ],
  }
  return {
    ...(main.env.length > 0 && { podSpecPatch: JSON.stringify({ containers: [{ name: 'main', ...main }] }) }),
    retryStrategy: {
      limit: String(climbs.length + ladders.time + ladders.tries + lossesBorne),
      retryPolicy: 'Always',
      expression: expression.join(' || '),
    },
  }
}
