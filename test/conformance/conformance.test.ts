import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { cases } from './cases/index.ts'
import { differences } from './compare.ts'
import { golden, write } from './golden.ts'
import { normal } from './normal.ts'
import { slots } from './slots.ts'
import { targets } from './targets.ts'
import { tell } from './told.ts'

// The same tiny pipelines on every target there is, and one golden for each. See docs/reference/conformance.md.

process.env.TRIREME_CONFORMANCE = 'seen' // no step may see it
const writes = process.env.TRIREME_GOLDEN === 'write'

test('every case has one name and one golden, and every golden a case', () => {
  const names = cases.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  const files = readdirSync(new URL('golden', import.meta.url)).map(file => file.replace(/\.json$/, ''))
  expect(files.sort()).toEqual([...names].sort())
})
test('the reference page tells of every case what it proves', () => {
  const page = readFileSync(new URL('../../docs/reference/conformance.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([-a-z]+)` \| (.*) \|(.*)\|$/gm)].map(([, name, proves, asks]) => [name, proves, asks?.trim()])
  expect(rows).toEqual(cases.map(({ name, proves, asks = '' }) => [name, proves, asks]))
})
for (const target of targets) {
  const missing = await target.unavailable()
  describe.skipIf(missing !== undefined).concurrent(`${target.name}${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    const slot = slots(target.width)
    for (const each of cases) {
      const lack = each.asks && target.lacks[each.asks]
      const name = `${each.name}${lack === undefined ? '' : ` (skipped: ${lack})`}`
      test.skipIf(lack !== undefined)(name, { timeout: target.patience * 1000 * cases.length }, () =>
        slot(() =>
          tell(each, target, async told => {
            if (writes && target.name === 'local') write(each.name, told.map(normal))
            expect(await differences(each, told, golden(each.name), target)).toEqual([])
          }),
        ),
      )
    }
  })
}
afterAll(() => {
  // The hostile strings would have left these.
  expect(
    ['/tmp', process.cwd(), '/']
      .flatMap(folder => (existsSync(folder) ? readdirSync(folder) : []))
      .filter(name => name.startsWith('trireme-canary')),
  ).toEqual([])
})
