import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { TriremeError } from '../errors.ts'

/** A way to an API server: where it is, and what a request must carry. */
export interface Access {
  readonly server: URL
  /** Headers of the next request, made anew each time since tokens are short-lived, and how it is sent. */
  readonly options: () => Promise<Options>
}
export interface Options {
  readonly headers: Readonly<Record<string, string>>
  readonly agent: http.Agent | undefined
}
interface Named {
  readonly name: string
  /** Folder of its file: relative paths in it start there. */
  readonly folder: string
  readonly it: Readonly<Record<string, unknown>>
}
interface Config {
  readonly files: readonly string[]
  readonly contexts: readonly Named[]
  readonly clusters: readonly Named[]
  readonly users: readonly Named[]
}
/**
 * The way to a cluster by the name of a context, as kubectl knows it. Never the current context: what a run costs and where its data go
 * must not depend on what somebody typed in another window.
 *
 * Tokens, certificates and credential plugins (all that hosted clusters use) are understood here; the Kubernetes library, which takes 80 MB
 * and a second to load, is asked only where a proxy or one of the old `auth-provider`s is named.
 * @param kubeconfig file to read instead of $KUBECONFIG or ~/.kube/config
 * @throws TriremeError `ENVIRONMENT` where there is no such context
 */
export async function access(context: string, kubeconfig: string | undefined): Promise<Access> {
  const config = read(kubeconfig === undefined ? defaultFiles() : [path.resolve(kubeconfig)])
  const found = config.contexts.find(({ name }) => name === context)
  if (!found) {
    const names = config.contexts.map(({ name }) => name)
    throw new TriremeError(
      'ENVIRONMENT',
      `There is no context "${context}" in ${config.files.join(', ')}. ${names.length > 0 ? `There are: ${names.join(', ')}.` : 'It has none.'} Correct "context" of the environment, or log in to the cluster.`,
    )
  }
  const cluster = config.clusters.find(({ name }) => name === found.it.cluster)
  const user = config.users.find(({ name }) => name === found.it.user) ?? { name: '', folder: '', it: {} }
  if (!cluster || typeof cluster.it.server !== 'string')
    throw new TriremeError(
      'ENVIRONMENT',
      `The context "${context}" names no cluster that its kubeconfig knows. Mend ${config.files.join(', ')}.`,
    )
  const server = new URL(cluster.it.server)
  const options = cluster.it['proxy-url'] || user.it['auth-provider'] ? byLibrary(config.files, context) : plainly(cluster, user, server)
  return {
    server,
    options: () =>
      options().catch((cause: unknown) => {
        throw new TriremeError(
          'ENVIRONMENT',
          `The credentials of context "${context}" cannot be had: ${(cause as Error).message.trim()}. Log in to the cluster, and give the same command again.`,
          { cause },
        )
      }),
  }
}
function defaultFiles(): readonly string[] {
  const named = (process.env.KUBECONFIG ?? '').split(path.delimiter).filter(file => file !== '')
  return named.length > 0 ? named : [path.join(os.homedir(), '.kube', 'config')]
}
/** Several files count as one; what the first of them says of a name holds. */
function read(files: readonly string[]): Config {
  const there = files.filter(file => existsSync(file))
  if (there.length === 0)
    throw new TriremeError(
      'ENVIRONMENT',
      `There is no kubeconfig at ${files.join(' or ')}. Set KUBECONFIG, or name the file as "kubeconfig" in the environment.`,
    )
  const texts = there.map(file => {
    try {
      const content: unknown = parse(readFileSync(file, 'utf8'))
      return { folder: path.dirname(path.resolve(file)), content: isRecord(content) ? content : {} }
    } catch (cause) {
      const fault = (cause as Error).message.split('\n')[0]
      throw new TriremeError('ENVIRONMENT', `The kubeconfig ${file} cannot be read: ${fault}. Mend it; "kubectl config view" shows it.`, {
        cause,
      })
    }
  })
  const all = (list: string, field: string) =>
    texts.flatMap(({ folder, content }) => {
      const entries: unknown = content[list]
      return (Array.isArray(entries) ? entries : []).flatMap((entry: unknown): readonly Named[] => {
        const it = isRecord(entry) ? entry[field] : undefined
        return isRecord(entry) && isRecord(it) ? [{ name: String(entry.name), folder, it }] : []
      })
    })
  return { files: there, contexts: all('contexts', 'context'), clusters: all('clusters', 'cluster'), users: all('users', 'user') }
}
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A field that may be given as it is (base64), or as the path of a file. */
function bytes({ folder, it }: Named, field: string): Buffer | undefined {
  const data = it[`${field}-data`]
  if (typeof data === 'string') return Buffer.from(data, 'base64')
  const file = it[field]
  return typeof file === 'string' && file !== '' ? readFileSync(path.resolve(folder, file)) : undefined
}
function plainly(cluster: Named, user: Named, server: URL): Access['options'] {
  let agent: { readonly made: http.Agent; readonly cert: string } | undefined
  const plugged = isRecord(user.it.exec) ? plugin(user.it.exec, user.folder) : undefined
  return async () => {
    const credential = await plugged?.()
    const cert = credential?.cert ?? bytes(user, 'client-certificate')
    const key = credential?.key ?? bytes(user, 'client-key')
    if (agent?.cert !== String(cert)) {
      const skip = cluster.it['insecure-skip-tls-verify'] === true && { rejectUnauthorized: false }
      const name = cluster.it['tls-server-name']
      const tls = {
        keepAlive: true,
        ca: bytes(cluster, 'certificate-authority'),
        cert,
        key,
        ...skip,
        ...(typeof name === 'string' && { servername: name }),
      }
      agent = { made: server.protocol === 'http:' ? new http.Agent({ keepAlive: true }) : new https.Agent(tls), cert: String(cert) }
    }
    return { headers: { ...authorization(user, credential?.token), ...impersonation(user) }, agent: agent.made }
  }
}
function authorization(user: Named, plugged: string | undefined): Readonly<Record<string, string>> {
  const { token, tokenFile, username, password } = user.it
  // The file comes first: it is kept fresh, and the token beside it is what it held once.
  const bearer = plugged ?? (typeof tokenFile === 'string' ? readFileSync(path.resolve(user.folder, tokenFile), 'utf8').trim() : token)
  if (typeof bearer === 'string' && bearer !== '') return { Authorization: `Bearer ${bearer}` }
  return typeof username === 'string'
    ? { Authorization: `Basic ${Buffer.from(`${username}:${String(password ?? '')}`).toString('base64')}` }
    : {}
}
const impersonation = ({ it }: Named): Readonly<Record<string, string>> => (typeof it.as === 'string' ? { 'Impersonate-User': it.as } : {})

