import { expect, test } from 'vitest'
import { environments } from '../../cli/project/environments.ts'
import type { Environment } from '../../core/environment/settings.ts'
import type { ArgoEnvironment } from '../../core/targets/argo/settings.ts'
import { cost, price, prices } from './prices.ts'

const isArgo = (it: Environment): it is ArgoEnvironment => it.target === 'argo'
const poolsOf = (environment: Environment) => (isArgo(environment) ? environment.gpuPools : [])
test('every row has a figure, a page and a day', () => {
  const all = [...prices()]
  expect(all.length).toBeGreaterThan(2)
  for (const [name, { source, date }] of all) {
    expect(source, name).toMatch(/^https:\/\/[^/]+\/./)
    expect(Date.parse(date), name).toBeLessThanOrEqual(Date.now())
  }
})
test.each([
  [{ hour: 0 }, 'hour'],
  [{ hour: '1.006' }, 'hour'],
  [{ date: 'June 2026' }, 'date'],
  [{ source: 'a colleague' }, 'source'],
  [{ currency: 'dollars' }, 'currency'],
  [{ billed: { by: '1', least: '60s' } }, 'billed'],
  [{ spot: 0.3 }, ''],
])('a row with %j is none', (wrong, at) => {
  const right = { about: 'a', currency: 'USD', hour: 1, source: 'https://example.org/prices', date: '2026-06-17' }
  expect(price.safeParse(right).success).toBe(true)
  expect(price.safeParse({ ...right, ...wrong }).error?.issues[0]?.path[0] ?? '').toBe(at)
})
test('every environment of the package names a row that is there, or none', async () => {
  const known = prices()
  const named = (await environments()).flatMap(({ environment }) => [environment.price, ...poolsOf(environment).map(pool => pool.price)])
  const wanted = named.filter(name => name !== undefined)
  expect(wanted.length).toBeGreaterThan(0)
  for (const name of wanted) expect([...known.keys()]).toContain(name)
})
test('a GPU pool has the model and the memory of its price', async () => {
  const known = prices()
  for (const { environment } of await environments())
    for (const pool of poolsOf(environment)) if (pool.price !== undefined) expect(known.get(pool.price)?.gpu?.model).toBe(pool.model)
})
test('cost counts as the bill does', () => {
  const row = price.parse({
    about: 'a',
    currency: 'USD',
    hour: 3.6,
    billed: { by: '1s', least: '60s' },
    source: 'https://example.org/prices',
    date: '2026-06-17',
  })
  expect(cost(row, 10)).toBeCloseTo(0.06)
  expect(cost(row, 99.2)).toBeCloseTo(0.1)
  const { billed: _, ...bare } = row
  expect(cost(bare, 10)).toBeCloseTo(0.01)
})
