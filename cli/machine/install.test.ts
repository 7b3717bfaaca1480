import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { tool } from 'trireme-bio'
import { bcftools, bwa, fastp, node, samtools } from 'trireme-bio/tools'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type FoundTool, findTools } from '../../core/host/tools.ts'
import { advice, aptCommand, condaCommand, installMissing, type Machine, ownPrefix, remedies, typed, useOwnTools } from './install.ts'

const nothing: Machine = { apt: false, conda: undefined, prefix: '/home/a b/.cache/trireme/env' }
const missing = (...tools: FoundTool['tool'][]): FoundTool[] => tools.map(tool => ({ state: 'missing', tool }))
const quiet = () => {}
let before: string | undefined
beforeEach(() => {
  before = process.env.PATH
})
afterEach(() => {
  process.env.PATH = before
})

test('a tool that says itself how to get what it lacks is believed', async () => {
  const lacks = 'This is Python 3.11.2: numpy>=2 is wanted, and 1.24.2 is there. Install with: /v/bin/python3 -m pip install numpy>=2'
  const unfit: FoundTool = { state: 'unfit', tool: node, path: '/v/bin/python3', version: undefined, said: lacks, lacks }
  const told = (found: readonly FoundTool[]) =>
    installMissing(found, { install: true, log: quiet, machine: nothing }).catch((error: Error) => error.message)
  expect(await told([unfit])).toBe(`node at /v/bin/python3: ${lacks}`)
  expect(await told([unfit, ...missing(bwa)])).toMatch(/numpy>=2\nbwa is not installed .*\nInstall it with:\n.*bwa/s)
})
test('the command of apt-get, to the word', () => {
  expect(typed(aptCommand([samtools, bwa, bwa]))).toBe(
    'apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends bwa samtools',
  )
})
test('a tool may be several packages', () => {
  const torch = tool({
    ...bwa,
    name: 'torch',
    debian: 'python3-torch python3-numpy',
    conda: 'conda-forge::pytorch=1.13.1 conda-forge::numpy=1.24.2',
  })
  expect(aptCommand([torch, samtools]).slice(-3)).toEqual(['python3-numpy', 'python3-torch', 'samtools'])
  expect(condaCommand('mamba', '/p', [torch], true).slice(-2)).toEqual(['conda-forge::numpy=1.24.2', 'conda-forge::pytorch=1.13.1'])
})
test('the command of micromamba, to the word: pins, channels in order, an environment of our own', () => {
  expect(condaCommand('micromamba', '/home/ada/.cache/trireme/env', [samtools, bwa], false)).toEqual([
    ...['micromamba', 'create', '--yes', '--prefix', '/home/ada/.cache/trireme/env', '--override-channels', '--strict-channel-priority'],
    ...['--channel', 'conda-forge', '--channel', 'bioconda', 'bioconda::bwa=0.7.17', 'bioconda::samtools=1.16.1'],
  ])
  expect(condaCommand('conda', '/p', [samtools], true).slice(0, 5)).toEqual(['conda', 'install', '--yes', '--prefix', '/p'])
})
test('apt-get first, conda for what Debian does not have', () => {
  const own = tool({ ...bwa, name: 'own', debian: undefined as never, conda: 'bioconda::own=1.0' })
  const { commands, left } = remedies([own, bwa], { ...nothing, apt: true, conda: 'mamba' })
  expect(commands.map(([program, ...words]) => [program, words.at(-1)])).toEqual([
    ['apt-get', 'bwa'],
    ['mamba', 'bioconda::own=1.0'],
  ])
  expect(left).toEqual([])
  expect(remedies([node], { ...nothing, apt: true }).left).toEqual([node])
})
test('the environment of our own', () => {
  expect(ownPrefix({ XDG_CACHE_HOME: '/cache' })).toBe('/cache/trireme/env')
  expect(ownPrefix({ TRIREME_PREFIX: '/opt/tools', XDG_CACHE_HOME: '/cache' })).toBe('/opt/tools')
  const prefix = mkdtempSync(path.join(os.tmpdir(), 'trireme-prefix-'))
  process.env.PATH = '/usr/bin:/bin'
  useOwnTools(prefix)
  expect(process.env.PATH).toBe('/usr/bin:/bin')
  mkdirSync(path.join(prefix, 'bin'))
  useOwnTools(prefix)
  useOwnTools(prefix)
  expect(process.env.PATH).toBe(`${prefix}/bin:/usr/bin:/bin`)
})
test('nothing is installed where it was refused: the error names the command that mends it', async () => {
  const refused = installMissing(missing(samtools, fastp), { install: false, log: quiet, machine: { ...nothing, apt: true } })
  await expect(refused).rejects.toMatchObject({
    code: 'TOOL',
    message: [
      `samtools is not installed (samtools ${samtools.accepts} is needed).`,
      `fastp is not installed (fastp ${fastp.accepts} is needed).`,
      'Install them with:',
      '  apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends fastp samtools',
    ].join('\n'),
  })
})
test('an ordinary user is told the packages to ask root for on Debian, and how it goes without root', () => {
  const lines = advice([samtools, bwa], nothing).split('\n')
  const conda = [
    ...['micromamba', 'create', '--yes', '--prefix', "'/home/a b/.cache/trireme/env'", '--override-channels', '--strict-channel-priority'],
    ...['--channel', 'conda-forge', '--channel', 'bioconda', 'bioconda::bwa=0.7.17', 'bioconda::samtools=1.16.1'],
  ].join(' ')
  const file = 'micromamba is one file: https://mamba.readthedocs.io/en/latest/installation/micromamba-installation.html'
  expect(lines).toEqual(
    existsSync('/etc/debian_version')
      ? ['sudo apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends bwa samtools', `or, without root (${file}):`, conda]
      : [`(${file})`, conda],
  )
})
test('without apt-get and conda the error says what would be needed', async () => {
  const helpless = installMissing(missing(bcftools), { install: true, log: quiet, machine: nothing })
  await expect(helpless).rejects.toThrow('Trireme itself installs with apt-get as root on Debian and Ubuntu, else with micromamba')
  expect(advice([bcftools], { ...nothing, conda: 'conda' })).toContain(
    "conda create --yes --prefix '/home/a b/.cache/trireme/env' --override-channels",
  )
})

