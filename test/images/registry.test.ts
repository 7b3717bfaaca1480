import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { gib, kind, run, step, tool } from 'trireme-bio'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { versionsIn } from '../../cli/machine/images.ts'
import { plan } from '../../core/graph/plan.ts'
import { Store } from '../../core/store/store.ts'
import { readEnvironment } from '../../core/targets/environment.ts'

// A registry of its own on loopback, that lets in only who knows the word. Needs podman, docker-registry and gcc.
const needed = ['podman', 'docker-registry', 'gcc']
const found = (program: string) => (process.env.PATH ?? '').split(':').some(folder => works('test', '-x', path.join(folder, program)))
const missing = needed.filter(program => !found(program) || (program === 'podman' && !works('podman', 'info')))
function works(program: string, ...words: string[]): boolean {
  try {
    execFileSync(program, words, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-registry-'))
const quietly = { stdio: 'pipe', encoding: 'utf8' } as const
const podman = (...words: string[]) => execFileSync('podman', words, quietly)
/** "open sesame", by bcrypt. */
const passwords = 'ali:$2b$05$3moVF2q5DZsFXeiu/VkLeueC..W9Kh8z4cu9./Q13LV1rBXCYN8XK\n'
const authfile = path.join(folder, 'auth.json')

let registry: ChildProcess | undefined
let host = ''
let image = ''
const tiny = tool({
  name: 'tiny',
  homepage: 'https://example.org',
  licence: 'MIT',
  version: { argv: ['/tiny', '--version'], match: /^tiny (\S+)/m },
  accepts: '>=1 <2',
})
const one = step({
  name: 'one',
  image: 'mine',
  tools: [tiny],
  inputs: {},
  params: { word: z.string().default('a') },
  outputs: { made: kind('text', { extension: '.txt' }) },
  needs: { cpu: 1, memory: gib(1) },
  command: ({ made, word }) => run('tiny', made, word),
})
const versions = async (reference: string, root = path.join(folder, 'store')) =>
  versionsIn(
    plan('tiny', { made: one({}).made }),
    await readEnvironment('here', { target: 'container', images: { swap: { mine: reference } } }, 'a test'),
    await Store.open(root),
  )
const told = (reference: string) =>
  versions(reference, mkdtempSync(path.join(folder, 'store-'))).then(
    found => JSON.stringify([...found]),
    (error: Error) => error.message,
  )
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise(done => server.once('listening', done))
  const { port } = server.address() as net.AddressInfo // it listens on TCP
  await new Promise(done => server.close(done))
  return port
}
beforeAll(async () => {
  if (missing.length > 0) return
  host = `127.0.0.1:${await freePort()}`
  writeFileSync(path.join(folder, 'passwords'), passwords)
  writeFileSync(
    path.join(folder, 'registry.yaml'),
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${folder}/images } }\nhttp: { addr: ${host} }\nauth: { htpasswd: { realm: here, path: ${folder}/passwords } }\n`,
  )
  registry = spawn('docker-registry', ['serve', path.join(folder, 'registry.yaml')], { stdio: 'ignore' })
  writeFileSync(path.join(folder, 'tiny.c'), '#include <stdio.h>\nint main(void) { puts("tiny 1.2.3"); return 1; }\n')
  execFileSync('gcc', ['-static', '-Os', '-o', path.join(folder, 'tiny'), path.join(folder, 'tiny.c')])
  writeFileSync(path.join(folder, 'Dockerfile'), 'FROM scratch\nCOPY tiny /tiny\n')
  const local = `localhost/trireme-test-${process.pid}`
  podman('build', '--isolation', 'chroot', '--tag', local, folder)
  for (let n = 0; !(await fetch(`http://${host}/v2/`).catch(() => undefined)) && n < 100; n++)
    await new Promise(done => setTimeout(done, 100))
  podman('login', '--tls-verify=false', '--authfile', authfile, '--username', 'ali', '--password', 'open sesame', host)
  const digest = path.join(folder, 'digest')
  podman('push', '--tls-verify=false', '--authfile', authfile, '--digestfile', digest, local, `${host}/tiny:1`)
  image = `${host}/tiny@${execFileSync('cat', [digest], quietly).trim()}`
  podman('rmi', '--force', local)
})
afterAll(() => {
  if (image !== '') podman('rmi', '--force', '--ignore', image, `${host}/tiny:1`)
  registry?.kill()
})

describe.skipIf(missing.length > 0)(`an image of others${missing.length > 0 ? ` (skipped: no ${missing.join(', ')} here)` : ''}`, () => {
  test('that a registry gives to friends alone is told so, with what to do', async () => {
    const refusal = `^The image ${image} is not on this machine, and podman cannot fetch it: .*(unauthorized|authentication required).*\\(podman login\\)`
    expect(await told(image)).toMatch(new RegExp(refusal))
  })
  test('tells the version of its tool, with the secret; it is asked once for each digest', async () => {
    process.env.REGISTRY_AUTH_FILE = authfile
    try {
      expect([...(await versions(image))]).toEqual([['tiny', '1.2.3']])
    } finally {
      delete process.env.REGISTRY_AUTH_FILE
    }
    const before = process.env.PATH
    process.env.PATH = '/nowhere' // no engine, no registry: it is remembered
    try {
      expect([...(await versions(image))]).toEqual([['tiny', '1.2.3']])
      expect(await told(image)).toContain('The version of tiny in')
      expect(await told(image)).toContain('there is no podman, docker or apptainer here to ask it. Say it in the settings')
    } finally {
      process.env.PATH = before
    }
  })
  test('that is not there is told so', async () => {
    process.env.REGISTRY_AUTH_FILE = authfile
    try {
      const none = `${host}/tiny@sha256:${'0'.repeat(64)}`
      expect(await told(none)).toMatch(/podman cannot fetch it: .*manifest unknown.*Check its name/)
      expect(await told('127.0.0.1:1/tiny:1')).toMatch(/podman cannot fetch it: .*connection refused/)
    } finally {
      delete process.env.REGISTRY_AUTH_FILE
    }
  })
  test.each([
    [
      'the tool',
      { argv: ['/other', '--version'], match: /^tiny (\S+)/m },
      (image: string) => `tiny does not tell its version in ${image} ("/other --version"`,
    ],
    [
      'what the tool itself asks for',
      { ...tiny.version, match: /^found (\S+)/m, unfit: /^(tiny .+)$/m },
      (image: string) => `tiny in ${image}: tiny 1.2.3`,
    ],
  ] as const)('without %s is told so', async (_, version, words) => {
    const broken = tool({ ...tiny, version })
    const other = step({ ...one.spec, name: 'other', tools: [broken] })
    process.env.REGISTRY_AUTH_FILE = authfile
    try {
      await expect(
        versionsIn(
          plan('other', { made: other({}).made }),
          await readEnvironment('here', { target: 'container', images: { swap: { mine: image } } }, 'a test'),
          await Store.open(path.join(folder, 'store')),
        ),
      ).rejects.toThrow(words(image))
    } finally {
      delete process.env.REGISTRY_AUTH_FILE
    }
  })
})

const context = process.env.TRIREME_TEST_CONTEXT
const unready = [...missing, ...(context === undefined ? ['context of a cluster in TRIREME_TEST_CONTEXT'] : [])]
describe.skipIf(unready.length > 0)(`a pod${unready.length > 0 ? ` (skipped: no ${unready.join(', ')})` : ''}`, () => {
  const kubectl = (words: readonly string[], input?: object) =>
    execFileSync('kubectl', ['--context', context ?? '', ...words], { ...quietly, ...(input && { input: JSON.stringify(input) }) })
  const name = `trireme-registry-${process.pid}`
  const pod = (suffix: string, secrets: readonly string[]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-${suffix}` },
    spec: {
      restartPolicy: 'Never',
      hostNetwork: true,
      automountServiceAccountToken: false,
      imagePullSecrets: secrets.map(each => ({ name: each })),
      containers: [{ name: 'main', image, command: ['/tiny'] }],
    },
  })
  const until = async <T>(look: () => T | undefined): Promise<T> => {
    for (let n = 0; n < 60; n++) {
      const found = look()
      if (found !== undefined) return found
      await new Promise(done => setTimeout(done, 1000))
    }
    throw new Error('It did not come in a minute.')
  }
  const status = (suffix: string) => JSON.parse(kubectl(['get', 'pod', `${name}-${suffix}`, '--output', 'json'])).status
  afterAll(() => {
    kubectl(['delete', 'pod', '--ignore-not-found', '--grace-period=0', '--force', `${name}-without`, `${name}-with`])
    kubectl(['delete', 'secret', '--ignore-not-found', name])
  })
  test('without the secret cannot pull, with it runs', async () => {
    const { auths } = JSON.parse(readFileSync(authfile, 'utf8'))
    kubectl(['apply', '--filename', '-'], {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': JSON.stringify({ auths }) },
    })
    kubectl(['apply', '--filename', '-'], pod('without', []))
    const refused = await until(() => {
      const { waiting } = status('without').containerStatuses?.[0]?.state ?? {}
      return /ErrImagePull|ImagePullBackOff/.test(waiting?.reason ?? '') && /auth/i.test(waiting?.message ?? '')
        ? waiting.message
        : undefined
    })
    expect(refused).toMatch(/401 Unauthorized|authorization failed|no basic auth credentials/)
    kubectl(['apply', '--filename', '-'], pod('with', [name]))
    const ended = await until(() => status('with').containerStatuses?.[0]?.state?.terminated)
    expect(ended).toMatchObject({ exitCode: 1 }) // as bwa, it ends so where it tells its version
    expect(kubectl(['logs', `${name}-with`])).toBe('tiny 1.2.3\n')
  }, 150_000)
})
