import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { notebook, packedImages, splitTable, tsv } from 'trireme-bio/kinds'
import { packedFiles } from 'trireme-bio/steps/tiny-images'
import { given, made, ran } from 'trireme-bio/testing'
import { jupyter } from 'trireme-bio/tools'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { findTools } from '../../core/host/tools.ts'
import { execute } from './execute.ts'

const at = mkdtempSync(path.join(os.tmpdir(), 'trireme-jupyter-'))
const { table, ...packed } = packedFiles(at, 'images')
const images = given('images', packedImages, packed)
const ours = given('train', notebook, fileURLToPath(new URL('./train.ipynb', import.meta.url)))
/** The Python that runs notebooks here. */
let own = 'python3'
beforeAll(async () => {
  const python = (await findTools([jupyter])).get('jupyter')
  if (python?.state === 'ready') own = python.path
})
/** A notebook of code cells; the first is tagged. */
const written = (name: string, ...cells: readonly string[]) => writtenAs(name, cells)
function writtenAs(
  name: string,
  cells: readonly string[],
  { tags = ['parameters'], metadata = {}, before = '', last = [] as string[] } = {},
) {
  const all = cells.map((source, n) => ({
    ...{ cell_type: 'code', id: `c${n}`, source, outputs: [], execution_count: null },
    metadata: { tags: n === 0 ? tags : n === cells.length - 1 ? last : [] },
  }))
  return text(name, before + JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: all }))
}
function text(name: string, content: string) {
  const file = path.join(at, `${name}.ipynb`)
  writeFileSync(file, content)
  return given(name, notebook, file)
}

