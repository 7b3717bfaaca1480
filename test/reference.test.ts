import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as tools from 'trireme-bio/tools'
import { expect, it } from 'vitest'
import { record } from '../benchmarks/harness/record.ts'

interface Reference {
  readonly stepFiles: () => readonly string[]
  readonly pages: (modules: readonly (readonly [string, object])[], tools: object) => Readonly<Record<string, string>>
  readonly recordSchema: (schema: object) => string
}
const at = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

it('the reference pages say what the steps and tools say', async () => {
  const { stepFiles, pages }: Reference = await import(at('scripts/reference.mjs'))
  const modules = await Promise.all(stepFiles().map(async file => [file, (await import(at(`steps/${file}.ts`))) as object] as const))
  expect(modules.length).toBeGreaterThan(20)
  for (const [name, text] of Object.entries(pages(modules, tools)))
    expect(readFileSync(at(`docs/reference/${name}`), 'utf8'), `${name} is out of date: npm run build && node scripts/reference.mjs`).toBe(
      text,
    )
})

it('the published schema of records is that of the code, and the page about them names every field', async () => {
  const { recordSchema }: Reference = await import(at('scripts/reference.mjs'))
  const text = recordSchema(record)
  expect(readFileSync(at('docs/reference/record.schema.json'), 'utf8'), 'npm run build && node scripts/reference.mjs').toBe(text)
  const page = readFileSync(at('docs/reference/benchmark-records.md'), 'utf8')
  const fields = new Set<string>()
  JSON.parse(text, (key, value) => {
    if (key === 'properties') for (const name of Object.keys(value)) fields.add(name)
    return value
  })
  expect(fields.size).toBeGreaterThan(80)
  expect([...fields].filter(name => !page.includes(`\`${name}\``))).toEqual([])
})
