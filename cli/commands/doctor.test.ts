import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startersHere } from '../../core/host/perl-spawn.ts'
import { register } from './doctor.ts'

let before: string | undefined
let said: string
beforeEach(() => {
  before = process.env.PATH
  said = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    said += text
    return true
  })
})
afterEach(() => {
  process.env.PATH = before
  vi.restoreAllMocks()
})
const doctor = async (...words: string[]) => {
  const program = new Command()
  register(program)
  await program.parseAsync(['doctor', ...words], { from: 'user' })
}
/** A PATH with the base programs, an old samtools, and nothing else. */
function bare() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-path-'))
  for (const name of ['sh', 'bash', 'node']) {
    const place = (before ?? '').split(path.delimiter).map(each => path.join(each, name))
    symlinkSync(
      name === 'node' ? process.execPath : place.find(each => each.startsWith('/usr/bin') || each.startsWith('/bin'))!,
      path.join(folder, name),
    )
  }
  writeFileSync(path.join(folder, 'samtools'), '#!/bin/sh\necho samtools 1.9\n', { mode: 0o755 })
  process.env.PATH = folder
  process.env.TRIREME_PREFIX = path.join(folder, 'env')
  return folder
}

test('says what is missing or unfit, what would be right, and the command', async () => {
  const folder = bare()
  await expect(doctor()).rejects.toMatchObject({ code: 'TOOL', message: '' })
  const lines = said.split('\n').map(line => line.split(/ {2,}/))
  expect(lines.find(([, name]) => name === 'bwa')).toEqual(['missing', 'bwa', '-', expect.stringContaining('>='), '-'])
  expect(lines.find(([, name]) => name === 'samtools')).toEqual([
    'unfit',
    'samtools',
    '1.9',
    expect.stringContaining('>='),
    path.join(folder, 'samtools'),
  ])
  expect(lines.find(([, name]) => name === 'Node')?.[0]).toBe('ok')
  expect(said).toMatch(/^Missing or unfit: bcftools, bwa, .*samtools/m)
  expect(said).toContain('"trireme doctor --install" gets the tools, or do it yourself:')
  expect(said).toMatch(/(apt-get .*install .* bwa|bioconda::bwa=)/)
})
test('quotes a tool that dies, and knows one that only its user can start', async () => {
  const folder = bare()
  const home = mkdtempSync(path.join(os.tmpdir(), 'trireme-doctor-'))
  writeFileSync(path.join(folder, 'bwa'), '#!/bin/sh\necho "bwa: error while loading shared libraries: libz.so.1" >&2; exit 127\n', {
    mode: 0o755,
  })
  writeFileSync(
    path.join(folder, 'fastp'),
    `#!/bin/sh\nif [ "$HOME" = "${home}" ]; then echo fastp 0.23.2; else echo no licence at $HOME; fi\n`,
    {
      mode: 0o755,
    },
  )
  const own = process.env.HOME
  try {
    process.env.HOME = home
    await expect(doctor()).rejects.toMatchObject({ code: 'TOOL' })
  } finally {
    process.env.HOME = own
  }
  expect(said).toMatch(
    /^bwa at \S+ does not tell its version; \S.* is needed\. It wrote: bwa: error while loading shared libraries: libz\.so\.1$/m,
  )
  expect(said).toMatch(
    /^fastp at \S+ does not tell its version; \S.* is needed\. It wrote: no licence at \S+ With your own HOME and environment it is version 0\.23\.2; steps run without them/m,
  )
})
test('looks at one pipeline, and prints JSON', async () => {
  bare()
  await expect(doctor('simulate-reads', '--json')).rejects.toMatchObject({ code: 'TOOL' })
  const { ok, checks } = JSON.parse(said)
  expect(ok).toBe(false)
  const names = checks.map(({ name }: { name: string }) => name)
  expect(names).toEqual(expect.arrayContaining(['Node', 'bash', startersHere ? 'Perl' : 'GNU time', 'store', 'dwgsim', 'bcftools']))
  expect(names).not.toContain('bwa')
  expect(checks.find(({ name }: { name: string }) => name === 'dwgsim')).toMatchObject({
    state: 'missing',
    version: null,
    mend: expect.stringContaining('dwgsim'),
  })
})
test('looks for what the tests of the package need, too, where it is asked to', async () => {
  bare()
  await expect(doctor('simulate-reads', '--json', '--tests')).rejects.toMatchObject({ code: 'TOOL' })
  const { checks } = JSON.parse(said)
  for (const name of ['time', 'strace', 'faketime', 'openssl'])
    expect(checks.find((each: { name: string }) => each.name === name)).toMatchObject({
      state: 'missing',
      mend: expect.stringMatching(new RegExp(`(apt-get .* |conda-forge::(lib)?)${name}`)),
    })
})
test('a store that cannot be is told', async () => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'trireme-doctor-')), 'file')
  writeFileSync(file, '')
  await doctor('simulate-reads', '--json', '--store', path.join(file, 'store')).catch(() => {})
  expect(JSON.parse(said).checks.find(({ name }: { name: string }) => name === 'store')).toMatchObject({
    state: 'unfit',
    mend: expect.stringContaining('--store'),
  })
})
