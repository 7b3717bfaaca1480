import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { step } from '../define/step.ts'
import { tool } from '../define/tool.ts'
import { plan } from '../graph/plan.ts'
import { made, ran, scratch } from '../testing.ts'
import { run } from '../vocabulary/command.ts'
import { kind } from '../vocabulary/kind.ts'
import { mib } from '../vocabulary/quantity.ts'
import { readyTools } from './tools.ts'

// The version that is told of a Python package is the one that runs, wherever it is installed; or the run is refused before its first step.

const version = {
  argv: ['python3', '-c', 'import trial_pack; print(f"trial_pack {trial_pack.__version__}")'],
  match: /^trial_pack (\S+)/m,
} as const
const pack = tool({ name: 'pack', program: 'python3', homepage: 'x', licence: 'MIT', version, accepts: '>=1 <10' })
/** A console script, as pip writes it. */
const script = tool({ ...pack, name: 'trial', program: 'trial', version: { argv: ['trial', '--version'], match: version.match } })
const text = kind('text', { extension: '.txt' })
const common = { image: 'any', inputs: {}, outputs: { said: text }, needs: { cpu: 1, memory: mib(64) } } as const
const importing = step({
  ...common,
  name: 'importing',
  tools: [pack],
  command: ({ said }) => run('python3', '-c', 'import trial_pack; print(trial_pack.__version__)').into(said),
})
const starting = step({ ...common, name: 'starting', tools: [script], command: ({ said }) => run(script.version.argv[0]).into(said) })

const [base = '', number = ''] = execFileSync('python3', [
  '-c',
  'import sys; print(sys._base_executable); print("%d.%d" % sys.version_info[:2])',
])
  .toString()
  .split('\n')
const before = { ...process.env }
let memo = ''
beforeEach(() => {
  memo = path.join(scratch(), 'tools.json')
  process.env.XDG_CACHE_HOME = scratch()
  process.env.PATH = `${path.dirname(base)}${path.delimiter}/usr/bin${path.delimiter}/bin`
})
afterEach(() => {
  for (const name of ['PATH', 'HOME', 'PYTHONPATH', 'XDG_CACHE_HOME', 'CONDA_PREFIX', 'PYTHONNOUSERSITE']) delete process.env[name]
  Object.assign(process.env, before)
})
/** As pip does: the package's folder is made anew. */
function install(site: string, version: string): void {
  rmSync(path.join(site, 'trial_pack'), { recursive: true, force: true })
  mkdirSync(path.join(site, 'trial_pack'), { recursive: true })
  writeFileSync(path.join(site, 'trial_pack', '__init__.py'), 'from .version import __version__\n')
  writeFileSync(path.join(site, 'trial_pack', 'version.py'), `__version__ = '${version}'\n`)
}
interface Prefix {
  readonly bin: string
  readonly site: string
}
/** A virtual environment; Python itself is not changed by what is installed there. */
function venv(): Prefix {
  const folder = scratch()
  const [bin, site] = [path.join(folder, 'bin'), path.join(folder, 'lib', `python${number}`, 'site-packages')]
  for (const made of [bin, site]) mkdirSync(made, { recursive: true })
  symlinkSync(base, path.join(bin, 'python3'))
  writeFileSync(path.join(folder, 'pyvenv.cfg'), `home = ${path.dirname(base)}\ninclude-system-site-packages = true\nversion = ${number}\n`)
  const main = 'import sys\nfrom trial_pack import __version__ as v\nprint("trial_pack", v) if "--version" in sys.argv else print(v)\n'
  writeFileSync(path.join(bin, 'trial'), `#!${bin}/python3\n${main}`, { mode: 0o755 })
  return { bin, site }
}
/** As conda lays it out: an interpreter of its own, no pyvenv.cfg. */
function condaPrefix(): Prefix {
  const folder = scratch()
  const [bin, library] = [path.join(folder, 'bin'), path.join(folder, 'lib', `python${number}`)]
  mkdirSync(bin)
  mkdirSync(path.join(library, 'site-packages'), { recursive: true })
  cpSync(base, path.join(bin, 'python3'), { dereference: true })
  const standard = execFileSync(base, ['-c', 'import os; print(os.path.dirname(os.__file__))']).toString().trim()
  // Enough of the standard library for Python to know its prefix by.
  for (const name of execFileSync('ls', [standard]).toString().trim().split('\n'))
    if (!/^(site|dist)-packages$/.test(name)) symlinkSync(path.join(standard, name), path.join(library, name))
  process.env.CONDA_PREFIX = folder
  // Debian's Python calls it dist-packages.
  const site = execFileSync(path.join(bin, 'python3'), ['-c', 'import site; print(site.getsitepackages()[-1])']).toString().trim()
  mkdirSync(site, { recursive: true })
  return { bin, site }
}
const use = (...folders: readonly string[]) => {
  process.env.PATH = [...folders, process.env.PATH].join(path.delimiter)
}
/** Asks, runs, and gives both. */
async function both(which: typeof importing | typeof starting) {
  const { said } = which({})
  const versions = await readyTools(plan('p', { said }), memo)
  const done = await made({ said }, { versions })
  return { told: [...versions.values()][0], ran: readFileSync(done.said.path, 'utf8').trim() }
}
const same = (version: string) => ({ told: version, ran: version })

