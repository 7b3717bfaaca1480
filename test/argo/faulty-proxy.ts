import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What a proxy does to requests instead of passing them on. */
export interface ProxyFault {
  /**
   * `refused`: nobody listens, for any request; `reset`: the connection is torn down when the request has come; `cut`: half of the body, of
   * an answer or of what is sent, and then torn down; `lost`: it is done, and the connection torn down before the answer; `full`: the store has no room left; `stalled`: no answer; `slow`: a second before each request, and bodies in pieces.
   */
  readonly kind: 'refused' | 'reset' | '502' | '503' | 'slow' | 'cut' | 'lost' | 'full' | 'stalled'
  /** `LIST` is told from `GET`. @default all */
  readonly methods?: readonly string[]
  /** Of the path. @default any */
  readonly path?: RegExp
  /** Milliseconds from the first request that it meets. @default as many as it takes to meet one */
  readonly lasts?: number
}
export interface FaultyProxy {
  readonly endpoint: string
  /** `GET /bucket/key`, each request that came. */
  readonly asked: string[]
  /** Those that a fault met. */
  readonly met: string[]
  /** Begins with the first request that fits. One at a time. */
  readonly fail: (fault: ProxyFault) => void
  readonly close: () => Promise<void>
}
/** A proxy before an object store at `store` (`host:port`), which fails as it is told. */
export async function faultyProxy(store: string): Promise<FaultyProxy> {
  const [host, port] = store.split(':')
  const sockets = new Set<Socket>()
  let fault: ProxyFault | undefined
  let until: number | undefined
  let own = 0
  const meets = (request: http.IncomingMessage): ProxyFault | undefined => {
    if (!fault || !(fault.methods?.includes(methodOf(request)) ?? true) || !(fault.path?.test(request.url ?? '') ?? true)) return undefined
    until ??= Date.now() + (fault.lasts ?? 0)
    proxy.met.push(`${methodOf(request)} ${request.url}`)
    const now = fault
    if (Date.now() >= until) fault = undefined
    return fault || now.lasts === undefined ? now : undefined
  }
  const server = http.createServer(async (request, response) => {
    proxy.asked.push(`${methodOf(request)} ${request.url}`)
    const kind = meets(request)?.kind
    if (kind === 'refused') {
      for (const each of sockets) each.destroy()
      server.close()
      setTimeout(() => server.listen(own, '127.0.0.1'), Math.max(0, until! - Date.now()))
      return
    }
    if (kind === 'reset') return request.socket.resetAndDestroy()
    if (kind === 'stalled') return
    if (kind === '502' || kind === '503') {
      request.resume()
      response.writeHead(Number(kind), { 'Content-Type': 'text/html', Connection: 'close' })
      return response.end(request.method === 'HEAD' ? '' : `<html><body><h1>${kind} said the proxy</h1></body></html>`)
    }
    if (kind === 'full') {
      request.resume()
      const words = 'Storage backend has reached its minimum free drive threshold. Please delete a few objects to proceed.'
      response.writeHead(507, { 'Content-Type': 'application/xml' })
      return response.end(`<?xml version="1.0"?><Error><Code>XMinioStorageFull</Code><Message>${words}</Message></Error>`)
    }
    if (kind === 'slow') await new Promise(done => setTimeout(done, 1_000))
    const { method, url: path, headers } = request
    const on = http.request({ host, port, method, path, headers, agent: false }, answer => {
      if (kind === 'lost') return request.socket.destroy()
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      response.flushHeaders()
      if (kind === 'cut' && !isSent(request)) half(answer, response, () => request.socket.destroy())
      else answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    on.on('error', () => request.socket.destroy())
    if (kind === 'cut' && isSent(request)) half(request, on, () => [on, request.socket].map(each => each.destroy()))
    else request.pipe(on)
    request.socket.once('close', () => on.destroy())
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.keepAliveTimeout = 1_000
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  own = (server.address() as AddressInfo).port
  const proxy: FaultyProxy = {
    endpoint: `127.0.0.1:${own}`,
    asked: [],
    met: [],
    fail: next => {
      ;[fault, until] = [next, undefined]
    },
    close: () =>
      new Promise(done => {
        server.close(() => done())
        for (const each of sockets) each.destroy()
      }),
  }
  return proxy
}
const methodOf = ({ method = '', url = '' }: http.IncomingMessage) => (method === 'GET' && url.includes('list-type=') ? 'LIST' : method)
const isSent = ({ method = '' }: http.IncomingMessage) => method === 'PUT' || method === 'POST'
/** Passes on half of a body, and then tears down. */
function half(from: http.IncomingMessage, to: NodeJS.WritableStream, tear: () => void): void {
  let left = Math.floor(Number(from.headers['content-length'] ?? 0) / 2)
  from.on('data', (chunk: Buffer) => {
    if (left > 0) to.write(chunk.subarray(0, left), () => left <= 0 && setImmediate(tear))
    left -= chunk.length
  })
  from.on('end', () => left > 0 && tear())
}
