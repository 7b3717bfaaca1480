import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { program } from '../../program.ts'
import { findEnvironment } from '../../project/environments.ts'
import { imagesIn } from '../images.ts'

// How engines are called, and what is made of their answers, by a program that notes its words and answers as an engine does.
const digest = `sha256:${'ab'.repeat(32)}`
const engine = (name: string) => `#!/bin/bash
here="$(dirname "$0")"
printf '%q ' ${name} "$@" >> "$here/said"; echo >> "$here/said"
words=" $* "
case "$1 $2" in
  'image inspect') case "$words" in
    *RepoDigests*) echo '["other.example.org/x@sha256:00","registry.example.org/team/trireme/reports@${digest}"]' ;;
    *User*) cat "$here/user" ;;
    *Size*) echo 889000000 ;;
    *) printf '${digest}\\t"2026-01-02T03:04:05.6Z"\\tMIT\\n' ;;
  esac ;;
  run*) case "$words" in
    *' multiqc '*) cat "$here/multiqc" ;;
    *' bash '*' --version '*) echo 'GNU bash, version 5.2.15(1)-release' ;;
    *' sha256sum '*) echo 'sha256sum (GNU coreutils) 9.1' ;;
    *) printf 'os\\tdebian\\t12\\ndeb\\tmultiqc\\t1.14+dfsg-1\\t\\tall\\n' ;;
  esac ;;
  push*) while [ $# -gt 0 ]; do [ "$1" != --digestfile ] || printf '%s' '${digest}' > "$2"; shift; done ;;
esac
`
let folder: string
let told: string
let before: Record<string, string | undefined>
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-images-'))
  before = { PATH: process.env.PATH, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME }
  Object.assign(process.env, { PATH: `${folder}:${before.PATH}`, XDG_CACHE_HOME: path.join(folder, 'cache') })
  put('user', '1000:1000\n')
  put('multiqc', 'multiqc, version 1.14\n')
  told = ''
  vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    told += text
    return true
  })
})
afterEach(() => {
  for (const [name, value] of Object.entries(before))
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  process.chdir(home)
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})
const put = (name: string, text: string) => {
  writeFileSync(path.join(folder, name), text)
  chmodSync(path.join(folder, name), 0o755)
}
const said = () => readFileSync(path.join(folder, 'said'), 'utf8').trim().split('\n')
const home = process.cwd()
async function trireme(...words: string[]): Promise<void> {
  await (await program(['images', ...words])).parseAsync(['images', ...words], { from: 'user' })
}
const images = (name: 'podman' | 'docker', ...words: string[]) => {
  put(name, engine(name))
  return trireme('reports', '--engine', name, '--lock', path.join(folder, 'lock'), '--sbom', path.join(folder, 'sbom'), ...words)
}

