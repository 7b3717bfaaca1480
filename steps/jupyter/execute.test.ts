import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { notebook, packedImages, tsv } from 'trireme-bio/kinds'
import { packedFiles } from 'trireme-bio/steps/tiny-images'
import { given, made, ran } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { execute } from './execute.ts'

const at = mkdtempSync(path.join(os.tmpdir(), 'trireme-jupyter-'))
const images = given('images', packedImages, { ...packedFiles(at, 'images') })
const ours = given('train', notebook, fileURLToPath(new URL('./train.ipynb', import.meta.url)))
/** A notebook of code cells; the first is tagged. */
function written(name: string, ...cells: readonly string[]) {
  const all = cells.map((source, n) => ({
    ...{ cell_type: 'code', id: `c${n}`, source, outputs: [], execution_count: null },
    metadata: n === 0 ? { tags: ['parameters'] } : {},
  }))
  const file = path.join(at, `${name}.ipynb`)
  writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: all }))
  return given(name, notebook, file)
}

it('trains and validates the small network on packed images', async () => {
  const parameters = { epochs: 2, batch: 8, patches: 4, lr: 0.01 }
  const { events, results, failures } = await ran(execute({ notebook: ours, images: { images }, tables: {}, parameters, report: true }))
  expect(failures).toEqual([])
  const report = JSON.parse(readFileSync(results.made!.path, 'utf8'))
  expect(report).toMatchObject({ images: 14, patients: 7, seed: 0, threads: 1 })
  expect(report.losses).toHaveLength(2)
  expect(report.patient_auc).toBeGreaterThan(0.9)
  const executed = readFileSync(results.executed!.path, 'utf8')
  expect(executed).toContain('injected-parameters')
  expect(executed).toContain('16 images of 8 patients to train with, 14 of 7 to test with')
  expect(executed).not.toMatch(/iopub|"execution": \{|\/tmp\//) // neither times nor places
  expect(readFileSync(results.page!.path, 'utf8')).toContain('epoch 2: loss')
  expect(events.flatMap(each => (each.event === 'progress' ? [each.text] : [])).at(-1)).toMatch(/^cell (\d+) of \1$/)
})
it('gives parameters and tables, and writes the same bytes each time', async () => {
  const table = path.join(at, 'lanes.tsv')
  writeFileSync(table, 'a\tb\n')
  const hello = written('hello', "word = 'no'\nlanes = ''", 'print(word, open(lanes).read())')
  const results = () =>
    execute({ notebook: hello, images: {}, tables: { lanes: given('lanes', tsv, table) }, parameters: { word: "it's\n$(so)" } })
  const [one, two] = [await made(results()), await made(results())]
  expect(JSON.parse(readFileSync(one.executed.path, 'utf8')).cells[2].outputs[0].text.join('')).toBe("it's\n$(so) a\tb\n\n")
  for (const port of ['executed', 'page'] as const) expect(readFileSync(one[port].path).equals(readFileSync(two[port].path))).toBe(true)
})
it('says which cell failed, and which parameter there is', async () => {
  const call = (notebook: ReturnType<typeof written>, parameters = {}) => made(execute({ notebook, images: {}, tables: {}, parameters }))
  const broken = written('broken', 'rate = 1', 'print(1 / (rate - 1))')
  await expect(call(broken)).rejects.toThrow('A cell of the notebook failed: ZeroDivisionError: division by zero')
  await expect(call(broken, { rat: 2 })).rejects.toThrow('The notebook has no parameter "rat". Did you mean "rate"? It has: rate.')
})
