import { createHash } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** An object store of one bucket in memory, which answers as S3 does, faults included. */
export interface FakeBucket {
  readonly endpoint: string
  readonly objects: Map<string, Buffer>
  /** Keys that were asked for. */
  readonly asked: Set<string>
  /** Answers the next questions instead: `{ status: 403, code: 'InvalidAccessKeyId' }`. */
  fault: { readonly status: number; readonly code: string } | undefined
  /** Called before the content of an object is sent, with its number of bytes. */
  answered: (bytes: number) => void
  readonly close: () => Promise<void>
}
export async function fakeBucket(name = 'bucket'): Promise<FakeBucket> {
  const objects = new Map<string, Buffer>()
  const uploads = new Map<string, Buffer[]>()
  let begun = 0
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return // it was cut
    }
    const url = new URL(request.url ?? '', 'http://localhost')
    const [, bucket = '', ...rest] = decodeURIComponent(url.pathname).split('/')
    const key = rest.join('/')
    const refuse = (status: number, code: string) => {
      response.writeHead(status, { 'Content-Type': 'application/xml' })
      response.end(
        request.method === 'HEAD' ? '' : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`,
      )
    }
    if (fake.fault) return refuse(fake.fault.status, fake.fault.code)
    if (bucket !== name) return refuse(404, 'NoSuchBucket')
    if (request.method === 'HEAD' || request.method === 'GET') fake.asked.add(key)
    const upload = url.searchParams.get('uploadId')
    if (request.method === 'POST' && upload === null) {
      const id = String(++begun)
      uploads.set(id, [])
      response.writeHead(200, { 'Content-Type': 'application/xml' })
      return response.end(`<?xml version="1.0"?><InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
    }
    if (upload !== null) {
      if (!uploads.has(upload)) return refuse(404, 'NoSuchUpload')
      if (request.method === 'PUT') uploads.get(upload)![Number(url.searchParams.get('partNumber')) - 1] = Buffer.concat(chunks)
      if (request.method === 'POST') objects.set(key, Buffer.concat(uploads.get(upload)!))
      if (request.method !== 'PUT') uploads.delete(upload)
      response.writeHead(request.method === 'DELETE' ? 204 : 200, { ETag: '"part"', 'Content-Type': 'application/xml' })
      return response.end(
        request.method === 'POST' ? '<?xml version="1.0"?><CompleteMultipartUploadResult></CompleteMultipartUploadResult>' : '',
      )
    }
    if (request.method === 'PUT') {
      const body = Buffer.concat(chunks)
      objects.set(key, body)
      response.writeHead(200, { ETag: `"${createHash('md5').update(body).digest('hex')}"` })
      return response.end()
    }
    if (request.method === 'DELETE') {
      objects.delete(key)
      response.writeHead(204)
      return response.end()
    }
    if (key === '') {
      const prefix = url.searchParams.get('prefix') ?? ''
      const found = [...objects].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))
      const after = url.searchParams.get('continuation-token') ?? ''
      const page = found.filter(([key]) => key > after).slice(0, 2) // small pages, so that going on is tried, too
      const more = page.length > 0 && page.at(-1)![0] !== found.at(-1)?.[0]
      const contents = page.map(([key, body]) => `<Contents><Key>${key}</Key><Size>${body.length}</Size></Contents>`).join('')
      const next = more ? `<NextContinuationToken>${page.at(-1)![0]}</NextContinuationToken>` : ''
      response.writeHead(200, { 'Content-Type': 'application/xml' })
      return response.end(`<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents}</ListBucketResult>`)
    }
    const body = objects.get(key)
    if (!body) return refuse(404, 'NoSuchKey')
    const ETag = `"${createHash('md5').update(body).digest('hex')}"`
    if ((request.headers['if-match'] ?? ETag) !== ETag) return refuse(412, 'PreconditionFailed')
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
    const sent = body.subarray(Number(from ?? 0))
    const range = from !== undefined && { 'Content-Range': `bytes ${from}-${body.length - 1}/${body.length}` }
    response.writeHead(range ? 206 : 200, { 'Content-Length': sent.length, ETag, ...range })
    if (request.method === 'GET') fake.answered(sent.length)
    response.end(request.method === 'HEAD' ? undefined : sent)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const fake: FakeBucket = {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    asked: new Set(),
    fault: undefined,
    answered: () => {},
    close: () =>
      new Promise(done => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  return fake
}
