import http from 'node:http'
import https from 'node:https'
import { TriremeError } from '../errors.ts'
import type { Access, Carried } from './credentials.ts'
import { access } from './kubeconfig.ts'
import { type Answer, type ClusterSettings, faultOf, isPassing } from './refusals.ts'

/** What an API server says: of any resource, these fields are looked at. */
export interface Resource {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: {
    readonly name?: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly creationTimestamp?: string
    readonly deletionTimestamp?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
}

interface Asking {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** @default application/json */
  readonly type?: string
  /** Milliseconds for which a server that is away or overloaded is asked again. @default 300,000: an API server's restart takes a minute or two */
  readonly patience?: number
  /** Statuses that are an answer, not a fault. */
  readonly accept?: readonly number[]
  readonly signal?: AbortSignal
}
const minute = 60_000

/**
 * An API server of Kubernetes. Who asks, and through what, is the library's affair (./credentials.ts); the requests are Node's, one function
 * for all, since those that the library generates drop the text of a 401, set no limit of time and take each answer whole. Its `Watch`
 * drops the text of every refusal and the lines that it cannot read; its informers list everything at once, and hold it.
 */
export class Cluster {
  readonly settings: ClusterSettings
  readonly #access: Access
  constructor(settings: ClusterSettings, access: Access) {
    this.settings = settings
    this.#access = access
  }
  /** Finds the way to the cluster and sees whether it answers. @throws TriremeError `ENVIRONMENT` */
  static async open(settings: ClusterSettings): Promise<Cluster> {
    const cluster = new Cluster(settings, await access(settings.context, settings.kubeconfig))
    await cluster.ask('GET', '/version', { patience: 3_000 })
    return cluster
  }
  /** Path of namespaced resources: of pods, or of Argo's. */
  path(kind: 'pods' | 'workflows' | 'workflowtaskresults' | string, name = ''): string {
    const group = /^(workflows|workflowtemplates|workflowtaskresults)$/.test(kind) ? '/apis/argoproj.io/v1alpha1' : '/api/v1'
    return `${group}/namespaces/${this.settings.namespace}/${kind}${name === '' ? '' : `/${name}`}`
  }
  /**
   * One question, asked again while the server is away or overloaded.
   * @throws TriremeError `ENVIRONMENT` for every answer that is a fault
   */
  async ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    const { patience = 5 * minute, accept = [], signal } = asking
    const until = Date.now() + patience
    for (let tries = 0; ; tries++) {
      const answer = await this.#send(method, path, asking).catch((cause: unknown) => cause)
      if (signal?.aborted) throw new TriremeError('CANCELLED', 'Stopped.')
      const pause = Math.min(250 * 2 ** tries, 10_000)
      const passing = answer instanceof Error ? !(answer instanceof TriremeError) : isPassing(answer as Answer)
      if (passing && Date.now() + pause < until) {
        await new Promise(done => setTimeout(done, pause))
        continue
      }
      if (answer instanceof TriremeError) throw answer
      if (answer instanceof Error)
        throw new TriremeError(
          'ENVIRONMENT',
          `Cannot reach the cluster of context "${this.settings.context}" at ${this.#access.server.origin}: ${reason(answer)}. Check the network (VPN?) and "context" of the environment ${this.settings.environment}.`,
          { cause: answer },
        )
      const { status } = answer as Answer
      if (status >= 300 && !accept.includes(status)) throw faultOf(answer as Answer, method, path, this.settings)
      return answer as Answer
    }
  }
  async get<R extends Resource>(path: string, asking?: Asking): Promise<R> {
    return JSON.parse((await this.ask('GET', path, asking)).text) // an API server speaks JSON; fields are looked at as they may be absent
  }
  /** Makes a resource of a name that we chose: one that is there already was made by an earlier try whose answer was lost. */
  async create(kind: string, resource: Resource, query: Readonly<Record<string, string>> = {}): Promise<Resource> {
    const { status, text } = await this.ask('POST', this.path(kind), { body: resource, accept: [409], query })
    return status === 409 ? this.get(this.path(kind, resource.metadata?.name)) : JSON.parse(text)
  }
  async patch(path: string, change: unknown): Promise<void> {
    await this.ask('PATCH', path, { body: change, type: 'application/merge-patch+json', accept: [404] })
  }
  async remove(path: string): Promise<void> {
    await this.ask('DELETE', path, { accept: [404] })
  }
  /** What a container wrote, its last lines; undefined where the pod or its log is gone, or it never started. */
  async log(pod: string, signal?: AbortSignal, container = 'main', lines = 40): Promise<string | undefined> {
    const asking = { query: { container, tailLines: String(lines) }, accept: [400, 404], patience: 10_000, ...(signal && { signal }) }
    const { status, text } = await this.ask('GET', `${this.path('pods', pod)}/log`, asking)
    const gone = /^unable to retrieve container logs for \S+$/.test(text) // by kubelet, as if the container had said it
    return status < 300 && !gone ? text : undefined
  }
  /** Whether the user of this context may do it. */
  async may(verb: string, group: string, resource: string, subresource = ''): Promise<boolean> {
    const resourceAttributes = { namespace: this.settings.namespace, verb, group, resource, subresource }
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } }
    const { text } = await this.ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: review })
    return JSON.parse(text).status?.allowed === true
  }
  /** The lines of an answer that does not end; ends when the server does, or nothing came for two minutes. */
  async *lines(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): AsyncGenerator<string> {
    const answer = await this.#open('GET', path, { query, signal })
    answer.setTimeout(2 * minute, () => answer.destroy(new Error('nothing heard for two minutes')))
    if ((answer.statusCode ?? 0) >= 300) {
      const told = { status: answer.statusCode ?? 0, text: await textOf(answer), date: undefined }
      throw isPassing(told) || told.status === 410 ? new Gone(told.status) : faultOf(told, 'GET', path, this.settings)
    }
    // Not readline: it splits at U+2028 too, which JSON may hold as it is.
    const pieces: Buffer[] = []
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      let from = 0
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        pieces.push(chunk.subarray(from, at))
        yield Buffer.concat(pieces.splice(0)).toString('utf8')
        from = at + 1
      }
      if (from < chunk.length) pieces.push(chunk.subarray(from))
    }
  }
  async #send(method: string, path: string, asking: Asking): Promise<Answer> {
    const answer = await this.#open(method, path, asking)
    return { status: answer.statusCode ?? 0, text: await textOf(answer), date: answer.headers.date }
  }
  async #open(method: string, path: string, asking: Asking): Promise<http.IncomingMessage> {
    const options = await this.#access.options()
    const answer = await this.#request(method, path, asking, options)
    if (answer.statusCode !== 401 || !this.#access.refused(options)) return answer
    answer.resume() // a token that was taken back before its end, or whose end was not told: one more try with another
    return this.#request(method, path, asking, await this.#access.options())
  }
  #request(method: string, path: string, asking: Asking, { headers, agent }: Carried): Promise<http.IncomingMessage> {
    const { query = {}, body, type = 'application/json', signal } = asking
    const { server } = this.#access
    const url = new URL(server.pathname.replace(/\/$/, '') + path, server)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const content = text === undefined ? {} : { 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(text)) }
    return new Promise((done, fail) => {
      const speak = url.protocol === 'http:' ? http : https
      const request = speak.request(url, { method, agent, headers: { Accept: 'application/json', ...headers, ...content }, signal })
      const limit = setTimeout(() => request.destroy(new Error('no answer within 30 s')), 30_000)
      request.on('error', cause => {
        clearTimeout(limit)
        fail(cause)
      })
      request.on('response', answer => {
        clearTimeout(limit)
        done(answer)
      })
      request.end(text)
    })
  }
}
/** A watch that cannot go on from where it was: list again. */
export class Gone extends Error {
  constructor(status: number) {
    super(`the server ended the watch with ${status}`)
  }
}
async function textOf(answer: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
function reason(cause: Error): string {
  const inner = 'errors' in cause && Array.isArray(cause.errors) ? cause.errors[0] : undefined // a host with several addresses
  const { message } = inner instanceof Error ? inner : cause
  return /certificate|self.signed/i.test(message) ? `its certificate is not trusted (${message})` : message
}
