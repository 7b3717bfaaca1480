import { expect, test } from 'vitest'
import type { Event } from '../../core/events.ts'
import type { Results } from '../../core/graph/plan.ts'
import { type Execution, runLocally, Store } from '../../core/targets/local/index.ts'
import { cases } from './cases/index.ts'
import { differences } from './compare.ts'
import { golden } from './golden.ts'
import { locally as local } from './locally.ts'
import { type Target, total } from './target.ts'
import { tell } from './told.ts'

// The suite is only as good as what it finds. Each of these is the local target with one fault, and must be found out by the case beside it.

type Ended = Execution<Results>
/** The local target, whose events and end pass through somebody's hands. */
const broken = (events: (all: readonly Event[]) => readonly Event[], end: (ended: Ended) => Ended = ended => ended): Target => ({
  ...local,
  run: async (plan, at) => {
    const all: Event[] = []
    const ended = await runLocally(plan, { ...at, ...total, versions: new Map(), on: event => all.push(event) })
    for (const event of events(all)) at.on(event)
    return end(ended)
  },
})
const same = (all: readonly Event[]) => all
const is = (event: Event, what: Event['event'], step: string) => event.event === what && 'step' in event && event.step === step
/** Passes through JSON, as text, so that a word can be changed wherever it is. */
const reworded = <T>(value: T, from: string, to: string): T => JSON.parse(JSON.stringify(value).replaceAll(from, to)) as T
const without = (what: Event['event'], step: string) => (all: readonly Event[]) => all.filter(event => !is(event, what, step))
const moved = (what: Event['event'], step: string, before: number) => (all: readonly Event[]) => {
  const event = all.find(event => is(event, what, step))!
  const others = all.filter(other => other !== event)
  return [...others.slice(0, before), { ...event, at: others[before]!.at }, ...others.slice(before)]
}
const withResults = (change: (results: Record<string, unknown>) => Record<string, unknown>) => (ended: Ended) => ({
  ...ended,
  results: change(ended.results) as Ended['results'], // of the same shape, but for the fault
})
const faulty: readonly (readonly [fault: string, name: string, target: Target, found: RegExp])[] = [
  ['loses the end of a step', 'chain', broken(without('succeeded', 'say:hello')), /^say:hello: planned, started$/m],
  ['loses a start', 'chain', broken(without('started', 'say:hello')), /say:hello: planned, succeeded/],
  ['never plans a step', 'chain', broken(without('planned', 'say:hello')), /3 steps were told, 2 planned/],
  [
    'loses all of a step',
    'chain',
    broken(all => all.filter(event => !('step' in event && event.step === 'say:hello'))),
    /say:hello: no event/,
  ],
  ['renames a step', 'chain', broken(all => reworded(all, 'say:hello', 'say')), /say: not in the plan, or by another key/],
  ['tells another key', 'chain', broken(all => reworded(all, '"key":"', '"key":"0')), /not in the plan, or by another key/],
  [
    'tells an end twice',
    'chain',
    broken(all => all.flatMap(event => (is(event, 'succeeded', 'say:hello') ? [event, event] : [event]))),
    /planned, started, succeeded, succeeded/,
  ],
  [
    'starts a step before what it needs has ended',
    'diamond',
    broken(moved('started', 'tally:top', 6)),
    /^tally:top: started before left had ended$/m,
  ],
  ['gathers branches before they have ended', 'each-one', broken(moved('started', 'tally', 6)), /^tally: started before upper had ended$/m],
  ['forgets the end of the run', 'chain', broken(all => all.slice(0, -1)), /the last event is not the end of this run/],
  [
    'tells time backwards',
    'chain',
    broken(all => all.map((event, n) => (n === 4 ? { ...event, at: '2000-01-01T00:00:00.000Z' } : event))),
    /earlier than the one before/,
  ],
  [
    'says that all went well',
    'failing',
    broken(same, ended => ({ ...ended, state: 'succeeded' })),
    /state: "succeeded" instead of "failed"/,
  ],
  ['swallows a failure', 'failing', broken(same, ended => ({ ...ended, failures: [] })), /failures and failed events differ/],
  [
    'tells another status',
    'failing',
    broken(
      all => reworded(all, 'status 7', 'status 1'),
      ended => ({ ...ended, failures: reworded(ended.failures, 'status 7', 'status 1') }),
    ),
    /bad:hello ended with status 1/,
  ],
  [
    'loses the log of a failure',
    'failing',
    broken(
      all => reworded(all, 'no such luck', ''),
      ended => ({ ...ended, failures: reworded(ended.failures, 'no such luck', '') }),
    ),
    /no failure says: no such luck/,
  ],
  [
    'skips without the reason',
    'failing',
    broken(all => all.map(event => (event.event === 'skipped' ? { ...event, reason: 'a step failed' } : event))),
    /skipped: a step failed/,
  ],
  ['does not try again', 'transient', broken(without('retried', 'never:b')), /retried after 1: never:b/],
  [
    'grants more memory to a step that lacked none',
    'transient',
    broken(all => all.map(event => (event.event === 'started' && event.attempt === 2 ? { ...event, memory: 2 ** 27 } : event))),
    /started 2 \(0.5 cpu, 128 MiB\)/,
  ],
  [
    'runs again what is there',
    'cached',
    {
      ...local,
      run: async (plan, at) =>
        runLocally(plan, { ...at, ...total, store: await Store.open(`${at.store.root}-of-${at.run}`), versions: new Map() }),
    },
    /run 2 .*planned, started 1 \(0.5 cpu, 64 MiB\), succeeded/,
  ],
  [
    'mixes up the order of a list',
    'map',
    broken(
      same,
      withResults(results => ({ ...results, all: [...(results.all as unknown[])].reverse() })),
    ),
    /results › all › 0: "upper:item-11 shouted.txt" instead of/,
  ],
  [
    'loses a result',
    'each',
    broken(
      same,
      withResults(results => ({ ...results, big: undefined })),
    ),
    /results › big/,
  ],
  [
    'hands out one file for another',
    'nested',
    broken(
      same,
      withResults(results => ({ ...results, out: (results.by as Record<string, unknown>).again })),
    ),
    /out holds/,
  ],
  [
    'records another digest',
    'chain',
    broken(same, ended => ({
      ...ended,
      entries: new Map([...ended.entries].map(([label, entry]) => [label, reworded(entry, '"sha256":"', '"sha256":"0')])),
    })),
    /not what its record says/,
  ],
  [
    'joins nothing',
    'stream',
    { ...local, run: (plan, at) => runLocally(plan, { ...at, ...total, versions: new Map(), stream: false }) },
    /joined to total/,
  ],
  [
    'runs what asks for a GPU',
    'gpu',
    { ...local, run: (plan, at) => runLocally(plan, { ...at, ...total, gpu: 1, versions: new Map() }) },
    /state: "succeeded" instead of "refused: RESOURCES"/,
  ],
]
test.each(faulty)('a target that %s is found out by "%s"', async (_, name, target, found) => {
  const each = cases.find(other => other.name === name)!
  const faults = await tell(each, target, told => differences(each, told, golden(name), target))
  expect(faults.join('\n')).toMatch(found)
})
test('one that is sound is not', async () => {
  const each = cases.find(({ name }) => name === 'failing')!
  expect(await tell(each, broken(same), told => differences(each, told, golden(each.name), local))).toEqual([])
})