it('trains and validates the small network on packed images', async () => {
  const parameters = { epochs: 2, batch: 8, patches: 4, lr: 0.01 }
  const tables = { table: given('table', splitTable, table) }
  const { events, results, failures } = await ran(execute({ notebook: ours, images: { images }, tables, parameters, report: true }))
  expect(failures).toEqual([])
  const report = JSON.parse(readFileSync(results.made!.path, 'utf8'))
  expect(report).toMatchObject({ images: 14, groups: 7, seed: 0, threads: 1 })
  expect(report.losses).toHaveLength(2)
  expect(report.group_auc).toBeGreaterThan(0.9)
  const executed = readFileSync(results.executed!.path, 'utf8')
  expect(executed).toContain('injected-parameters')
  expect(executed).toContain('16 images of 8 groups to train with, 14 of 7 to test with')
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
const call = (notebook: ReturnType<typeof written>, more: Partial<Parameters<typeof execute>[0]> = {}) =>
  execute({ notebook, images: {}, tables: {}, ...more })
/** Runs notebooks beside each other; what each printed, or what is said of its failure. */
async function endings(calls: Readonly<Record<string, ReturnType<typeof call>>>): Promise<Readonly<Record<string, string>>> {
  const { results, failures } = await ran(Object.fromEntries(Object.entries(calls).map(([name, { executed }]) => [name, executed])))
  const failed = failures.join('\n').split(/(?=^.*failed after)/m)
  return Object.fromEntries(
    Object.keys(calls).map(name => {
      const file = results[name]?.path
      return [name, file === undefined ? (failed.find(text => text.includes(`_${name}_`)) ?? failures.join('\n')) : printedIn(file)]
    }),
  )
}
function printedIn(file: string): string {
  const { cells }: { cells: readonly { readonly outputs?: readonly Output[] }[] } = JSON.parse(readFileSync(file, 'utf8'))
  return cells.flatMap(({ outputs = [] }) => outputs.flatMap(({ name, text = [] }) => (name === 'stdout' ? text : []))).join('')
}
interface Output {
  readonly name?: string
  readonly text?: readonly string[]
}
/** The format of 2013. */
const old = (name: string, ...sources: readonly string[]) => {
  const cells = sources.map((input, n) => ({
    ...{ cell_type: 'code', language: 'python', input, outputs: [], collapsed: false, metadata: n === 0 ? { tags: ['parameters'] } : {} },
  }))
  return text(name, JSON.stringify({ nbformat: 3, nbformat_minor: 0, metadata: { name: '' }, worksheets: [{ cells, metadata: {} }] }))
}
it('runs notebooks as they are, and each ends in words', async () => {
  const all = '%config InlineBackend.close_figures = True\na, b = 1, 2\nif a:\n    c: int = 3\nimport os'
  const huge = call(written('huge', 'print("x" * 3_000_000)'))
  const said = await endings({
    bare: call(writtenAs('bare', ['print(1 + 1)'], { tags: [] })),
    mixed: call(writtenAs('mixed', [all, 'print(a, b, c)'], { before: '\ufeff' }), { parameters: { b: 7, c: 9 } }),
    old: call(old('old', 'a = 1', 'print(a)'), { parameters: { a: 5 } }),
    top: call(writtenAs('top', ['print(a + 1)'], { tags: [] }), { parameters: { a: 1 } }),
    raising: call(writtenAs('raising', ['print(1)', 'raise ValueError("x")'], { last: ['raises-exception'] })),
    well: call(written('well', 'print(1)', 'import sys; sys.exit(0)', 'print(2)')),
    exits: call(written('exits', 'import sys; sys.exit(3)')),
    asks: call(written('asks', 'input("?")')),
    dies: call(written('dies', 'import os; os._exit(9)')),
    broken: call(written('broken', 'print(1 / 0)')),
    huge,
  })
  expect(said).toEqual({
    ...{ bare: '2\n', mixed: '1 7 9\n', old: '5\n', top: '2\n', raising: '1\n', well: '1\n' },
    exits: expect.stringContaining('A cell ended the notebook: sys.exit(3).'),
    asks: expect.stringContaining('Nobody is there to answer: make what it asks for a parameter.'),
    dies: expect.stringContaining('The kernel of the notebook died, most often for want of memory.'),
    broken: expect.stringContaining('A cell of the notebook failed: ZeroDivisionError: division by zero'),
    huge: expect.stringMatching(/^x{3000000}\n$/),
  })
})
/** Asks functions of the script, with no kernel. */
async function asked(code: string): Promise<unknown> {
  const setup = `import json, sys; sys.path.insert(0, ${JSON.stringify(import.meta.dirname)}); sys.dont_write_bytecode = True
import execute, nbformat
def notebook(*cells):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, metadata={'tags': tags}) for source, *tags in cells])
def given(values, *cells, language='python'):
    made = notebook(*cells)
    try:
        execute.inject(made, values, language)
        return [cell.source for cell in made.cells]
    except execute.Fault as fault:
        return str(fault)
`
  return JSON.parse(execFileSync(own, ['-c', `${setup}print(json.dumps(${code}))`], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
}
it('puts values where papermill does, and refuses those that would have no effect', async () => {
  const defaults = "('rate = 1', 'parameters')"
  expect(
    await asked(`[
      given({'rate': 2}, ('import os',), ${defaults}, ('print(rate)',)),
      given({'rate': 2}, ('print(rate)',)),
      given({'rate': 2}, ${defaults}, ('rate = 7', 'injected-parameters'), ('print(rate)',)),
      given({'more': 2}, ${defaults}, ('print(rate, more)',)),
      given({}, ('x',)),
      given({'rat': 2}, ${defaults}, ('print(rate)',)),
      given({'rate': 2}, ('import os',), ('rate = 3',), ('print(rate)',)),
      given({'rate': 2}, ('print(rates)',)),
      given({'os': 2}, ('import os\\nrate = 1', 'parameters'), ('rate',)),
      given({'rate': 2}, ('rate <- 1', 'parameters'), ('!',)),
    ]`),
  ).toEqual([
    ['import os', 'rate = 1', 'rate = 2', 'print(rate)'],
    ['rate = 2', 'print(rate)'],
    ['rate = 1', 'rate = 2', 'print(rate)'],
    ['rate = 1', 'more = 2', 'print(rate, more)'],
    ['x'],
    'The notebook has no parameter "rat". Did you mean "rate"? It has: rate.',
    'The notebook sets "rate" itself, in its cell 2, over the value given. Give that cell the tag "parameters".',
    'The notebook has no parameter "rate". Did you mean "rates"?',
    'The notebook has no parameter "os". It has: rate.',
    expect.stringMatching(/^The notebook has no parameter "rate"/),
  ])
})
it('writes values in the language of the notebook', async () => {
  const values = '{"t": "it\'s \\"$x\\"\\n\\\\", "n": 2, "x": 1e-05, "yes": True}'
  const languages = ['python', 'r', 'julia', 'scala', 'matlab', 'bash']
  expect(await asked(`[execute.assignments(language, ${values}) for language in ${JSON.stringify(languages)}]`)).toEqual([
    `t = 'it\\'s "$x"\\n\\\\'\nn = 2\nx = 1e-05\nyes = True`,
    't = "it\'s \\"$x\\"\\n\\\\"\nn = 2\nx = 1e-05\nyes = TRUE',
    't = "it\'s \\"\\$x\\"\\n\\\\"\nn = 2\nx = 1e-05\nyes = true',
    'val t = "it\'s \\"$x\\"\\n\\\\"\nval n = 2\nval x = 1e-05\nval yes = true',
    't = "it\'s ""$x""" + newline + "\\";\nn = 2;\nx = 1e-05;\nyes = true;',
    `t='it'"'"'s "$x"\n\\'\nn=2\nx=1e-05\nyes=true`,
  ])
})
/** A kernel of another language, which prints the code that it is given. */
const echoing = (language: string, version: string) => `
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
class Echo(Kernel):
    implementation, implementation_version, banner = 'echo', '1.0', ''
    language_info = {'name': '${language}', 'version': '${version}', 'mimetype': 'text/plain', 'file_extension': '.txt'}
    def do_execute(self, code, silent, store_history=True, user_expressions=None, allow_stdin=False, **more):
        if not silent:
            self.send_response(self.iopub_socket, 'stream', {'name': 'stdout', 'text': code + chr(10)})
        return {'status': 'ok', 'execution_count': self.execution_count, 'payload': [], 'user_expressions': {}}
IPKernelApp.launch_instance(kernel_class=Echo)
`
function install(folder: string, name: string, language: string, version: string) {
  const place = path.join(folder, 'share/jupyter/kernels', name)
  mkdirSync(place, { recursive: true })
  writeFileSync(path.join(place, 'kernel.py'), echoing(language, version))
  const argv = [path.join(folder, 'bin/python3'), path.join(place, 'kernel.py'), '-f', '{connection_file}']
  writeFileSync(path.join(place, 'kernel.json'), JSON.stringify({ argv, language, display_name: language }))
}
it('runs Python in the interpreter of the key, whatever is installed, and other languages in the kernel that the notebook names', async () => {
  const [folder, before] = [path.join(at, 'venv'), process.env.PATH]
  const home = execFileSync(own, ['-c', 'import sys; print(sys._base_executable)']).toString().trim()
  mkdirSync(path.join(folder, 'bin'), { recursive: true })
  symlinkSync(home, path.join(folder, 'bin', 'python3'))
  writeFileSync(path.join(folder, 'pyvenv.cfg'), `home = ${path.dirname(home)}\ninclude-system-site-packages = true\n`)
  install(folder, 'ir', 'R', '4.2.2')
  install(folder, 'cobol', 'cobol', '6')
  process.env.PATH = `${folder}/bin:${before}`
  onTestFinished(() => {
    process.env.PATH = before
  })
  const of = (name: string, kernel: string, language: string, ...cells: string[]) =>
    writtenAs(name, cells, { metadata: { kernelspec: { name: kernel, display_name: language, language } } })
  const stated = call(of('stated', 'ir', 'R', 'a <- 1', 'print(a)'), { parameters: { a: 'x' }, kernel: 'R 4.2' })
  const { results, failures } = await ran({
    which: call(of('which', 'conda-env-x', 'python', 'import sys; print(sys.prefix)')).executed,
    stated: stated.executed,
    silent: call(of('silent', 'ir', 'R', '1')).executed,
    other: call(of('other', 'ir', 'R', '1'), { kernel: 'R 4.20' }).executed,
    sas: call(of('sas', 'sas', 'SAS', 'x')).executed,
    cobol: call(of('cobol', 'cobol', 'cobol', 'x'), { parameters: { x: 1 } }).executed,
  })
  expect(printedIn(results.which!.path)).toBe(`${folder}\n`)
  expect(printedIn(results.stated!.path)).toBe('a <- 1\na = "x"\nprint(a)\n')
  const { metadata } = JSON.parse(readFileSync(results.stated!.path, 'utf8'))
  expect(metadata).toMatchObject({ kernel: { name: 'ir', language: 'R 4.2.2', program: 'python3' }, language_info: { version: '4.2.2' } })
  const log = (port: { readonly path: string }) => readFileSync(path.join(path.dirname(port.path), 'stderr.log'), 'utf8')
  expect(log(results.stated!)).toContain(`Kernel "ir": R 4.2.2, started by ${folder}/bin/python3.\n`)
  expect(log(results.silent!)).toContain(`Its version is in no key; give the step kernel: 'R 4.2.2' to have it there.`)
  const all = failures.join('\n')
  expect(all).toContain('The notebook runs by R 4.2.2, and R 4.20 is asked for. Install that kernel, or state another.')
  expect(all).toMatch(
    /The notebook asks for the kernel "sas" \(SAS\), which is not installed\. There are: cobol, ir\b.*\. Install it for all, as a step sees nobody's own folder: in one of .*venv\/share\/jupyter\/kernels/,
  )
  expect(all).toContain(
    'Values cannot be given to a notebook in cobol; they can in bash, julia, matlab, octave, python, r, scala. Write them into the notebook, and give none.',
  )
  expect(failures).toHaveLength(3)
  expect(() => call(of('no', 'ir', 'R', '1'), { kernel: '4.2' })).toThrow('Write the language, or language and version, such as "R 4.2"')
})
