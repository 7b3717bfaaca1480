import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { notebook, packedImages, tsv } from 'trireme-bio/kinds'
import { packedFiles } from 'trireme-bio/steps/tiny-images'
import { given, made, ran } from 'trireme-bio/testing'
import { jupyter } from 'trireme-bio/tools'
import { expect, it } from 'vitest'
import { findTools } from '../../core/host/tools.ts'
import { execute } from './execute.ts'

const at = mkdtempSync(path.join(os.tmpdir(), 'trireme-jupyter-'))
const images = given('images', packedImages, { ...packedFiles(at, 'images') })
const ours = given('train', notebook, fileURLToPath(new URL('./train.ipynb', import.meta.url)))
/** A notebook of code cells; the first is tagged. */
const written = (name: string, ...cells: readonly string[]) => writtenAs(name, cells)
function writtenAs(name: string, cells: readonly string[], { tags = ['parameters'], metadata = {}, before = '' } = {}) {
  const all = cells.map((source, n) => ({
    ...{ cell_type: 'code', id: `c${n}`, source, outputs: [], execution_count: null },
    metadata: n === 0 ? { tags } : {},
  }))
  const file = path.join(at, `${name}.ipynb`)
  writeFileSync(file, before + JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: all }))
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
const call = (notebook: ReturnType<typeof written>, parameters = {}) => execute({ notebook, images: {}, tables: {}, parameters })
const printed = async (notebook: ReturnType<typeof written>, parameters = {}) => {
  const { executed } = await made(call(notebook, parameters))
  const { cells }: { cells: readonly { readonly outputs?: readonly { readonly text?: readonly string[] }[] }[] } = JSON.parse(
    readFileSync(executed.path, 'utf8'),
  )
  return cells.flatMap(({ outputs = [] }) => outputs.flatMap(({ text = [] }) => text)).join('')
}
it('runs notebooks as they are: without parameters, with magics, names set together, a byte-order mark', async () => {
  expect(await printed(writtenAs('bare', ['print(1 + 1)'], { tags: [] }))).toBe('2\n')
  const all = '%config InlineBackend.close_figures = True\na, b = 1, 2\nif a:\n    c: int = 3\nimport os'
  const mixed = writtenAs('mixed', [all, 'print(a, b, c)'], { before: '\ufeff' })
  expect(await printed(mixed, { b: 7, c: 9 })).toBe('1 7 9\n')
  await expect(made(call(mixed, { os: 1 }))).rejects.toThrow('The notebook has no parameter "os". It has: a, b, c.')
})
it('refuses in words what it cannot run', async () => {
  await expect(made(call(writtenAs('bare', ['print(1)'], { tags: [] }), { a: 1 }))).rejects.toThrow(
    'The notebook has no cell with the tag "parameters", and a is given. Give the cell that sets the defaults that tag, or no parameters.',
  )
  const metadata = { kernelspec: { name: 'ir', display_name: 'R', language: 'R' } }
  await expect(made(call(writtenAs('r', ['x <- 1'], { metadata })))).rejects.toThrow(
    'The notebook is written in R (kernel "ir"); cells are run by Python here. Give a Python notebook, or run this one by a step of your own.',
  )
})
it('runs cells in the Python whose versions are recorded, whatever kernels are installed', async () => {
  const which = written('which', 'a = 1', 'import sys; print(sys.prefix)')
  const [folder, before] = [path.join(at, 'venv'), process.env.PATH]
  const python = (await findTools([jupyter])).get('jupyter')
  const own = python?.state === 'ready' ? python.path : 'python3'
  const home = execFileSync(own, ['-c', 'import sys; print(sys._base_executable)']).toString().trim()
  mkdirSync(path.join(folder, 'bin'), { recursive: true })
  symlinkSync(home, path.join(folder, 'bin', 'python3'))
  writeFileSync(path.join(folder, 'pyvenv.cfg'), `home = ${path.dirname(home)}\ninclude-system-site-packages = true\n`)
  try {
    process.env.PATH = `${folder}/bin:${before}`
    expect(await printed(which)).toBe(`${folder}\n`)
  } finally {
    process.env.PATH = before
  }
})
it('says which cell failed, and which parameter there is', async () => {
  const broken = written('broken', 'rate = 1', 'print(1 / (rate - 1))')
  await expect(made(call(broken))).rejects.toThrow('A cell of the notebook failed: ZeroDivisionError: division by zero')
  await expect(made(call(broken, { rat: 2 }))).rejects.toThrow('The notebook has no parameter "rat". Did you mean "rate"? It has: rate.')
})
