import { execFile } from 'node:child_process'
import { chmodSync, cpSync, readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, environment, projectWith } from './project.ts'

// Secrets of strings that occur nowhere else stand in every place that holds one. Every command is given, so that it succeeds and so that it
// fails, to servers and programs that tell all they know; then all that was printed and all that was written is searched.

const canary = (place: string) => `c4n4ry-${place}-Zq7/x+9=`
const inUrl = (place: string) => encodeURIComponent(canary(place))
const source = `https://ada:${inUrl('url')}@data.example.org/reads.bam?X-Amz-Credential=${inUrl('credential')}&X-Amz-Signature=${inUrl('signature')}&token=${inUrl('query')}`

/** Answers every question with a refusal that quotes it whole: its path, its query, what it carried. */
const teller = http.createServer((request, response) => {
  const told = `${request.method} http://127.0.0.1${request.url} of ${JSON.stringify(request.headers)} is not known`
  const isBucket = !/^\/(api|apis|version)/.test(request.url ?? '')
  response.writeHead(isBucket ? 400 : 422, { 'Content-Type': isBucket ? 'application/xml' : 'application/json' })
  const xml = told.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  response.end(
    isBucket ? `<?xml version="1.0"?><Error><Code>Odd</Code><Message>${xml}</Message></Error>` : JSON.stringify({ message: told }),
  )
})
/** Prints what it was given and what it knows, and fails: a credential plugin, an engine of containers. */
const chatty = `#!/bin/bash
exec 1>&2
echo "$0 $*"; env; set
printf '%s\\n' "$@" | base64 -w0; printf '%s\\n' "$@" | rev
echo "Error: GET https://auth.example.org/token?account=ada&token=${inUrl('registry')}: Authorization: Basic $(printf %s 'ada:${canary('login')}' | base64 -w0)"
exit 3
`
const step = `
import { mib, pipeline, run, step } from 'trireme-bio'
import { text } from 'trireme-bio/kinds'
import { z } from 'zod'
const take = step({
  name: 'take', image: 'any', tools: [], inputs: {}, outputs: { made: text }, needs: { cpu: 1, memory: mib(64) },
  params: { source: z.string(), fail: z.boolean() },
  command: ({ source, fail, made }) => run('bash', '-c', '[ "$2" = false ] && echo made >"$3"', 'bash', source, String(fail), made),
})
const params = { source: z.string(), fail: z.boolean().default(false) }
export const mine = pipeline({ name: 'mine', inputs: {}, params, build: ({ source, fail }) => ({ made: take({ source, fail }).made }) })
export const plain = pipeline({ name: 'plain', inputs: {}, build: () => ({ made: take({ source: 'nothing', fail: false }).made }) })
`
let project: string
const printed: { readonly words: string; readonly status: number; readonly text: string }[] = []
async function give(...words: string[]): Promise<void> {
  const env = {
    ...environment,
    HOME: path.join(project, 'home'),
    PATH: `${path.join(project, 'bin')}:${process.env.PATH}`,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: canary('s3'),
    AWS_SESSION_TOKEN: canary('session'),
    GITHUB_TOKEN: canary('github'),
    DB_PASSWORD: canary('variable'),
    NO_PROXY: '127.0.0.1',
    HTTPS_PROXY: `http://ada:${inUrl('proxy')}@127.0.0.1:9`,
  }
  const { status, text } = await new Promise<{ status: number; text: string }>(done =>
    execFile(process.execPath, [cli, ...words], { cwd: project, env, encoding: 'utf8' }, (fault, stdout, stderr) =>
      done({ status: fault ? Number(fault.code) : 0, text: stdout + stderr }),
    ),
  )
  printed.push({ words: words.join(' ').replaceAll(source, 'SOURCE'), status, text })
}
beforeAll(async () => {
  await new Promise<void>(done => teller.listen(0, '127.0.0.1', done))
  const address = `127.0.0.1:${(teller.address() as AddressInfo).port}`
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: './login',
    args: ['get-token', `--oidc-client-secret=${canary('argument')}`, '--extra', canary('word')],
    env: [{ name: 'PLUGIN_KEY', value: canary('plugin') }],
  }
  const oidc = {
    'idp-issuer-url': `http://${address}/${inUrl('issuer')}?key=x`,
    'client-id': 'x',
    'client-secret': canary('oidc'),
    'refresh-token': canary('refresh'),
  }
  const users = {
    plugin: { exec },
    token: { token: canary('token') },
    basic: { username: 'ada', password: canary('password') },
    oidc: { 'auth-provider': { name: 'oidc', config: oidc } },
  }
  const names = Object.keys(users)
  const kubeconfig = {
    clusters: [{ name: 'c', cluster: { server: `http://${address}` } }],
    users: Object.entries(users).map(([name, user]) => ({ name, user })),
    contexts: names.map(name => ({ name, context: { cluster: 'c', user: name } })),
  }
  const bucket = { endpoint: address, name: 'results', insecure: true }
  const argo = (context: string, more: object = {}) => ({
    target: 'argo',
    context,
    kubeconfig: 'kubeconfig',
    namespace: 'science',
    bucket,
    images: { registry: 'registry.example.org' },
    ...more,
  })
  const environments = {
    ...Object.fromEntries(names.map(name => [name, argo(name)])),
    box: { target: 'container', engine: 'podman', images: { registry: 'registry.example.org' } },
    wrong: argo('token', { bucket: { ...bucket, endpoint: `https://ada:${canary('setting')}@${address}`, secretKey: canary('unknown') } }),
  }
  project = projectWith({
    'pipelines/mine.ts': step,
    'given/params.yml': `source: ${JSON.stringify(source)}\n`,
    'trireme.config.json': JSON.stringify({
      environments: Object.fromEntries(Object.entries(environments).filter(([name]) => name !== 'wrong')),
    }),
    'given/wrong.json': JSON.stringify({ environments: { wrong: environments.wrong } }),
    kubeconfig: JSON.stringify(kubeconfig),
    login: chatty,
    'bin/podman': chatty,
    'home/.docker/config.json': JSON.stringify({
      auths: { 'registry.example.org': { auth: Buffer.from(`ada:${canary('auth')}`).toString('base64') } },
    }),
  })
  for (const program of ['login', 'bin/podman']) chmodSync(path.join(project, program), 0o755)
})
afterAll(() => void teller.close())