test.each([
  ['venv', venv],
  ['conda prefix', condaPrefix],
] as const)('%s: what is installed later is told', async (_, make) => {
  const { bin, site } = make()
  use(bin)
  install(site, '1.0')
  expect(await both(importing)).toEqual(same('1.0'))
  expect(await both(importing)).toEqual(same('1.0'))
  install(site, '2.0')
  expect(await both(importing)).toEqual(same('2.0'))
  writeFileSync(path.join(site, 'trial_pack', 'version.py'), "__version__ = '2.1.1'\n") // in place: its folder stays as it was
  expect(await both(importing)).toEqual(same('2.1.1'))
})
test('a console script of a venv', async () => {
  const { bin, site } = venv()
  use(bin)
  install(site, '1.0')
  expect(await both(starting)).toEqual(same('1.0'))
  install(site, '2.0')
  expect(await both(starting)).toEqual(same('2.0'))
})
test('a package linked to its sources by a .pth file, and one by an import hook', async () => {
  const { bin, site } = venv()
  const [one, other] = [scratch(), scratch()]
  install(one, '3.0')
  install(other, '4.0')
  use(bin)
  writeFileSync(path.join(site, 'editable.pth'), `${one}\n`)
  expect(await both(importing)).toEqual(same('3.0'))
  writeFileSync(path.join(site, 'editable.pth'), `${other}\n`)
  expect(await both(importing)).toEqual(same('4.0'))
  const hook = `import sys, importlib.util as u\nclass F:\n    @staticmethod\n    def find_spec(name, path=None, target=None):\n        return u.spec_from_file_location(name, "${one}/trial_pack/__init__.py", submodule_search_locations=["${one}/trial_pack"]) if name == "trial_pack" else None\nsys.meta_path.insert(0, F)\n`
  writeFileSync(path.join(site, 'editable_finder.py'), hook)
  writeFileSync(path.join(site, 'editable.pth'), 'import editable_finder\n')
  expect(await both(importing)).toEqual(same('3.0'))
  writeFileSync(path.join(one, 'trial_pack', 'version.py'), "__version__ = '3.5'\n")
  expect(await both(importing)).toEqual(same('3.5'))
})
test('the second python3 on PATH has it: an active venv hides no other, although both are one file', async () => {
  const [empty, { bin, site }] = [venv(), venv()]
  install(site, '5.0')
  use(empty.bin, bin)
  expect(await both(importing)).toEqual(same('5.0'))
})
test.each([
  ['user site', (site: string) => path.join(site, '.local', 'lib', `python${number}`, 'site-packages'), 'HOME'],
  ['PYTHONPATH', (site: string) => site, 'PYTHONPATH'],
] as const)('%s: not seen by steps, so refused before the first, with what to do', async (_, siteOf, variable) => {
  const folder = scratch()
  install(siteOf(folder), '6.0')
  process.env[variable] = folder
  process.env.PATH = `${venv().bin}`
  await expect(readyTools(plan('p', { said: importing({}).said }), memo)).rejects.toThrow(
    /^pack at \S+ does not tell its version; >=1 <10 is needed\. It wrote: ModuleNotFoundError: No module named 'trial_pack'( With your own HOME and environment it is version 6\.0; steps run without them, so that packages of "pip install --user" and of PYTHONPATH are not there\. Install it into a virtual or conda environment, and activate that\.)/,
  )
})
test('PYTHONPATH and user site do not hide what is installed', async () => {
  const { bin, site } = venv()
  install(site, '1.0')
  const folder = scratch()
  install(folder, '6.0')
  process.env.PYTHONPATH = folder
  use(bin)
  expect(await both(importing)).toEqual(same('1.0'))
})

const changing = (meddle: string) =>
  step({
    ...common,
    name: 'changing',
    tools: [plain],
    command: ({ said }) => run('bash', '-c', `plain >"$1"; ${meddle}`, 'bash', said),
  })
const plain = tool({ ...pack, name: 'plain', program: 'plain', version: { argv: ['plain'], match: /^plain (\S+)/ } })
test('a tool that is upgraded while a run goes on: the outcome is not kept under a key that promises the old version', async () => {
  const bin = scratch()
  const program = (version: string) => writeFileSync(path.join(bin, 'plain'), `#!/bin/sh\necho plain ${version}\n`, { mode: 0o755 })
  program('1.0.0')
  process.env.PATH = `${bin}${path.delimiter}${process.env.PATH}`
  const upgrade = `sed -i s/1.0.0/2.0.0/ ${bin}/plain`
  const during = await ran({ said: changing(upgrade)({}).said })
  expect([during.state, during.entries.size]).toEqual(['failed', 0])
  expect(during.failures[0]).toMatch(
    /^The outcome of step changing was not kept, since plain was version 1\.0\.0 when this run began, and is version 2\.0\.0 now\. Once nothing is installed any more, give the same command again/,
  )
  program('1.0.0')
  const same = await ran({ said: changing(`touch ${bin}/plain`)({}).said })
  expect(same.state).toBe('succeeded')
  program('1.0.0')
  const gone = await ran({ said: changing(`rm ${bin}/plain`)({}).said })
  expect(gone.failures[0]).toContain('plain was version 1.0.0 when this run began, and is gone, or of no version that the step accepts.')
})
test('a Python package that is upgraded while a run goes on, which leaves the interpreter as it was', async () => {
  const { bin, site } = venv()
  install(site, '1.0.0')
  process.env.PATH = `${bin}${path.delimiter}${process.env.PATH}`
  const installing = step({
    ...common,
    name: 'installing',
    tools: [pack],
    command: ({ said }) =>
      run(
        'bash',
        '-c',
        `echo x >"$1"; cd ${site} && rm -rf trial_pack/__pycache__ && echo "__version__ = '2.0.0'" >v.py && mv v.py trial_pack/version.py`,
        'bash',
        said,
      ),
  })
  const { failures } = await ran({ said: installing({}).said })
  expect(failures[0]).toContain('pack was version 1.0.0 when this run began, and is version 2.0.0 now.')
})
