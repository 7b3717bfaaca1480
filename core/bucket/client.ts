import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { TriremeError } from '../errors.ts'
import { notice } from '../notices.ts'
import { keepSecret } from '../secrets.ts'
import { atOnce, proxyAgent } from './agent.ts'
import { type BucketPatience, longPatience, Outages } from './outages.ts'
import { bucketFault, errorCode, httpStatus, isOutage, theBucket } from './refusals.ts'
import type { BucketSettings } from './settings.ts'
import { changedOnItsWay, onePart, uploadParts } from './upload-parts.ts'

export interface ListedObject {
  /** Without the bucket's prefix. */
  readonly key: string
  readonly size: number
}
// Not "Bucket": the compiler (TypeScript 7.0.2) renames the class inside itself where it may, and with it S3's own fields of that name.
/**
 * An object store that speaks S3. What fails in passing is tried again for minutes (./outages.ts); every other fault is reported in plain words:
 * what is wrong, and what to do about it (./refusals.ts).
 */
export class S3Bucket {
  readonly settings: BucketSettings
  readonly #client: S3Client
  readonly #s3: typeof import('@aws-sdk/client-s3')
  readonly #outages: Outages
  readonly #patience: BucketPatience
  readonly #prefix: string
  readonly #waiting: (() => void)[] = []
  #busy = 0
  private constructor(
    settings: BucketSettings,
    s3: typeof import('@aws-sdk/client-s3'),
    config: S3ClientConfig,
    { patience, signal }: { readonly patience: BucketPatience; readonly signal?: AbortSignal },
  ) {
    this.settings = settings
    this.#s3 = s3
    this.#client = new s3.S3Client(config)
    this.#patience = patience
    this.#outages = new Outages(theBucket(settings), patience, signal)
    this.#prefix = settings.prefix === '' ? '' : `${settings.prefix}/`
  }
  /**
   * @param waiting how long outages are waited for, and what ends that at once
   * @throws TriremeError `ENVIRONMENT` when a variable that should hold a key is not set
   */
  static async open(
    settings: BucketSettings,
    environment: NodeJS.ProcessEnv = process.env,
    waiting: { readonly patience?: Partial<BucketPatience> | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<S3Bucket> {
    const patience = { ...longPatience, ...waiting.patience }
    const { client: variables } = settings.credentials
    const missing = [variables.accessKey, variables.secretKey].filter(name => !environment[name])
    if (missing.length > 0)
      throw new TriremeError(
        'ENVIRONMENT',
        `The key of the bucket "${settings.name}" is not known: ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set. Set ${missing.length > 1 ? 'them' : 'it'} in the shell, or name other variables under bucket.credentials.client of the environment.`,
      )
    // Otherwise the library prints a notice about coming versions of Node, among the events of a run.
    environment.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
    const endpoint = `${settings.insecure ? 'http' : 'https'}://${settings.endpoint}`
    const agent = await proxyAgent(settings, endpoint, environment)
    const s3 = await import('@aws-sdk/client-s3') // 0.4 s and 20 MB: loaded only where a bucket is used
    const sessionToken = environment[variables.sessionToken]
    keepSecret(environment[variables.secretKey], sessionToken)
    const config: S3ClientConfig = {
      endpoint,
      region: settings.region,
      forcePathStyle: settings.forcePathStyle,
      credentials: {
        accessKeyId: environment[variables.accessKey]!,
        secretAccessKey: environment[variables.secretKey]!,
        ...(sessionToken && { sessionToken }),
      },
      // Stores other than AWS refuse the checksums that newer clients add unasked.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 1, // ours are many more
      requestHandler: {
        connectionTimeout: 5_000,
        socketTimeout: patience.stall,
        httpAgent: agent ?? { maxSockets: atOnce },
        httpsAgent: agent ?? { maxSockets: atOnce },
      },
    }
    return new S3Bucket(settings, s3, config, { patience, ...(waiting.signal && { signal: waiting.signal }) })
  }
  /**
   * Checks that the bucket is there and the key is accepted. An answer to HEAD has no body, so that a request for one object cannot distinguish
   * a missing bucket from a missing object.
   */
  async check(): Promise<void> {
    const { name: Bucket } = this.settings
    const look = () => this.#client.send(new this.#s3.ListObjectsV2Command({ Bucket, Prefix: this.#prefix, MaxKeys: 1 }))
    await this.#act('list', look, this.#patience.first)
  }
  /** Size of an object in bytes; undefined where there is none. */
  async size(key: string): Promise<number | undefined> {
    return this.#act(`look for ${key} in`, async () => {
      try {
        const { ContentLength } = await this.#client.send(new this.#s3.HeadObjectCommand(this.#at(key)))
        return ContentLength ?? 0
      } catch (cause) {
        if (httpStatus(cause) === 404) return undefined
        throw cause
      }
    })
  }
  /** The content of a small object; undefined where there is none. */
  async read(key: string): Promise<Buffer | undefined> {
    try {
      return await this.stream(key, async chunks => {
        const all: Uint8Array[] = []
        for await (const chunk of chunks) all.push(chunk)
        return Buffer.concat(all)
      })
    } catch (fault) {
      if (fault instanceof TriremeError && errorCode(fault.cause) === 'NoSuchKey') return undefined
      throw fault
    }
  }
  /**
   * The content of an object as it arrives, given to `take`, which must read it to its end. A download that is cut goes on from where it was;
   * where the object was written anew meanwhile, `take` is called again, with all of it.
   */
  async stream<T>(key: string, take: (chunks: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
    for (let times = 1; ; times++)
      try {
        return await this.#inTurn(() => take(this.#chunks(key)))
      } catch (cause) {
        if (!(cause instanceof Rewritten) || times === 5) throw cause
        notice(`Notice: ${key} of ${theBucket(this.settings)} was written anew while it was read: it is read again, from its beginning.`)
      }
  }
  async *#chunks(key: string): AsyncGenerator<Uint8Array> {
    let [at, etag]: [number, string | undefined] = [0, undefined]
    for (;;) {
      // A try is a request and the first bytes of its answer, so that each one that succeeds comes further.
      const { first, rest, whole, tag } = await this.#tried(`read ${key} from`, async () => {
        const more = at > 0 && { Range: `bytes=${at}-`, ...(etag !== undefined && { IfMatch: etag }) }
        const answer = await this.#client.send(new this.#s3.GetObjectCommand({ ...this.#at(key), ...more })).catch((cause: unknown) => {
          throw at > 0 && /^(412|416)$/.test(String(httpStatus(cause))) ? new Rewritten(key, this.settings) : cause
        })
        if (at > 0 && !answer.ContentRange?.startsWith(`bytes ${at}-`)) throw new Rewritten(key, this.settings) // by a store that knows no ranges, too
        const rest = (answer.Body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]() // in Node the body is a readable stream
        const first = await rest.next()
        if (first.done && answer.ContentLength) throw Object.assign(new Error('it ended early'), { code: 'ECONNRESET' })
        return { first, rest, whole: answer.ContentLength === undefined ? undefined : at + answer.ContentLength, tag: answer.ETag }
      })
      etag ??= tag
      try {
        for (let next = first; !next.done; next = await rest.next()) {
          at += next.value.length
          yield next.value
        }
        if (at >= (whole ?? at)) return
      } catch (cause) {
        if (at === whole) return
        if (!isOutage(cause)) throw cause
      } finally {
        await rest.return?.()
      }
    }
  }
  async put(key: string, content: string | Uint8Array): Promise<void> {
    await this.#act(`write ${key} to`, () =>
      this.#client.send(
        new this.#s3.PutObjectCommand({ ...this.#at(key), Body: typeof content === 'string' ? Buffer.from(content) : content }),
      ),
    )
  }
  /**
   * Sends a file: at once where it is small, else in parts, two of them in memory at a time.
   * @param sha256 what its content must be: nothing else is ever seen under the key
   */
  async putFile(key: string, file: string, size: number, sha256: string): Promise<void> {
    if (size > onePart) return this.#inTurn(() => this.#putParts(key, file, size, sha256))
    const content = readFileSync(file)
    if (createHash('sha256').update(content).digest('hex') !== sha256) throw changedOnItsWay(file)
    return this.put(key, content)
  }
  async #putParts(key: string, file: string, size: number, sha256: string): Promise<void> {
    const { CreateMultipartUploadCommand, UploadPartCommand, CompleteMultipartUploadCommand, AbortMultipartUploadCommand } = this.#s3
    const what = `write ${key} to`
    const { UploadId } = await this.#tried(what, () => this.#client.send(new CreateMultipartUploadCommand(this.#at(key))))
    const upload = { ...this.#at(key), UploadId }
    const Parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = []
    const send = async (PartNumber: number, Body: Buffer) => {
      const { ETag } = await this.#tried(what, () => this.#client.send(new UploadPartCommand({ ...upload, PartNumber, Body })))
      Parts[PartNumber - 1] = { PartNumber, ETag }
    }
    try {
      let before: Promise<void> | undefined
      let number = 0
      for await (const part of uploadParts(file, size, sha256)) {
        const sent = send(++number, part)
        sent.catch(() => {}) // it is awaited a little later
        await before
        before = sent
      }
      await before
      const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })
      let tries = 0
      await this.#tried(what, async () => {
        try {
          await this.#client.send(complete)
        } catch (cause) {
          // A try whose answer was lost has ended the upload.
          if (++tries === 1 || errorCode(cause) !== 'NoSuchUpload') throw cause
          const { ContentLength } = await this.#client.send(new this.#s3.HeadObjectCommand(this.#at(key)))
          if (ContentLength !== size) throw cause
        }
      })
    } catch (cause) {
      await this.#client.send(new AbortMultipartUploadCommand(upload)).catch(() => {}) // what is left of it is the store's to clear
      throw cause
    }
  }
  /** Every object whose key begins so, in the order of their keys as bytes. */
  async list(prefix: string): Promise<readonly ListedObject[]> {
    return this.#inTurn(async () => {
      const all: ListedObject[] = []
      const { Bucket: name, Key } = this.#at(prefix)
      let token: string | undefined
      do {
        const asked = { Bucket: name, Prefix: Key, ...(token !== undefined && { ContinuationToken: token }) }
        const page = await this.#tried('list', () => this.#client.send(new this.#s3.ListObjectsV2Command(asked)))
        for (const { Key: key = '', Size = 0 } of page.Contents ?? []) all.push({ key: key.slice(this.#prefix.length), size: Size })
        token = page.IsTruncated ? page.NextContinuationToken : undefined
      } while (token !== undefined)
      return all
    })
  }
  async remove(key: string): Promise<void> {
    await this.#act(`remove ${key} from`, () => this.#client.send(new this.#s3.DeleteObjectCommand(this.#at(key))))
  }
  /** Ends uploads in parts that nobody has put together. Stores that keep no account of them have nothing to clear. */
  async abortUploads(prefix: string): Promise<void> {
    const { Bucket, Key: Prefix } = this.#at(prefix)
    const { Uploads = [] } = await this.#client
      .send(new this.#s3.ListMultipartUploadsCommand({ Bucket, Prefix }))
      .catch((): { Uploads?: { Key?: string; UploadId?: string }[] } => ({}))
    for (const { Key, UploadId } of Uploads)
      await this.#client.send(new this.#s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => {})
  }
  close(): void {
    this.#client.destroy()
  }
  #at(key: string) {
    return { Bucket: this.settings.name, Key: this.#prefix + key }
  }
  /** Waits for its turn, then tries. */
  #act<T>(what: string, act: () => Promise<T>, patience?: number): Promise<T> {
    return this.#inTurn(() => this.#tried(what, act, patience))
  }
  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    if (this.#busy >= atOnce) await new Promise<void>(go => this.#waiting.push(go))
    else this.#busy++
    try {
      return await act()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#busy--
    }
  }
  /** Tries until it succeeds or will not, and turns faults into plain words. */
  async #tried<T>(what: string, act: () => Promise<T>, patience?: number): Promise<T> {
    try {
      return await this.#outages.outlast(act, patience)
    } catch (cause) {
      throw cause instanceof TriremeError ? cause : bucketFault(what, cause, this.settings)
    }
  }
}
/** An object that is no longer the one that was begun to be read. */
class Rewritten extends TriremeError {
  constructor(key: string, settings: BucketSettings) {
    super(
      'ENVIRONMENT',
      `The object ${key} of ${theBucket(settings)} changes again and again while it is read. See who else writes there, and give the same command again.`,
    )
  }
}