const ours = ['given', 'trireme.config.json', 'kubeconfig', 'home/.docker', 'pipelines', 'login', 'bin', 'node_modules']
function written(): readonly { readonly name: string; readonly text: string }[] {
  const names = readdirSync(project, { recursive: true, withFileTypes: true })
  return names.flatMap(each => {
    const name = path.relative(project, path.join(each.parentPath, each.name))
    const given = ours.some(own => name === own || name.startsWith(`${own}/`))
    return each.isFile() && !given ? [{ name, text: readFileSync(path.join(project, name), 'latin1') }] : []
  })
}
const forms = (text: string) => [text, Buffer.from(text, 'latin1').toString('utf8')]
const [plainly, base64, reversed] = [/c4n4ry/i, /YzRuNHJ5|M0bjRyeS|jNG40cn/, /yr4n4c/i]
const holds = (text: string) => forms(text).some(each => plainly.test(each) || base64.test(each) || reversed.test(each))
const clusters = ['plugin', 'token', 'basic', 'oidc']

test('no secret is told by any command, nor written by one', { timeout: 600_000 }, async () => {
  for (const words of [
    'list --json',
    'list --environments --json',
    'list --environments',
    'show mine',
    'show token',
    'doctor',
    'doctor --json',
  ])
    await give(...words.split(' '))
  for (const name of clusters) {
    await give('doctor', '--on', name)
    if (name === 'plugin' || name === 'token') await give('run', 'plain', '--on', name, '--out', `out-${name}`)
  }
  await give('doctor', '--on', 'token', '--json')
  await give('cluster-setup', '--on', 'plugin')
  await give('compile', 'plain', '--on', 'token', '-o', 'manifests')
  await give('run', 'plain', '--on', 'box')
  await give('images', 'reads', '--engine', 'podman', '--push', 'registry.example.org')
  await give('plan', 'mine', '--source', source, '--keys')
  await give('run', 'mine', '--source', source, '--json')
  await give('run', 'mine', '--params-file', 'given/params.yml', '--out', 'again')
  await give('run', 'mine', '--source', source, '--fail', '--store', 'failed')
  await give('run', 'mine', '--source', source, '--fial')
  await give('run', 'mine', '--source', source, '--cpu', source)
  await give('why', 'mine', 'take', '--source', source.replace('reads', 'other'))
  await give('why', 'mine', 'take', '--source', source, '--fail')
  await give('runs', '--json')
  for (const words of ['logs last', 'logs last take', 'attach last', 'verify', 'clean --dry-run'])
    await give(...words.split(' '), '--store', 'failed')
  await give('fetch', 'idr0042', '--files-url', `http://ada:${inUrl('files')}@127.0.0.1:9/x?sig=${inUrl('sig')}`, '--api-url', source)
  await give('fetch', 'idr0042', '--files-url', `ftp://ada:${inUrl('ftp')}@127.0.0.1`)
  await give('new', 'step', source)
  await give('completion', 'candidates', '--', 'run', 'mine', '--source', source, '')
  cpSync(path.join(project, 'given/wrong.json'), path.join(project, 'trireme.config.json'))
  await give('doctor', '--on', 'wrong')
  await give('show', 'wrong')

  expect(printed.filter(({ text }) => holds(text))).toEqual([])
  expect(written().filter(({ text }) => holds(text))).toEqual([])
  // The canaries were where something could have told them: commands that succeed and that fail, by every kind of fault that may tell one.
  expect([...new Set(printed.map(({ status }) => status))].sort((a, b) => a - b)).toEqual([0, 1, 2, 4, 5, 8])
  const hiding = (of: readonly { readonly text: string }[]) => of.filter(({ text }) => text.includes('***')).length
  expect(hiding(printed)).toBeGreaterThan(5)
  expect(hiding(written())).toBeGreaterThan(5)
})
