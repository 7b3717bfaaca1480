import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import http from 'node:http'
import type https from 'node:https'
import path from 'node:path'
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node'
import { TriremeError } from '../errors.ts'
import { keepSecret, keepSecretsOf } from '../secrets.ts'

/** A way to an API server: where it is, and what a request must carry. */
export interface Access {
  readonly server: URL
  /** Headers of the next request, made anew each time since tokens are short-lived, and how it is sent. */
  readonly options: () => Promise<Carried>
  /** The server did not accept what a request carried. @returns whether there is another to be had: a plugin is asked, whatever end it told */
  readonly refused: (carried: Carried) => boolean
}
export interface Carried {
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly agent: http.Agent
}
/** Of a user: what the library leaves out when it reads a kubeconfig. */
export interface Also {
  /** Its file's folder: where the path of a plugin starts. */
  readonly folder: string
  readonly tokenFile?: string
  /** Headers that say on whose behalf, beside the name. */
  readonly behalf: Readonly<Record<string, string | readonly string[]>>
}
/** What a context stands for. */
export interface Way {
  readonly cluster: Cluster
  readonly user: User
  readonly also: Also
}
interface Surrounding {
  readonly context: string
  /** The command by which a person asks the same cluster. */
  readonly kubectl: string
  /** Milliseconds that a credential plugin may take. */
  readonly patience: number
}
/** Milliseconds before its end at which a credential is taken for ended. */
const early = 60_000

/**
 * What requests to a cluster carry, as the library has it from tokens and their files, certificates, credential plugins and OIDC, through
 * proxies. What is done to it here is what the library leaves to do; each line says what.
 * @param make a KubeConfig of the library
 */
export function credentials(make: () => KubeConfig, way: Way, { context, kubectl, patience }: Surrounding): Omit<Access, 'server'> {
  const user = completed(way)
  keepSecret(user.token, user.password, user.keyData)
  keepSecretsOf({ ...user.authProvider?.config, proxyUrl: way.cluster.proxyUrl })
  const plugged = Boolean(user.exec)
  let held: { readonly options: Carried; readonly tls: string; readonly until: number } | undefined
  let asking: Promise<Carried> | undefined
  const ask = async (): Promise<Carried> => {
    const config = make() // anew: the library forgets when an OIDC token ends once it has renewed it, and then renews it with each request
    config.loadFromClusterAndUser(way.cluster, user)
    const plugin = plugged ? new Plugin(config, way.user, patience) : undefined
    const renewal: unknown = user.authProvider?.config?.['refresh-token']
    const filled: https.RequestOptions = {}
    try {
      await config.applyToHTTPSOptions(filled)
      const any = filled.cert !== undefined || 'Authorization' in (filled.headers ?? {})
      if (plugin && !any) throw new TypeError('no credential') // the library takes an empty answer for one
    } catch (cause) {
      throw new Error(plugin ? plugin.fault(cause as Error) : providerFault(cause as Error, user))
    }
    // Identity providers that keep to one refresh token do not send it again, and the library puts their silence in its place.
    if (renewal !== undefined) user.authProvider.config['refresh-token'] ??= renewal
    const { agent } = filled
    if (!(agent instanceof http.Agent)) throw new Error('the Kubernetes library has made no agent')
    const tls = JSON.stringify([filled.ca, filled.cert, filled.key].map(String))
    // One agent for as long as the certificates stay: the library makes one for each request, and each would shake hands anew.
    const kept = held?.tls === tls ? held.options.agent : Object.assign(agent, { keepAlive: true })
    held = { options: { headers: headersOf(filled, user, way.also), agent: kept }, tls, until: plugin?.until() ?? 0 }
    keepSecret(String(held.options.headers.Authorization ?? '').replace(/^\w+ /, ''))
    return held.options
  }
  return {
    options: async () => {
      if (held && Date.now() < held.until) return held.options
      asking ??= ask().finally(() => {
        asking = undefined // requests that come meanwhile wait for the same answer: a plugin may use up what it renews with
      })
      return asking.catch((cause: Error) => {
        // Without the cause: what started a plugin holds its arguments.
        throw new TriremeError(
          'ENVIRONMENT',
          `The credentials of context "${context}" cannot be had: ${cause.message}. Log in to the cluster, and give the same command again.${plugged ? ` What the plugin says may be secret, and is not repeated here; to see it: ${kubectl} version` : ''}`,
        )
      })
    },
    refused: carried => {
      if (held?.options === carried) held = { ...held, until: 0 }
      return plugged
    },
  }
}
/** The user, with what the library needs to be told of them in its own words. */
function completed({ user, also: { folder, tokenFile } }: Way): User {
  // The file comes first: it is kept fresh, and the token beside it is what it held once.
  if (tokenFile !== undefined) return { ...user, token: '', authProvider: { name: 'tokenFile', config: { tokenFile } } }
  const issuer: unknown = user.authProvider?.config?.['idp-issuer-url']
  if (typeof issuer === 'string' && URL.canParse(issuer)) {
    // The library hands it on as it is, and its own library for OIDC takes nothing but a URL: no token would ever be renewed.
    const provider = { ...user.authProvider, config: { ...user.authProvider.config, 'idp-issuer-url': new URL(issuer) } }
    return { ...user, authProvider: provider }
  }
  if (!user.exec) return { ...user, ...(user.username && { password: user.password ?? '' }) } // it would say "undefined" for none
  const { apiVersion, command, args } = user.exec
  // kubectl lets a path start at the kubeconfig's folder, and tells a plugin what it is asked for; the library does neither.
  const program = /[/\\]/.test(command) ? path.resolve(folder, command) : command
  const asked = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } })
  const env = [...listOf(user.exec.env), { name: 'KUBERNETES_EXEC_INFO', value: asked }]
  return { ...user, exec: { ...user.exec, command: program, args: listOf(args).map(String), env } }
}
const listOf = (value: unknown) => (Array.isArray(value) ? value : [])

