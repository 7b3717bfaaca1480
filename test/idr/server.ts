// A stand-in for IDR on 127.0.0.1, for tests: file tree and JSON API, with the moods of servers far away.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Listed } from '../../datasets/idr0042/roster.ts'

/** What befalls a request. `lie`: half of the file under a length that fits the half. `hang`: half of it, then nothing. */
export type Mood = 'sound' | 'drop' | 'hang' | 'lie' | 'throttle' | 'mute' | 'login' | 429 | 500 | 503 | 404
export interface Server {
  readonly url: string
  readonly requests: { readonly path: string; readonly range: string | undefined; readonly status: number }[]
  /** Most requests under way at a time. */
  most: number
  mood: (path: string, nth: number) => Mood
  /** Contents by path below the file tree; a test may change one. */
  readonly files: Map<string, Buffer>
  sessions: number
  readonly close: () => Promise<void>
}
export async function serve(images: readonly Listed[], contentOf: (n: number) => Buffer): Promise<Server> {
  const files = new Map(images.map(({ place }, n) => [`/files/${place}`, contentOf(n)]))
  const counts = new Map<string, number>()
  let open = 0
  const server: Server = { url: '', requests: [], most: 0, mood: () => 'sound', files, sessions: 0, close: async () => {} }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    server.most = Math.max(server.most, ++open)
    // Over when its last byte is given out: the client may ask for more before this side hears that the answer was closed.
    let over = false
    const finish = () => {
      if (!over) open--
      over = true
      return response
    }
    response.on('close', finish)
    const path = request.url ?? ''
    const nth = counts.get(path) ?? 0
    counts.set(path, nth + 1)
    const mood = server.mood(path, nth)
    const reply = path.startsWith('/files/') ? fileReply(server, path, request) : apiReply(server, images, path, request, mood === 'login')
    const status = typeof mood === 'number' ? mood : reply.status
    server.requests.push({ path, range: request.headers.range, status })
    if (typeof mood === 'number')
      return finish()
        .writeHead(mood, mood === 429 ? { 'retry-after': '0' } : {})
        .end('a page of errors')
    if (mood === 'mute') return request.socket.destroy()
    const half = reply.body.subarray(0, Math.floor(reply.body.length / 2))
    const length = (body: Buffer) => ({ ...reply.headers, 'content-length': String(body.length) })
    if (mood === 'lie') return finish().writeHead(reply.status, length(half)).end(half)
    response.writeHead(reply.status, length(reply.body))
    if (mood === 'sound' || mood === 'login') return finish().end(reply.body)
    if (mood === 'throttle')
      for (let at = 0; at < reply.body.length; at += 4096) {
        const rest = reply.body.subarray(at, at + 4096)
        ;(at + 4096 < reply.body.length ? response : finish()).write(rest)
        await new Promise(done => setTimeout(done, 2))
      }
    else response.write(half)
    if (mood === 'throttle') response.end()
    if (mood === 'drop') setTimeout(() => request.socket.destroy(), 5)
  }
  const http = createServer((request, response) => void answer(request, response))
  await new Promise<void>(done => http.listen(0, '127.0.0.1', done))
  const { port } = http.address() as AddressInfo // a server that listens on a port has one
  const close = () =>
    new Promise<void>(done => {
      http.closeAllConnections()
      http.close(() => done())
    })
  return Object.assign(server, { url: `http://127.0.0.1:${port}`, close })
}
interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Buffer
}
function fileReply({ files }: Server, path: string, { headers: asked }: IncomingMessage): Reply {
  const content = files.get(path)
  if (!content) return { status: 404, headers: {}, body: Buffer.from('no such file') }
  const headers = { etag: `"${content.length}-${content.subarray(-20).toString('hex')}"`, 'accept-ranges': 'bytes' }
  const from = /^bytes=(\d+)-$/.exec(asked.range ?? '')?.[1]
  const stale = asked['if-range'] !== undefined && asked['if-range'] !== headers.etag
  if (from === undefined || stale) return { status: 200, headers, body: content }
  if (Number(from) >= content.length)
    return { status: 416, headers: { 'content-range': `bytes */${content.length}` }, body: Buffer.alloc(0) }
  const range = `bytes ${from}-${content.length - 1}/${content.length}`
  return { status: 206, headers: { ...headers, 'content-range': range }, body: content.subarray(Number(from)) }
}
function apiReply(server: Server, images: readonly Listed[], path: string, request: IncomingMessage, expired: boolean): Reply {
  const json = (value: unknown): Reply => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  })
  const { pathname, searchParams } = new URL(path, 'http://x')
  if (pathname === '/webclient/' && searchParams.get('experimenter') === '-1')
    return {
      status: 302,
      headers: { location: '/webclient/home', 'set-cookie': [`sessionid=${++server.sessions}; Path=/; HttpOnly`] },
      body: Buffer.alloc(0),
    }
  if (pathname === '/webclient/home') return { status: 200, headers: {}, body: Buffer.from('<html>') }
  if (expired || request.headers.cookie !== `sessionid=${server.sessions}`)
    return { status: 302, headers: { location: '/webclient/login/' }, body: Buffer.alloc(0) }
  const page = (all: readonly unknown[]) => {
    const [limit, offset] = ['limit', 'offset'].map(name => Number(searchParams.get(name)))
    return json({ data: all.slice(offset, offset! + Math.min(limit!, 7)), meta: { totalCount: all.length, limit, offset } })
  }
  if (pathname === '/api/v0/m/projects/402/datasets/')
    return page([
      { '@id': 1, Name: 'training' },
      { '@id': 2, Name: 'test' },
    ])
  const dataset = { '/api/v0/m/datasets/1/images/': 'training', '/api/v0/m/datasets/2/images/': 'test' }[pathname]
  if (dataset !== undefined)
    return page(images.flatMap((image, n) => (image.dataset === dataset ? [{ '@id': 1000 + n, Name: `${image.file} [0]` }] : [])))
  const image = images[Number(searchParams.get('image')) - 1000]
  if (pathname === '/webclient/api/annotations/' && searchParams.get('type') === 'map' && image)
    return json({
      annotations: [
        { ns: 'openmicroscopy.org/mapr/organism', values: [['Organism', 'Homo sapiens']] },
        {
          ns: 'openmicroscopy.org/omero/bulk_annotations',
          values: [
            ['Diagnosis', image.diagnosis],
            ['Individual', image.patient],
            ['Clinical History', 'one, or "two"'],
          ],
        },
      ],
    })
  return { status: 404, headers: {}, body: Buffer.from('{}') }
}