test.each(['podman', 'docker'] as const)('%s builds from a base that is given, with labels and the name of the image', async name => {
  await images(name, '--base', 'example.org/debian:1', '--source', 'https://example.org/trireme', '--tag', '7', '--isolation', 'chroot')
  const context = path.join(folder, 'cache/trireme/images/0.1.0') // of the user, since an installed package is not to be written to
  const [build] = said().filter(line => line.startsWith(`${name} build`))
  expect(build).toContain(' --build-arg BASE=example.org/debian:1 ')
  expect(build).toContain(
    ' --label org.opencontainers.image.version=7 --label org.opencontainers.image.source=https://example.org/trireme ',
  )
  expect(build).toContain(` --tag localhost/trireme/reports:7 --file ${path.join(context, 'reports/Dockerfile')} ${context}`)
  expect(build?.includes('--isolation chroot')).toBe(name === 'podman')
  expect(told).toContain('reports: localhost/trireme/reports:7, 889 MB; versions of multiqc are right')
})
test('versions are asked without network, in a root that is read-only, as a user that no image knows', async () => {
  await images('podman', '--check')
  expect(said().some(line => line.includes(' build '))).toBe(false)
  const asked = said().filter(line => line.startsWith('podman run'))
  expect(asked.length).toBeGreaterThan(2)
  for (const line of asked) expect(line).toContain('run --rm --network none --read-only --tmpfs /tmp --user 12345:12345 --entrypoint ')
  expect(JSON.parse(readFileSync(path.join(folder, 'sbom/reports.spdx.json'), 'utf8'))).toMatchObject({
    spdxVersion: 'SPDX-2.3',
    packages: [{ name: 'trireme-reports' }, { name: 'multiqc', versionInfo: '1.14+dfsg-1' }],
  })
  expect(asked[0]).toContain('--entrypoint multiqc localhost/trireme/reports:0.1.0 --version')
})
test.each(['podman', 'docker'] as const)('%s pushes, and the lock gets the digest and keeps what it had', async name => {
  const [a, b] = ['a', 'b'].map(name => `registry.example.org/${name}@${digest}`)
  writeFileSync(path.join(folder, 'lock'), JSON.stringify({ variants: a, reads: b, reports: b }))
  await images(name, '--check', '--push', 'registry.example.org/team/')
  expect(readFileSync(path.join(folder, 'lock'), 'utf8')).toBe(
    `${JSON.stringify({ reads: b, reports: `registry.example.org/team/trireme/reports@${digest}`, variants: a }, null, 2)}\n`,
  )
  expect(said().filter(line => line.startsWith(`${name} push`))).toHaveLength(1)
  expect(said().join('\n')).not.toContain('--tls-verify=false')
})
test('names that nobody gave are not written through links; a lock that settings name elsewhere is asked for', async () => {
  put('podman', engine('podman'))
  const project = path.join(folder, 'project')
  mkdirSync(project)
  process.chdir(project)
  symlinkSync('../elsewhere', 'images.lock')
  symlinkSync('..', 'sbom')
  const push = ['reports', '--engine', 'podman', '--check', '--push', 'registry.example.org']
  await expect(trireme(...push)).rejects.toThrow(
    `These files are not to be written, so nothing was built:\n  images.lock is a link that leads nowhere\n  sbom/reports.spdx.json lies outside the project: sbom is a link to ${realpathSync(folder)}\nRemove the links, or say where else with --lock and --sbom.`,
  )
  const settings = { target: 'container', images: { registry: 'registry.example.org', lock: '../elsewhere' } }
  writeFileSync('trireme.config.json', JSON.stringify({ environments: { ours: settings } }))
  await expect(trireme('reports', '--on', 'ours', '--engine', 'podman', '--check')).rejects.toThrow(
    `The environment "ours" has its lock at ${path.resolve('../elsewhere')}, which is no path within the project, so it is not written there unasked. If it is to be, say so: --lock ${path.resolve('../elsewhere')}`,
  )
  expect([existsSync('../elsewhere'), existsSync('../reports.spdx.json'), existsSync('../said')]).toEqual([false, false, false])
  await trireme('reports', '--on', 'ours', '--engine', 'podman', '--check', '--lock', '../elsewhere', '--sbom', 'bills')
  expect(JSON.parse(readFileSync('../elsewhere', 'utf8'))).toEqual({ reports: `registry.example.org/trireme/reports@${digest}` })
})
test('podman is told of a registry on this machine', async () => {
  await images('podman', '--check', '--push', '127.0.0.1:5000')
  expect(said().find(line => line.startsWith('podman push'))).toContain('--tls-verify=false')
})
test('an image that is not what it should be is refused, and not pushed', async () => {
  put('multiqc', 'multiqc, version 1.15\n')
  put('user', '0\n')
  await expect(images('podman', '--check', '--push', 'registry.example.org')).rejects.toThrow(
    'The image reports is not what it should be:\n  multiqc is version 1.15; containers/images.ts says 1.14.\n  it runs as root: add USER to its Dockerfile.\nCorrect its Dockerfile',
  )
  expect(said().some(line => line.includes(' push '))).toBe(false)
})
test('wrong words are told', async () => {
  await expect(trireme('raeds')).rejects.toThrow('There is no image "raeds". Did you mean "reads"? There are: reads, variants,')
  await expect(trireme('--engine', 'lxc')).rejects.toThrow('--engine takes podman or docker, got "lxc".')
  await expect(trireme('--psuh', 'x')).rejects.toThrow("unknown option '--psuh'")
  mkdirSync(path.join(folder, 'none'))
  process.env.PATH = path.join(folder, 'none')
  await expect(trireme('reads')).rejects.toThrow(
    'There is no working podman or docker here ("podman version" fails). Install one, or name it with --engine.',
  )
})

describe('for an environment of a project', () => {
  const environments = (images: string) =>
    writeFileSync(
      path.join(folder, 'trireme.config.yaml'),
      `environments: { lab: { target: container, images: ${images} }, here: { target: local } }`,
    )
  beforeEach(() => {
    put('podman', engine('podman'))
    process.chdir(folder)
  })
  test('images are pushed to its registry, and a run finds them by the lock that is left beside its settings', async () => {
    environments('{ registry: registry.example.org/team, prefix: ours }')
    await trireme('reports', '--check', '--on', 'lab')
    const reference = `registry.example.org/team/ours/reports@${digest}`
    expect(JSON.parse(readFileSync(path.join(folder, 'images.lock'), 'utf8'))).toEqual({ reports: reference })
    expect(told).toContain('Digests are in images.lock: keep it')
    expect((await imagesIn(await findEnvironment('lab')))('reports')).toBe(reference)
  })
  test('those of an engine itself are built by its tag, and not pushed', async () => {
    environments('{ registry: localhost, tag: "7" }')
    await trireme('reports', '--on', 'lab')
    expect(said().some(line => line.includes('--tag localhost/trireme/reports:7'))).toBe(true)
    expect(said().some(line => line.startsWith('podman push'))).toBe(false)
  })
  test('one that has no images, or does not say where they are, is told', async () => {
    environments('{}')
    await expect(trireme('--on', 'here')).rejects.toThrow('The environment "here" needs no images: its target is local')
    await expect(trireme('--on', 'lab')).rejects.toThrow(
      'The environment "lab" does not say where its images are. Give it a registry to which you may push: images: { registry: registry.example.org }.',
    )
  })
})
