import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { asset, kind, mib, plan, run, step, type Tool } from 'trireme-bio'
import { type PythonTool, python } from 'trireme-bio/python'
import { made, scratch } from 'trireme-bio/testing'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { findTools, readyTools, toolFault } from '../core/host/tools.ts'

const at = scratch()
const text = kind('text', { extension: '.txt' })
const before = { PATH: process.env.PATH, VIRTUAL_ENV: process.env.VIRTUAL_ENV, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME }
const cwd = process.cwd()
/** A Python with `packaging`, of which environments are made. */
let base = { executable: '', version: '' }
beforeAll(async () => {
  const found = (await findTools([python({ name: 'any', requirements: ['packaging'] })])).get('any')
  const place = found?.state === 'ready' ? found.path : 'python3'
  const said = execFileSync(place, ['-c', 'import sys, platform; print(sys._base_executable); print(platform.python_version())'])
  const [executable = '', version = ''] = said.toString().trim().split('\n')
  base = { executable, version }
})
afterEach(() => {
  process.chdir(cwd)
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
})
interface Distribution {
  readonly version: string
  readonly needs?: readonly string[]
  /** What pip notes of where it came from. */
  readonly origin?: object
}
function put(folder: string, name: string, { version, needs = [], origin }: Distribution) {
  const [, minor] = /^\d+\.(\d+)/.exec(base.version) ?? []
  const site = path.join(folder, 'lib', `python3.${minor}`, 'site-packages')
  const info = path.join(site, `${name}-${version}.dist-info`)
  mkdirSync(info, { recursive: true })
  const lines = ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`, ...needs.map(each => `Requires-Dist: ${each}`), '', '']
  writeFileSync(path.join(info, 'METADATA'), lines.join('\n'))
  writeFileSync(path.join(site, `${name}.py`), `__version__ = '${version}'\n`)
  if (origin) writeFileSync(path.join(info, 'direct_url.json'), JSON.stringify(origin))
  return () => rmSync(info, { recursive: true })
}
/** An environment as `python3 -m venv` makes it, with what pip leaves of distributions. */
function environment(folder: string, distributions: Readonly<Record<string, Distribution>>, { system = true } = {}): string {
  mkdirSync(path.join(folder, 'bin'), { recursive: true })
  symlinkSync(base.executable, path.join(folder, 'bin', 'python3'))
  const lines = [`home = ${path.dirname(base.executable)}`, `include-system-site-packages = ${system}`, `version = ${base.version}`]
  writeFileSync(path.join(folder, 'pyvenv.cfg'), `${lines.join('\n')}\n`)
  for (const [name, each] of Object.entries(distributions)) put(folder, name, each)
  return folder
}
const activate = (folder: string) => Object.assign(process.env, { PATH: `${folder}/bin`, VIRTUAL_ENV: folder })
const list = (...requirements: readonly string[]) => python({ name: 'cells', requirements })
const version = async (tool: Tool, memo?: string) => {
  const found = (await findTools([tool], memo)).get(tool.name)!
  return found.state === 'ready' ? found.version : toolFault(found)
}
const file = (name: string, content: string) => {
  writeFileSync(path.join(at, name), content)
  return asset(pathToFileURL(`${at}/`).href, `./${name}`)
}
const wanted = (given: Omit<PythonTool, 'name'>) => JSON.parse(python({ name: 'cells', ...given }).version.argv[3]!)

it('tells the versions of what is listed, and of what that needs', async () => {
  const needs = ['zzarrays>=1', 'zzplots; extra == "plots"', 'zzold; python_version < "3"']
  const all = { zzcells: { version: '2.1', needs }, zzarrays: { version: '1.24.2' }, zzplots: { version: '3' }, zzold: { version: '1' } }
  activate(environment(path.join(at, 'tells'), all))
  expect(await version(list('ZZ-cells >= 2, < 3'.replace('ZZ-', 'zz')))).toBe(
    `python ${base.version}, zzcells 2.1, and behind them zzarrays 1.24.2`,
  )
  expect(await version(list('zzcells[plots]', 'zzarrays', 'zzmissing; sys_platform == "win32"'))).toBe(
    `python ${base.version}, zzarrays 1.24.2, zzcells 2.1, and behind them zzplots 3`,
  )
})
it('says what is lacking, in which Python, and the line that installs it, before anything runs', async () => {
  const folder = activate(environment(path.join(at, 'lacks'), { zzcells: { version: '1.9' } })).VIRTUAL_ENV
  const said = await version(list('zzcells>=2', 'zzmissing'))
  expect(said).toMatch(
    new RegExp(
      `^cells at ${folder}/bin/python3: This is Python ${base.version}: zzcells>=2 is wanted, and 1\\.9 is there; zzmissing is wanted, and is not there\\. ` +
        `Install with: (.* )?${folder}/bin/python3 .*'zzcells>=2' zzmissing$`,
    ),
  )
  const broken = await version(list('zzcells >> 2'))
  expect(broken).toContain('"zzcells >> 2" is no requirement: ')
  const listed = file('requirements.txt', 'zzmissing\n')
  const other = python({ name: 'other', requirements: listed })
  const count = step({
    ...{ name: 'count', image: 'any', tools: [other], inputs: {}, outputs: { said: text }, needs: { cpu: 1, memory: mib(64) } },
    command: ({ said }) => run('python3', 'x.py').into(said),
  })
  await expect(readyTools(plan('p', { said: count({}).said }))).rejects.toThrow('zzmissing is wanted, and is not there. Install with: ')
})
it('asks for what compares versions, where an environment has neither pip nor packaging', async () => {
  activate(environment(path.join(at, 'bare'), {}, { system: false }))
  expect(await version(list('zzcells'))).toMatch(/without "packaging", by which versions are compared\. Install it with: .* packaging$/)
})
it('says which Python is wanted', async () => {
  activate(environment(path.join(at, 'older'), {}))
  const tool = python({
    name: 'cells',
    requirements: file('new.py', '# /// script\n# requires-python = ">=4"\n# dependencies = []\n# ///\n'),
  })
  expect(await version(tool)).toContain(`This is Python ${base.version}, and >=4 is wanted.`)
})
it('takes the active environment, then the .venv of the project, then PATH', async () => {
  const project = path.join(at, 'project')
  const own = environment(path.join(project, '.venv'), { zzcells: { version: '2' } })
  const active = environment(path.join(at, 'active'), { zzcells: { version: '3' } })
  const onPath = environment(path.join(at, 'on-path'), { zzcells: { version: '4' }, zzother: { version: '1' } })
  process.env.PATH = [`${onPath}/bin`, before.PATH].join(path.delimiter)
  delete process.env.VIRTUAL_ENV
  expect(await version(list('zzcells'))).toMatch(/zzcells 4$/)
  process.chdir(project)
  expect(await version(list('zzcells'))).toMatch(/zzcells 2$/)
  process.env.VIRTUAL_ENV = active
  expect(await version(list('zzcells'))).toMatch(/zzcells 3$/)
  expect(await version(list('zzcells', 'zzother'))).toMatch(/zzcells 4, zzother 1$/) // the first that has all
  process.env.VIRTUAL_ENV = ''
  const script = file('count.py', 'import sys, zzcells\nprint(sys.prefix, zzcells.__version__)\n')
  const count = step({
    ...{ name: 'count', image: 'any', tools: [list('zzcells')], inputs: {}, assets: { script }, outputs: { said: text } },
    ...{ needs: { cpu: 1, memory: mib(64) } },
    command: ({ script, said }) => run('python3', script).into(said),
  })
  expect(readFileSync((await made({ said: count({}).said })).said.path, 'utf8')).toBe(`${own} 2\n`)
  expect((await readyTools(plan('p', { said: count({}).said }))).get('cells')).toBe(`python ${base.version}, zzcells 2`)
})
it('sees what is installed later, and edited in place', async () => {
  const folder = environment(path.join(at, 'later'), {})
  activate(folder)
  const memo = path.join(at, 'tools.json')
  const remove = put(folder, 'zzcells', { version: '1' })
  expect(await version(list('zzcells'), memo)).toMatch(/zzcells 1$/)
  remove()
  put(folder, 'zzcells', { version: '2' })
  expect(await version(list('zzcells'), memo)).toMatch(/zzcells 2$/)
  put(folder, 'zzrepo', { version: '1', origin: { url: 'https://example.org/x', vcs_info: { vcs: 'git', commit_id: 'abcdef0123456789' } } })
  expect(await version(list('zzrepo'), memo)).toMatch(/zzrepo 1 at abcdef012345$/)
  const copy = path.join(at, 'copy')
  mkdirSync(copy)
  writeFileSync(path.join(copy, 'own.py'), 'a = 1\n')
  put(folder, 'zzown', { version: '0.1', origin: { url: pathToFileURL(copy).href, dir_info: { editable: true } } })
  const first = await version(list('zzown'), memo)
  expect(first).toMatch(/zzown 0\.1 with [0-9a-f]{12}$/)
  writeFileSync(path.join(copy, 'own.py'), 'a = 2\n')
  expect(await version(list('zzown'), memo)).not.toBe(first)
})
it('reads a requirements.txt, a pyproject.toml and the metadata of a script', () => {
  file('base.txt', 'numpy~=1.24\n')
  file('limits.txt', 'six<2\n')
  const lines =
    '\ufeff# ours\n-r base.txt\n-climits.txt\n--index-url https://example.org/simple\ntorch>=2  # big\npandas==2.1 \\\n  --hash=sha256:00\n\nmine @ git+https://example.org/x@v1\n'
  expect(wanted({ requirements: file('all.txt', lines) })).toEqual({
    python: '',
    requirements: ['numpy~=1.24', 'torch>=2', 'pandas==2.1', 'mine @ git+https://example.org/x@v1'],
    constraints: ['six<2'],
  })
  const project =
    '[project]\nname = "x"\nrequires-python = ">=3.9"\ndependencies = ["numpy"]\n[project.optional-dependencies]\ntrain = ["torch>=2"]\n'
  expect(wanted({ requirements: file('pyproject.toml', project), extras: ['train'] })).toEqual({
    ...{ python: '>=3.9', requirements: ['numpy', 'torch>=2'], constraints: [] },
  })
  const script =
    '#!/usr/bin/env python3\n# /// script\n# requires-python = ">=3.8"\n# dependencies = [\n#   "numpy",\n# ]\n# ///\nimport numpy\n'
  expect(wanted({ requirements: file('inline.py', script) })).toEqual({ python: '>=3.8', requirements: ['numpy'], constraints: [] })
})
it.each([
  ['e.txt', '-e .\n', 'has the line "-e .", which does not say the name of what it installs. Write NAME @ ADDRESS'],
  ['u.txt', 'git+https://example.org/x\n', 'has the line "git+https://example.org/x", which does not say the name'],
  ['r.txt', '-r none.txt\n', 'none.txt, which is not there.'],
  ['itself.txt', '-r itself.txt\n', 'names itself'],
  ['p.toml', '[tool.poetry.dependencies]\nnumpy = "*"\n', 'has no list "dependencies" in its table [project]'],
  ['t.toml', '[project\n', 'is no TOML: '],
  ['s.py', 'import numpy\n', 'has no inline metadata. Write it at its top:\n# /// script\n# dependencies = ["numpy>=1.24"]\n# ///'],
])('refuses %s in words', (name, content, words) => {
  expect(() => python({ name: 'cells', requirements: file(name, content) })).toThrow(words)
})
it('refuses extras that are not there, and two lists of one name in a plan', () => {
  const project = file('extras.toml', '[project]\ndependencies = []\n[project.optional-dependencies]\ntrain = []\n')
  expect(() => python({ name: 'cells', requirements: project, extras: ['trian'] })).toThrow(
    'has no optional dependencies "trian". It has: train.',
  )
  const [a, b] = [list('zza'), list('zzb')].map((tool, n) =>
    step({
      ...{ name: `s${n}`, image: 'any', tools: [tool], inputs: {}, outputs: { said: text }, needs: { cpu: 1, memory: mib(64) } },
      command: ({ said }) => run('python3', 'x').into(said),
    }),
  )
  return expect(readyTools(plan('p', { a: a!({}).said, b: b!({}).said }))).rejects.toThrow(
    'Two different tools have the name "cells"; one of them is of the step "s1". Give them different names, or declare the tool once and import it in both steps.',
  )
})
