import { writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { locationOf } from './location.ts'

export interface Json {
  readonly [field: string]: unknown
}
export interface Refusal {
  readonly status: number
  readonly message: string
  /** Said as it is, not as a Status. */
  readonly plain?: true
}
/**
 * An API server of Kubernetes in memory: Workflows and pods can be made, listed, watched, patched, deleted. Nothing runs them. Its controller's
 * own artifact repository is nobody's, so a Workflow that does not name a bucket of its own is refused.
 */
export interface FakeCluster {
  readonly kubeconfig: string
  readonly workflows: Map<string, Json>
  /** What a pod has written, by its name; `POD wait`: what Argo's container has. */
  readonly logs: Map<string, string>
  /** What was asked, `POST /apis/…`. */
  readonly asked: string[]
  /** Called for each question; an answer is given instead of the usual one. */
  refuse: (method: string, path: string) => Refusal | undefined
  /** Called when a workflow is made: plays the controller. */
  onWorkflow: (name: string, workflow: Json) => void
  onPatch: (name: string, change: Json) => void
  /** What the server makes of a workflow that it is given: plays its policies and its CRDs. */
  admit: (workflow: Json) => Json
  /** What happened to pods, by their uid. */
  readonly events: Map<string, readonly Json[]>
  /** ConfigMaps, `NAMESPACE/NAME`. */
  readonly configMaps: Map<string, Json>
  readonly setWorkflow: (name: string, status: Json) => void
  readonly deleteWorkflow: (name: string) => void
  readonly setPod: (name: string, pod: Json) => void
  /** Ends all watches; with a status, as the server does whose history is gone. */
  readonly dropWatches: (code?: number) => void
  /** Closes all connections and takes no new ones for a time. */
  readonly restart: (milliseconds: number) => Promise<void>
  readonly close: () => Promise<void>
}
export async function fakeCluster(folder: string): Promise<FakeCluster> {
  const workflows = new Map<string, Json>()
  const pods = new Map<string, Json>()
  const watches = new Set<{ readonly kind: string; readonly response: http.ServerResponse }>()
  let version = 1
  let server: http.Server
  let port = 0
  const tell = (kind: string, type: string, object: Json) => {
    for (const watch of watches) if (watch.kind === kind) watch.response.write(`${JSON.stringify({ type, object })}\n`)
  }
  const put = (kind: string, all: Map<string, Json>, name: string, object: Json) => {
    const metadata = { name, ...(object.metadata as Json | undefined), resourceVersion: String(++version) }
    const whole = { ...object, metadata }
    const type = all.has(name) ? 'MODIFIED' : 'ADDED'
    all.set(name, whole)
    tell(kind, type, whole)
    return whole
  }
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const url = new URL(request.url ?? '', 'http://localhost')
    const method = request.method ?? 'GET'
    fake.asked.push(`${method} ${url.pathname}`)
    const say = (status: number, body: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    const refusal = fake.refuse(method, url.pathname)
    if (refusal?.plain) {
      response.writeHead(refusal.status)
      return response.end(refusal.message)
    }
    if (refusal) return say(refusal.status, { kind: 'Status', status: 'Failure', message: refusal.message, code: refusal.status })
    const [, kind = '', name = ''] = /\/(workflows|pods|selfsubjectaccessreviews)(?:\/([^/]+))?(?:\/log)?$/.exec(url.pathname) ?? []
    if (url.pathname === '/version') return say(200, { gitVersion: 'v1.34.4' })
    if (kind === 'selfsubjectaccessreviews') return say(201, { status: { allowed: true } })
    if (url.pathname.endsWith('/events')) {
      const uid = /involvedObject\.uid=([^,]+)/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1] ?? ''
      return say(200, { kind: 'List', items: fake.events.get(uid) ?? [] })
    }
    const [, at, configMap] = /\/namespaces\/([^/]+)\/configmaps\/([^/]+)$/.exec(url.pathname) ?? []
    if (configMap !== undefined) {
      const found = fake.configMaps.get(`${at}/${configMap}`)
      return found ? say(200, found) : say(404, { kind: 'Status', message: `configmaps "${configMap}" not found` })
    }
    const all = kind === 'pods' ? pods : workflows
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined
    if (method === 'POST') {
      const own = body.metadata.name as string
      if (kind === 'workflows' && body.spec && !locationOf(body))
        return say(422, { kind: 'Status', message: `${own} names no bucket for its pods`, code: 422 })
      if ((body.spec?.templates ?? []).some((each: Json) => (each.dag as { readonly tasks: [] } | undefined)?.tasks.length === 0))
        return say(422, { kind: 'Status', message: 'spec.templates[0].dag.tasks in body should have at least 1 items', code: 422 })
      if (url.searchParams.get('dryRun') === 'All') return say(201, fake.admit(body))
      if (all.has(own)) return say(409, { kind: 'Status', message: 'already exists' })
      say(201, put(kind, all, own, body))
      setImmediate(() => fake.onWorkflow(own, body))
    } else if (method === 'PATCH') {
      say(200, put(kind, all, name, { ...all.get(name), ...body, status: all.get(name)?.status }))
      setImmediate(() => fake.onPatch(name, body))
    } else if (method === 'DELETE') {
      say(200, {})
      fake.deleteWorkflow(name)
    } else if (url.searchParams.get('watch') === 'true') {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      response.flushHeaders()
      const watch = { kind, response }
      watches.add(watch)
      response.on('close', () => watches.delete(watch))
      // What changed since the list that the watch begins from.
      const from = Number(url.searchParams.get('resourceVersion') ?? 0)
      for (const object of all.values())
        if (Number((object.metadata as Json).resourceVersion) > from) response.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`)
    } else if (url.pathname.endsWith('/log')) {
      const container = url.searchParams.get('container')
      const log = fake.logs.get(container === 'main' ? name : `${name} ${container}`)
      response.writeHead(log === undefined ? 404 : 200)
      response.end(log)
    } else if (name !== '') all.has(name) ? say(200, all.get(name)) : say(404, { kind: 'Status', message: `${kind} "${name}" not found` })
    else {
      const field = url.searchParams.get('fieldSelector')?.split('=')[1]
      const items = [...all.values()].filter(({ metadata }) => field === undefined || (metadata as Json).name === field)
      const [from, limit] = [Number(url.searchParams.get('continue') ?? 0), Number(url.searchParams.get('limit') ?? items.length)]
      const more = from + limit < items.length && { continue: String(from + limit) }
      say(200, { kind: 'List', metadata: { resourceVersion: String(version), ...more }, items: items.slice(from, from + limit) })
    }
  }
  const listen = async () => {
    server = http.createServer((request, response) => void answer(request, response))
    await new Promise<void>(done => server.listen(port, '127.0.0.1', done))
    port = (server.address() as AddressInfo).port
  }
  const shut = () =>
    new Promise<void>(done => {
      server.close(() => done())
      server.closeAllConnections()
    })
  await listen()
  const kubeconfig = path.join(folder, 'kubeconfig')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'production',
    clusters: [{ name: 'test', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'me', user: { token: 'a-token' } }],
    contexts: [
      { name: 'test', context: { cluster: 'test', user: 'me' } },
      { name: 'production', context: { cluster: 'test', user: 'me' } },
    ],
  }
  writeFileSync(kubeconfig, JSON.stringify(config))
  const fake: FakeCluster = {
    kubeconfig,
    workflows,
    logs: new Map(),
    asked: [],
    refuse: () => undefined,
    onWorkflow: () => {},
    onPatch: () => {},
    admit: workflow => workflow,
    events: new Map(),
    configMaps: new Map(),
    setWorkflow: (name, status) => void put('workflows', workflows, name, { ...workflows.get(name), status }),
    deleteWorkflow: name => {
      const gone = workflows.get(name)
      workflows.delete(name)
      if (gone) tell('workflows', 'DELETED', gone)
    },
    setPod: (name, pod) => void put('pods', pods, name, pod),
    dropWatches: code => {
      for (const { response } of watches)
        response.end(
          code === undefined
            ? ''
            : `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code, message: 'too old resource version' } })}\n`,
        )
    },
    restart: async milliseconds => {
      await shut()
      await new Promise(done => setTimeout(done, milliseconds))
      await listen()
    },
    close: shut,
  }
  return fake
}
