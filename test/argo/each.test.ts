import { cpSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { each } from '../../core/index.ts'
import { Store } from '../../core/store/store.ts'
import { runOnArgo } from '../../core/targets/argo/follow/run.ts'
import { scratch } from '../../core/testing.ts'
import { mib } from '../../core/vocabulary/quantity.ts'
import { by, lines, say, tally, upper } from '../conformance/case.ts'
import { cases } from '../conformance/cases/index.ts'
import { differences } from '../conformance/compare.ts'
import { golden } from '../conformance/golden.ts'
import type { Target } from '../conformance/target.ts'
import { tell } from '../conformance/told.ts'
import { runsPods } from './pods-here.ts'
import { contentOf, fault, ran, type Setting, setting } from './setting.ts'

// Lists within lists: what is known is sent, the rest in turn. The pods run here, as processes.

const inMemory: Target = {
  name: 'argo in memory',
  unavailable: async () => undefined,
  lacks: {},
  width: 1,
  patience: 60,
  confine: '',
  run: async (plan, { run, store, on }) => {
    const { cluster, bucket, environment } = await setting()
    runsPods(cluster, bucket)
    const limits = { cpu: 4, memory: mib(2048), gpu: 0 }
    return runOnArgo(plan, { store, on, run, versions: new Map(), environment: { ...environment, limits }, image: () => 'any' })
  },
}
test('lists within lists, of which one branch fails, are told as on this machine', async () => {
  const each = cases.find(({ name }) => name === 'each-each-failing')!
  expect(await tell(each, inMemory, told => differences(each, told, golden(each.name), inMemory))).toEqual([])
})
/** Two lines, and for each a list of its words, each in upper case. @param words of the second line */
const shouted = (words: string) => {
  const { files } = lines({ text: say({ what: `one\n${words}` }).said })
  const split = by('split', 'tr " " "\\n" <"$1" >"$2"')
  const { told } = each(files, from => {
    const { big } = each(lines({ text: split({ from }).to }).files, text => ({ big: upper({ text }).shouted }))
    return { told: tally({ texts: big }).told }
  })
  return { out: tally({ texts: told }).told }
}
const sent = ({ cluster }: Setting) => [...cluster.workflows.keys()]
const [first, second] = ['small-20260101-120000-0001', 'small-20260101-120000-0001-2']
test('a list of lists is two Workflows; once the outer list is there, one', async () => {
  const at = await setting()
  const pods = runsPods(at.cluster, at.bucket)
  const { results } = await ran(at, shouted('two three'))
  expect(contentOf(results.out)).toBe('2 files\n1 files\nONE\n2 files\nTWO\nTHREE\n')
  expect([...pods.keys()]).toEqual([first, second])
  const more = { out: upper({ text: shouted('two three').out }).shouted }
  const made = [...at.bucket.objects.keys()].filter(key => /\/(told|shouted)\.txt$/.test(key)).map(key => path.dirname(key))
  for (const key of [...at.bucket.objects.keys()]) if (made.includes(path.dirname(key))) at.bucket.objects.delete(key)
  const again = await ran({ ...at, store: await Store.open(scratch()) }, more, { run: '20260101-120000-0002' })
  expect(contentOf(again.results.out)).toBe('2 FILES\n1 FILES\nONE\n2 FILES\nTWO\nTHREE\n')
  expect(sent(at)).toEqual([first, second, 'small-20260101-120000-0002'])
})
test('a client that comes when the inner lists are out follows both Workflows, and sends nothing again', async () => {
  const at = await setting()
  runsPods(at.cluster, at.bucket)
  const one = ran(at, shouted('two three'))
  while (!at.cluster.workflows.has(second)) await new Promise(done => setTimeout(done, 20))
  const store = await Store.open(scratch())
  cpSync(`${at.store.root}/runs`, `${store.root}/runs`, { recursive: true })
  const two = ran({ ...at, store }, shouted('two three'), { attach: true })
  for (const { state, results } of await Promise.all([one, two]))
    expect([state, contentOf(results.out)]).toEqual(['succeeded', '2 files\n1 files\nONE\n2 files\nTWO\nTHREE\n'])
  expect(sent(at)).toEqual([first, second])
})
test('where nothing more comes of what is left, the run says so', async () => {
  const at = await setting()
  at.cluster.onWorkflow = name => at.cluster.setWorkflow(name, { phase: 'Succeeded', nodes: {} })
  expect(await fault(() => ran(at, shouted('two')))).toBe(
    'ENVIRONMENT: The cluster ended the workflow small-20260101-120000-0001-2 and told nothing of say:one and 2 more, which neither ran nor failed. Give the same command again; "trireme doctor" looks at the cluster.',
  )
})