/** A micromamba that notes its words and makes a program of the given version. */
function stub(version: string) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-conda-'))
  const prefix = path.join(folder, 'env')
  const words = path.join(folder, 'words')
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" >'${words}'\nmkdir -p '${prefix}/bin'\nprintf '#!/bin/sh\\necho samtools ${version}\\n' >'${prefix}/bin/samtools'\nchmod +x '${prefix}/bin/samtools'\n`
  writeFileSync(path.join(folder, 'micromamba'), script)
  chmodSync(path.join(folder, 'micromamba'), 0o755)
  // Only what the stub itself calls: a samtools further along PATH would be found and fit.
  for (const program of ['sh', 'mkdir', 'chmod']) symlinkSync(`/bin/${program}`, path.join(folder, program))
  process.env.PATH = folder
  return { machine: { apt: false, conda: 'micromamba', prefix } as const, words: () => readFileSync(words, 'utf8').trim().split('\n') }
}
test('says in one message what will be installed, installs it, and finds it', async () => {
  const { machine, words } = stub('1.16.1')
  const log: string[] = []
  await installMissing(missing(samtools), { install: true, log: line => log.push(line), machine })
  expect(words()).toEqual(condaCommand('micromamba', machine.prefix, [samtools], false).slice(1))
  expect(log).toEqual([
    `1 tool to install: samtools. Running:\n  ${typed(condaCommand('micromamba', machine.prefix, [samtools], false))}`,
    'Installed: samtools 1.16.1.',
  ])
  expect((await findTools([samtools])).get('samtools')).toMatchObject({ state: 'ready', path: path.join(machine.prefix, 'bin/samtools') })
})
test('a version that does not fit is told after installing', async () => {
  const { machine } = stub('1.9')
  const done = installMissing(missing(samtools), { install: true, log: quiet, machine })
  await expect(done).rejects.toThrow(
    `still not fit:\nsamtools at ${machine.prefix}/bin/samtools is version 1.9; ${samtools.accepts} is needed.`,
  )
})
test('nothing is installed where others could put programs of their own, nor is what lies there used', async () => {
  const cache = mkdtempSync(path.join(os.tmpdir(), 'trireme-cache-'))
  vi.stubEnv('XDG_CACHE_HOME', cache)
  vi.stubEnv('TRIREME_PREFIX', '')
  const prefix = ownPrefix()
  mkdirSync(path.join(prefix, 'bin'), { recursive: true })
  chmodSync(cache, 0o777)
  process.env.PATH = '/usr/bin:/bin'
  useOwnTools()
  expect(process.env.PATH).toBe('/usr/bin:/bin')
  await expect(
    installMissing(missing(samtools), { install: true, log: quiet, machine: { apt: false, conda: 'mamba', prefix } }),
  ).rejects.toMatchObject({
    code: 'TOOL',
    message: `Nothing was installed into ${prefix}: ${cache} is somebody else's, or others may write to it, and what lies there is run. Take that right from them (chmod go-w ${cache}), or name a folder of your own: TRIREME_PREFIX=DIR.`,
  })
  const named = mkdtempSync(path.join(os.tmpdir(), 'trireme-prefix-'))
  mkdirSync(path.join(named, 'bin'))
  chmodSync(named, 0o777)
  vi.stubEnv('TRIREME_PREFIX', named) // who names one answers for it
  useOwnTools()
  expect(process.env.PATH).toBe(`${named}/bin:/usr/bin:/bin`)
  vi.unstubAllEnvs()
})