function headersOf({ headers, auth }: https.RequestOptions, user: User, { behalf }: Also): Carried['headers'] {
  const all = { ...(headers as Record<string, string>) } // the library fills it with texts
  if (auth) all.Authorization = `Basic ${Buffer.from(auth).toString('base64')}`
  if (all.Authorization) all.Authorization = all.Authorization.trim() // files of tokens end with a line's end, which no header may hold
  // The library sends the request all the same, as nobody's, and the cluster says that "system:anonymous" may not.
  if (user.authProvider && !/^\w+ ./.test(all.Authorization ?? ''))
    throw new Error(`its "${user.authProvider.name}" has no token that holds, nor the means to renew it`)
  return { ...all, ...behalf }
}

/** The two fields that are needed of what the library asks plugins with; they are private, and there is no other way to what they do. */
interface Asker {
  execFn: (command: string, words: readonly string[], options: SpawnOptions) => ChildProcess
  readonly tokenCache: Readonly<Record<string, { readonly status?: { readonly expirationTimestamp?: string } } | null>>
}
/** A credential plugin, which the library asks. */
class Plugin {
  readonly #asker: Asker | undefined
  readonly #user: User
  #ended = ''
  constructor(config: KubeConfig, user: User, patience: number) {
    this.#user = user
    const askers: readonly Asker[] = Reflect.get(config, 'authenticators') ?? []
    this.#asker = askers.find(each => 'execFn' in each)
    if (this.#asker)
      this.#asker.execFn = (command, words, options) => {
        // The library sets no limit, and leaves standard input open: a plugin that asks for a password would hold the command for ever.
        const child = spawn(command, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: patience, killSignal: 'SIGKILL' })
        child.on('exit', (status, signal) => {
          const limit = `: it had ${patience / 1000} s, and was stopped`
          this.#ended = signal === null ? ` with status ${status}` : signal === 'SIGKILL' ? limit : ` by ${signal}`
          // What it started may hold its output, and the library waits for that to close.
          setTimeout(() => [child.stdout, child.stderr].map(stream => stream?.destroy()), 1000).unref()
        })
        return child
      }
  }
  /** When to ask again: a minute before the end, so that no request is under way then, where the library waits for it to pass. */
  until(): number {
    const ends = Date.parse(this.#asker?.tokenCache[this.#user.name]?.status?.expirationTimestamp ?? '')
    return (Number.isNaN(ends) ? Date.now() + 10 * early : ends) - early // where none is told, the library asks with each request
  }
  /**
   * How it failed: its command's name and its status. Nothing of what it was given, nor of its words, which repeat that in whatever form: both
   * may be secret, and messages stay in records.
   */
  fault(cause: Error): string {
    const { command = 'its plugin', installHint } = this.#user.exec
    const hint = typeof installHint === 'string' ? `. ${installHint.trim().replace(/\.$/, '')}` : ''
    const code = 'code' in cause ? String(cause.code) : ''
    // Node's own message quotes a word that it cannot hand over.
    if (code.startsWith('ERR_INVALID_ARG')) return `${command} failed: it cannot be started (${code})${hint}`
    if ('syscall' in cause && String(cause.syscall).startsWith('spawn')) return `${command} failed: it cannot be started (${code})${hint}`
    if (this.#ended === '') return complaint(cause) // not the plugin's fault: it was not asked yet
    if (this.#ended === ' with status 0') return `${command} failed: what it printed is no ExecCredential${hint}`
    return `${command} failed${this.#ended}${hint}`
  }
}
function providerFault(cause: Error, { authProvider }: User): string {
  if (!authProvider || authProvider.name === 'tokenFile') return cause.message
  return `its auth-provider "${authProvider.name}" failed: ${complaint(cause)}`
}
/** The last of what was said, in one line. */
function complaint({ message }: Error): string {
  const line = message.replace(/\s+/g, ' ').trim().replace(/\.$/, '')
  return line.length > 400 ? `…${line.slice(-400)}` : line
}
