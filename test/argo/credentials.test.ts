import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import type { TLSSocket } from 'node:tls'
import { inspect, promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageRoot } from '../../cli/project/package.ts'
import { Cluster } from '../../core/kubernetes/client.ts'
import { access } from '../../core/kubernetes/kubeconfig.ts'
import { follow } from '../../core/kubernetes/watch.ts'
import { scratch } from '../../core/testing.ts'
import { config, fault, headersOf, setting, written } from './setting.ts'

// Where the Kubernetes library does less than kubectl, and what must hold for any library: no secret is told, no command hangs, no run ends
// with a token.

const shell = (folder: string, text: string) => {
  writeFileSync(`${folder}/login`, `#!/bin/sh\n${text}`)
  chmodSync(`${folder}/login`, 0o755)
}
const plugin = (more: object = {}) => ({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './login', ...more } })
const inPlaceOf = async (variables: NodeJS.ProcessEnv, then: () => Promise<void>) => {
  const before = Object.fromEntries(Object.keys(variables).map(name => [name, process.env[name]]))
  const set = (all: NodeJS.ProcessEnv) => {
    for (const [name, value] of Object.entries(all)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  set(variables)
  try {
    await then()
  } finally {
    set(before)
  }
}
describe('a credential plugin that fails', () => {
  const canary = 'c4n4ry-Pt8x/=='
  const given = {
    args: ['get-token', `--oidc-client-secret=${canary}`, '--extra', `a b=${canary}x`],
    env: [{ name: 'SECRET', value: `${canary}-of-env` }],
    installHint: 'It comes with the cloud’s tools.',
  }
  const failure = async (exec: object, text: string, patience?: number) => {
    const { folder, files } = written(config(plugin(exec)))
    shell(folder, text)
    const way = await access('lab', files[0], patience)
    const cause: unknown = await way.options().catch((cause: unknown) => cause)
    expect(inspect(cause, { depth: 9, showHidden: true })).not.toContain('c4n4ry')
    return (cause as Error).message.replaceAll(folder, 'FOLDER')
  }
  const look =
    ' Log in to the cluster, and give the same command again. What the plugin says may be secret, and is not repeated here; to see it: kubectl --kubeconfig FOLDER/config-0 --context lab version'
  test('is named by its command and its status; what it was given is told nowhere, nor what it said, in whatever form', async () => {
    const all = [
      'set -x; : "$@" "$SECRET" "$KUBERNETES_EXEC_INFO"; echo "$* $SECRET" >&2; set +x',
      'for word in "$@" "$SECRET"; do printf %s "$word" | base64 >&2; echo "$word" | rev >&2; echo "$word" | tr a-z A-Z >&2; done',
      'echo "The session of c4n4ry has ended." >&2; exit 3',
    ]
    const told = await failure(given, all.join('\n'))
    expect(told).toBe(
      `The credentials of context "lab" cannot be had: ./login failed with status 3. It comes with the cloud’s tools.${look}`,
    )
  })
  test('does so where it cannot be started, or prints something else', async () => {
    expect(await failure({ ...given, command: './none' }, '')).toBe(
      `The credentials of context "lab" cannot be had: ./none failed: it cannot be started (ENOENT). It comes with the cloud’s tools.${look}`,
    )
    expect(await failure({ ...given, args: [`${canary}\u0000`] }, '')).toContain(
      './login failed: it cannot be started (ERR_INVALID_ARG_VALUE).',
    )
    for (const printed of [`token ${canary}`, `{"token":"${canary}"}`, '{"status":{}}', 'null', ''])
      expect(await failure(given, `echo '${printed}'`)).toContain('./login failed: what it printed is no ExecCredential. It comes')
  })
  test('waits for something, as for a password: it is stopped, with all that holds its output', async () => {
    const began = performance.now()
    expect(await failure({}, 'read password || exec sleep 30', 300)).toContain('./login failed: it had 0.3 s, and was stopped. Log in')
    expect(await failure({}, 'sleep 30; echo', 300)).toContain('./login failed: it had 0.3 s, and was stopped. Log in')
    expect(performance.now() - began).toBeLessThan(15_000)
  })
})
test('what else is missing is not laid at a plugin’s door', async () => {
  const { files } = written(config(plugin(), { 'certificate-authority': 'none.pem' }))
  expect(await fault(async () => (await access('lab', files[0])).options())).toMatch(/cannot be had: ENOENT: .*none\.pem'\. Log in/)
})
test('a plugin is told what is asked of it, and asked once by requests that come together; what tells no end holds for a time', async () => {
  const { folder, files } = written(config(plugin()))
  shell(
    folder,
    `echo x >>"${folder}/calls"; sleep 0.2; echo "$KUBERNETES_EXEC_INFO" >"${folder}/asked"; echo '{"status":{"token":"one"}}'\n`,
  )
  const way = await access('lab', files[0])
  await Promise.all([way.options(), way.options(), way.options()])
  expect((await way.options()).headers).toEqual({ Authorization: 'Bearer one' })
  expect(readFileSync(`${folder}/calls`, 'utf8')).toBe('x\n')
  expect(JSON.parse(readFileSync(`${folder}/asked`, 'utf8'))).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false },
  })
})
test('a token that the server no longer takes, in the middle of a run, is replaced by another of the plugin; once', async () => {
  const at = await setting()
  const folder = scratch()
  const server = JSON.parse(readFileSync(at.cluster.kubeconfig, 'utf8')).clusters[0].cluster.server
  writeFileSync(`${folder}/config`, JSON.stringify(config(plugin(), { server })))
  shell(folder, `echo x >>"${folder}/calls"; echo '{"status":{"token":"t","expirationTimestamp":"2999-01-01T00:00:00Z"}}'`)
  const calls = () => readFileSync(`${folder}/calls`, 'utf8').length / 2
  const cluster = await Cluster.open({ context: 'lab', kubeconfig: `${folder}/config`, namespace: 'science', environment: 'lab' })
  expect(calls()).toBe(1)
  let refusals = 1
  at.cluster.refuse = () => (refusals-- > 0 ? { status: 401, message: 'Unauthorized' } : undefined)
  expect((await cluster.ask('GET', '/version')).status).toBe(200)
  expect(calls()).toBe(2)
  refusals = 1
  const stop = new AbortController()
  await follow(cluster, cluster.path('pods'), {}, () => stop.abort(), stop.signal)
  expect(calls()).toBe(3)
  refusals = 2
  expect(await fault(() => cluster.ask('GET', '/version'))).toMatch(
    /^ENVIRONMENT: The cluster of context "lab" does not accept your credentials \(401\)/,
  )
  expect(calls()).toBe(4)
})
test('what a context names and its kubeconfig lacks is told; an unfinished entry that nobody asks for does no harm', async () => {
  const whole = config({ token: 'secret' })
  const of = async (content: object) => fault(async () => (await access('lab', written(content).files[0])).options())
  expect(await of({ ...whole, users: [] })).toMatch(
    /^ENVIRONMENT: The context "lab" names the user "u", whom its kubeconfig does not know\. Mend \S+\.$/,
  )
  expect(await of({ ...whole, clusters: [{ name: 'c', cluster: {} }] })).toMatch(
    /^ENVIRONMENT: The context "lab" names no cluster that its kubeconfig knows\. Mend \S+\.$/,
  )
  expect(await of(config({}, { server: 'cluster' }))).toMatch(
    /^ENVIRONMENT: The context "lab" has a cluster whose server is no address such as https:\/\/cluster\.example\.org:6443\. Mend \S+\.$/,
  )
  const told = await of(config({}, { 'proxy-url': 'ada:c4n4ry@proxy' }))
  expect(told).toMatch(
    /^ENVIRONMENT: The context "lab" is reached through a proxy that is no address such as http:\/\/proxy\.example\.org:3128\. Mend \S+\.$/,
  )
  const other = { clusters: [{ name: 'd', cluster: {} }, ...whole.clusters], users: [{ user: {} }, ...whole.users] }
  const way = await access('lab', written({ ...whole, ...other, contexts: [{ name: 'x' }, ...whole.contexts] }).files[0])
  expect((await way.options()).headers).toEqual({ Authorization: 'Bearer secret' })
  const nobody = { ...whole, contexts: [{ name: 'lab', context: { cluster: 'c' } }] }
  expect((await (await access('lab', written(nobody).files[0])).options()).headers).toEqual({})
  const { folder, files } = written(whole)
  writeFileSync(`${folder}/empty`, '')
  await inPlaceOf({ KUBECONFIG: `${folder}/none:${folder}/empty:${files[0]}` }, async () => {
    expect((await (await access('lab', undefined)).options()).headers).toEqual({ Authorization: 'Bearer secret' })
  })
})
test('groups and other things of the one on whose behalf', async () => {
  const user = { token: 'secret', as: 'ada', 'as-uid': '7', 'as-groups': ['a', 'b'], 'as-user-extra': { 'Of/Team': ['x'] } }
  expect(await headersOf(user)).toEqual({
    Authorization: 'Bearer secret',
    'Impersonate-User': 'ada',
    'Impersonate-Uid': '7',
    'Impersonate-Group': ['a', 'b'],
    'Impersonate-Extra-of%2Fteam': ['x'],
  })
})
test('OIDC: the token while it holds; what cannot be renewed is told, not left out of the request', async () => {
  const jwt = (exp: number) => ['{}', JSON.stringify({ exp }), 'signature'].map(part => Buffer.from(part).toString('base64url')).join('.')
  const of = (more: object) => ({ 'auth-provider': { name: 'oidc', config: { 'client-id': 'trireme', ...more } } })
  const token = jwt(Date.now() / 1000 + 600)
  expect(await headersOf(of({ 'id-token': token }))).toEqual({ Authorization: `Bearer ${token}` })
  const old = { 'id-token': jwt(1), 'client-secret': 'c4n4ry' }
  expect(await fault(() => headersOf(of(old)))).toBe(
    'ENVIRONMENT: The credentials of context "lab" cannot be had: its "oidc" has no token that holds, nor the means to renew it. Log in to the cluster, and give the same command again.',
  )
  const renewable = { ...old, 'refresh-token': 'c4n4ry', 'idp-issuer-url': 'https://127.0.0.1:1/c4n4ry' }
  const told = await fault(() => headersOf(of(renewable)))
  expect(told).toMatch(/^ENVIRONMENT: The credentials of context "lab" cannot be had: its auth-provider "oidc" failed: .+\. Log in/)
  expect(told).not.toContain('c4n4ry')
})
test('in a pod, in-cluster is its own cluster; elsewhere it is a name like any other', async () => {
  const nothing = { KUBECONFIG: `${scratch()}/none` }
  await inPlaceOf({ ...nothing, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }, async () => {
    const way = await access('in-cluster', undefined)
    expect(way.server.host).toBe('[fd00::1]')
    expect(await fault(() => way.options())).toMatch(
      /^ENVIRONMENT: The credentials of context "in-cluster" cannot be had: ENOENT: .*\/serviceaccount\//,
    )
  })
  await inPlaceOf({ ...nothing, KUBERNETES_SERVICE_HOST: undefined }, async () => {
    expect(await fault(() => access('in-cluster', undefined))).toMatch(/^ENVIRONMENT: There is no kubeconfig at /)
  })
})
describe('an API server that knows its users by certificate', () => {
  const folder = scratch()
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' })
  const key = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`]
  const data = (name: string) => readFileSync(`${folder}/${name}`).toString('base64')
  const asked: string[] = []
  const tunnels: string[] = []
  let server: https.Server
  let proxy: http.Server
  let hostname: string
  const portOf = async (server: http.Server) => {
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    return (server.address() as AddressInfo).port
  }
  beforeAll(async () => {
    openssl('req', '-x509', ...key('ca'), '-out', 'ca.pem', '-days', '1', '-subj', '/CN=ca')
    for (const name of ['server', 'ada', 'eve']) {
      openssl('req', ...key(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`)
      writeFileSync(`${folder}/ext`, 'subjectAltName=DNS:inside.example,DNS:localhost')
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'ext']
      openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`)
    }
    const read = (name: string) => readFileSync(`${folder}/${name}`)
    const own = { key: read('server.key'), cert: read('server.pem'), ca: read('ca.pem') }
    server = https.createServer({ ...own, requestCert: true }, (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate()
      asked.push(`${subject.CN} by ${request.socket.remotePort}`)
      response.end('{}')
    })
    hostname = `https://127.0.0.1:${await portOf(server)}`
    proxy = http.createServer().on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
      tunnels.push(request.url ?? '')
      const there = net.connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        there.pipe(socket).pipe(there)
      })
      socket.on('error', () => there.destroy())
    })
  }, 60_000)
  afterAll(() => {
    for (const each of [server, proxy]) {
      each.close()
      each.closeAllConnections()
    }
  })
  const open = async (user: object, cluster: object) => {
    const content = config(user, { server: hostname, 'tls-server-name': 'inside.example', ...cluster })
    writeFileSync(`${folder}/config`, JSON.stringify(content))
    return Cluster.open({ context: 'lab', kubeconfig: `${folder}/config`, namespace: 'n', environment: 'lab' })
  }
  const ada = { 'client-certificate': 'ada.pem', 'client-key': 'ada.key' }
  const whoAsked = () => asked.splice(0).map(each => each.split(' ')[0])

  test('by files and as data, which goes before a file; its own name is looked for in its certificate', async () => {
    await open(ada, { 'certificate-authority': 'ca.pem' })
    const both = { 'certificate-authority': 'server.pem', 'certificate-authority-data': data('ca.pem') }
    await open({ ...ada, 'client-certificate-data': data('eve.pem'), 'client-key-data': data('eve.key') }, both)
    expect(whoAsked()).toEqual(['ada', 'eve'])
    expect(await fault(() => open(ada, {}))).toMatch(/its certificate is not trusted/)
    expect(await fault(() => open(ada, { ...both, 'tls-server-name': 'other.example' }))).toMatch(/its certificate is not trusted|altnames/)
    await open(ada, { 'insecure-skip-tls-verify': true, 'tls-server-name': undefined })
    expect(whoAsked()).toEqual(['ada'])
  })
  test('one connection serves many requests, until a plugin gives another certificate', async () => {
    const status = (name: string) => ({
      clientCertificateData: readFileSync(`${folder}/${name}.pem`, 'utf8'),
      clientKeyData: readFileSync(`${folder}/${name}.key`, 'utf8'),
      expirationTimestamp: name === 'ada' ? '2000-01-01T00:00:00Z' : '2999-01-01T00:00:00Z',
    })
    for (const name of ['ada', 'eve']) writeFileSync(`${folder}/${name}.json`, JSON.stringify({ status: status(name) }))
    shell(folder, `cat "$(cat "${folder}/who").json"`)
    writeFileSync(`${folder}/who`, `${folder}/ada`)
    const cluster = await open(plugin(), { 'certificate-authority': 'ca.pem' })
    await cluster.ask('GET', '/version')
    expect(new Set(asked)).toEqual(new Set([asked[0]]))
    writeFileSync(`${folder}/who`, `${folder}/eve`)
    await cluster.ask('GET', '/version')
    expect(whoAsked()).toEqual(['ada', 'ada', 'eve'])
  })
  test('through the proxy that the kubeconfig names', async () => {
    await open(ada, { 'certificate-authority': 'ca.pem', 'proxy-url': `http://127.0.0.1:${await portOf(proxy)}` })
    expect(whoAsked()).toEqual(['ada'])
    expect(tunnels.splice(0)).toEqual([hostname.slice('https://'.length)])
  })
  test('through the proxy that the environment names, unless the server is exempt', async () => {
    const { port } = proxy.address() as AddressInfo
    const elsewhere = { server: hostname.replace('127.0.0.1', 'cluster.invalid'), 'certificate-authority': 'ca.pem' }
    await inPlaceOf({ HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: undefined, no_proxy: undefined }, async () => {
      await open(ada, elsewhere)
      expect(whoAsked()).toEqual(['ada'])
      expect(tunnels.splice(0)).toEqual([new URL(elsewhere.server).host])
      process.env.NO_PROXY = '.invalid'
      expect(await fault(() => open(ada, elsewhere))).toMatch(/ENOTFOUND|EAI_AGAIN/)
    })
  })
  test('an OIDC token that has ended is renewed, once, by a provider that keeps to one refresh token', async () => {
    const grants: string[] = []
    const provider = https.createServer({ key: readFileSync(`${folder}/server.key`), cert: readFileSync(`${folder}/server.pem`) })
    const issuer = `https://localhost:${await portOf(provider)}`
    const lasts = 4
    const jwt = (exp: number) => {
      const claims = { iss: issuer, aud: 'trireme', sub: 'ada', iat: Math.floor(Date.now() / 1000), exp, n: grants.length }
      const parts = [{ alg: 'RS256' }, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
      return [...parts, 'signed'].join('.')
    }
    provider.on('request', async (request: http.IncomingMessage, response: http.ServerResponse) => {
      response.setHeader('Content-Type', 'application/json')
      if (request.method === 'GET') return response.end(JSON.stringify({ issuer, token_endpoint: `${issuer}/token` }))
      const form: Buffer[] = []
      for await (const chunk of request) form.push(chunk)
      grants.push(new URLSearchParams(Buffer.concat(form).toString()).get('refresh_token') ?? '')
      const id_token = jwt(Math.floor(Date.now() / 1000) + lasts)
      return response.end(JSON.stringify({ access_token: 'a', token_type: 'bearer', expires_in: lasts, id_token }))
    })
    const more = { 'client-id': 'trireme', 'id-token': jwt(1), 'refresh-token': 'only', 'idp-issuer-url': issuer }
    writeFileSync(`${folder}/oidc`, JSON.stringify(config({ 'auth-provider': { name: 'oidc', config: more } })))
    // In a process of its own, which trusts the provider from its start.
    const asks = `import { access } from '${path.join(packageRoot, 'dist/core/kubernetes/kubeconfig.js')}'
const way = await access('lab', '${folder}/oidc')
for (let n = 0; n < 3; n++) {
  console.log((await way.options()).headers.Authorization.split('.')[1])
  if (n > 0) await new Promise(done => setTimeout(done, 5000))
}`
    writeFileSync(`${folder}/asks.mjs`, asks)
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: `${folder}/ca.pem` }
    const { stdout } = await promisify(execFile)(process.execPath, [`${folder}/asks.mjs`], { env })
    const told = stdout
      .trim()
      .split('\n')
      .map(claims => JSON.parse(Buffer.from(claims, 'base64url').toString()).n)
    expect([told, grants]).toEqual([
      [1, 1, 2],
      ['only', 'only'],
    ])
    provider.close()
    provider.closeAllConnections()
  })
})
