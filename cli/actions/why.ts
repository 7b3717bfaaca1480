import { TriremeError } from '../../core/errors.ts'
import { keys as keysOf, versionFrom } from '../../core/graph/key.ts'
import { labels } from '../../core/graph/labels.ts'
import { outlooks } from '../../core/targets/text.ts'
import type { Asked } from '../arguments/options.ts'
import { momentText, noteLine, say } from '../display/print.ts'
import { didYouMean } from '../display/suggest.ts'
import { reasons } from '../history/reasons.ts'
import { branchesOf, cachedSteps, expanded, remembered } from '../history/recipes.ts'
import { runsOf } from '../history/record.ts'
import { prepareRun } from '../run/prepare.ts'
import { knownVersions } from '../run/versions.ts'

export async function why(asked: Asked): Promise<void> {
  const { plan, store, environment } = await prepareRun(asked, noteLine, { looking: true })
  const { versions } = await knownVersions(plan, store, environment)
  const keys = keysOf(versionFrom(versions))
  const nodes = expanded(plan, keys, store)
  const names = labels(nodes, keys)
  const wanted = asked.operands[1] ?? ''
  const exact = [...names].filter(([, label]) => label === wanted)
  const found = exact.length > 0 ? exact : [...names].filter(([node]) => node.kind === 'step' && node.step.name === wanted)
  const keysFound = new Set(found.map(([node]) => keys.of(node)))
  if (keysFound.size !== 1) {
    const which = [...new Set(found.length > 0 ? found.map(([, label]) => label) : names.values())]
    const listed = `${which.slice(0, 30).join(', ')}${which.length > 30 ? ', …' : ''}.`
    if (found.length > 0) throw new TriremeError('USAGE', `There are ${which.length} steps "${wanted}". Name one of: ${listed}`)
    const own = [...names.keys()].flatMap(node => (node.kind === 'step' ? [node.step.name] : []))
    const hint = await didYouMean(wanted, [...which, ...own])
    throw new TriremeError('USAGE', `The plan has no step "${wanted}".${hint || ` It has: ${listed}`}`)
  }
  const [node, label] = found[0]!
  const entry = await store.find(keys.of(node))
  if (entry) {
    const { format, started, run } = entry.record
    const older = format === 1 ? ' Its record is unproved: an older version wrote it.' : ''
    return say(`${label} is cached: made ${momentText(started)} by run ${run}. It would not run.${older}`)
  }
  const state = outlooks(plan, keys, await cachedSteps(nodes, keys, store), each => branchesOf(each, keys, store)).get(keys.of(node))
  if (state === 'not needed') return say(`${label} is not needed: what follows it is cached. It would not run.`)
  const known = await remembered(
    store,
    (await runsOf(store)).map(({ id }) => id),
  )
  say(
    [
      `${label} would run:`,
      ...reasons(node, {
        keys,
        names,
        known,
        there: key => store.look(key) !== undefined,
        branches: each => branchesOf(each, keys, store),
      }).map(line => `  ${line}`),
    ].join('\n'),
  )
}