interface Credential {
  readonly token: string | undefined
  readonly cert: Buffer | undefined
  readonly key: Buffer | undefined
}
/** Asks a credential plugin, and again when what it gave is about to expire. */
function plugin(exec: Readonly<Record<string, unknown>>, folder: string): () => Promise<Credential> {
  let known: { readonly credential: Credential; readonly until: number } | undefined
  return async () => {
    if (known && Date.now() < known.until) return known.credential
    const command = String(exec.command)
    const program = command.includes('/') ? path.resolve(folder, command) : command
    const words = Array.isArray(exec.args) ? exec.args.map(String) : []
    const given = Array.isArray(exec.env) ? exec.env.filter(isRecord).map(({ name, value }) => [String(name), String(value)] as const) : []
    const asking = JSON.stringify({ apiVersion: exec.apiVersion, kind: 'ExecCredential', spec: { interactive: false } })
    const env = { ...process.env, ...Object.fromEntries(given), KUBERNETES_EXEC_INFO: asking }
    const { stdout } = await promisify(execFile)(program, words, { env, timeout: 60_000 }).catch((cause: Error) => {
      throw new Error(`${command} failed: ${cause.message}${typeof exec.installHint === 'string' ? `. ${exec.installHint}` : ''}`)
    })
    const status: unknown = JSON.parse(stdout).status
    const told = isRecord(status) ? status : {}
    const text = (field: string) => (typeof told[field] === 'string' ? told[field] : undefined)
    const pem = (field: string) => (text(field) === undefined ? undefined : Buffer.from(text(field)!))
    const expires = Date.parse(text('expirationTimestamp') ?? '')
    const credential = { token: text('token'), cert: pem('clientCertificateData'), key: pem('clientKeyData') }
    known = { credential, until: (Number.isNaN(expires) ? Date.now() + 600_000 : expires) - 60_000 }
    return credential
  }
}
/** Proxies, and the `auth-provider`s that kubectl itself has given up. */
function byLibrary(files: readonly string[], context: string): Access['options'] {
  let loaded: Promise<import('@kubernetes/client-node').KubeConfig> | undefined
  const load = async () => {
    const { KubeConfig } = await import('@kubernetes/client-node')
    const config = new KubeConfig()
    for (const file of files) {
      const one = new KubeConfig()
      one.loadFromFile(file)
      config.mergeConfig(one)
    }
    config.setCurrentContext(context)
    return config
  }
  return async () => {
    loaded ??= load()
    const filled: https.RequestOptions = {}
    await (await loaded).applyToHTTPSOptions(filled)
    return {
      headers: filled.headers as Record<string, string>, // the library fills it with texts
      agent: filled.agent instanceof http.Agent ? filled.agent : undefined,
    }
  }
}
