import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import type http from 'node:http'
import { Readable } from 'node:stream'
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { TriremeError } from '../errors.ts'
import { proxyFor } from '../proxy.ts'
import { keepSecret } from '../secrets.ts'
import type { BucketSettings } from './settings.ts'

export interface ListedObject {
  /** Without the bucket's prefix. */
  readonly key: string
  readonly size: number
}
/** Requests at a time, one connection each. With these 10,000 small objects take 20 s on loopback; with more, stores answer "slow down". */
const atOnce = 32
/** Up to this, an object is sent in one request; larger ones in parts. */
const onePart = 16 * 2 ** 20

// Not "Bucket": the compiler (TypeScript 7.0.2) renames the class inside itself where it may, and with it S3's own fields of that name.
/** An object store that speaks S3. Every fault is reported in plain words: what is wrong, and what to do about it. */
export class S3Bucket {
  readonly settings: BucketSettings
  readonly #client: S3Client
  readonly #s3: typeof import('@aws-sdk/client-s3')
  readonly #of: string
  readonly #prefix: string
  readonly #waiting: (() => void)[] = []
  #busy = 0
  private constructor(settings: BucketSettings, s3: typeof import('@aws-sdk/client-s3'), config: S3ClientConfig) {
    this.settings = settings
    this.#s3 = s3
    this.#client = new s3.S3Client(config)
    this.#of = `the bucket "${settings.name}" at ${settings.endpoint}`
    this.#prefix = settings.prefix === '' ? '' : `${settings.prefix}/`
  }
  /** @throws TriremeError `ENVIRONMENT` when a variable that should hold a key is not set */
  static async open(settings: BucketSettings, environment: NodeJS.ProcessEnv = process.env): Promise<S3Bucket> {
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
    return new S3Bucket(settings, s3, {
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
      maxAttempts: 5,
      requestHandler: {
        connectionTimeout: 5_000,
        requestTimeout: 120_000,
        httpAgent: agent ?? { maxSockets: atOnce },
        httpsAgent: agent ?? { maxSockets: atOnce },
      },
    })
  }
  /**
   * Checks that the bucket is there and the key is accepted. An answer to HEAD has no body, so that a request for one object cannot distinguish
   * a missing bucket from a missing object.
   */
  async check(): Promise<void> {
    const { name: Bucket } = this.settings
    await this.#act('list', () => this.#client.send(new this.#s3.ListObjectsV2Command({ Bucket, Prefix: this.#prefix, MaxKeys: 1 })))
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
    return this.#act(`read ${key} from`, async () => {
      try {
        const { Body } = await this.#client.send(new this.#s3.GetObjectCommand(this.#at(key)))
        return Buffer.from((await Body?.transformToByteArray()) ?? [])
      } catch (cause) {
        if (variableName(cause) === 'NoSuchKey') return undefined
        throw cause
      }
    })
  }
  /** The content of an object as it arrives, given to `take`, which must read it to its end. */
  async stream<T>(key: string, take: (chunks: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
    return this.#act(`read ${key} from`, async () => {
      const { Body } = await this.#client.send(new this.#s3.GetObjectCommand(this.#at(key)))
      return take(Body as AsyncIterable<Uint8Array>) // in Node the body is a readable stream
    })
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
    if (size <= onePart) {
      const content = readFileSync(file)
      if (createHash('sha256').update(content).digest('hex') !== sha256) throw changedOnItsWay(file)
      return this.put(key, content)
    }
    const { Upload } = await import('@aws-sdk/lib-storage')
    await this.#act(`write ${key} to`, () =>
      new Upload({
        client: this.#client,
        params: { ...this.#at(key), Body: Readable.from(verifiedBytes(file, sha256)) },
        queueSize: 2,
        partSize: Math.max(onePart, Math.ceil(size / 9_000)), // 10,000 parts is the most that S3 takes
      }).done(),
    )
  }
  /** Every object whose key begins so, in the order of their keys as bytes. */
  async list(prefix: string): Promise<readonly ListedObject[]> {
    return this.#act('list', async () => {
      const all: ListedObject[] = []
      const { Bucket: name, Key } = this.#at(prefix)
      let token: string | undefined
      do {
        const page = await this.#client.send(
          new this.#s3.ListObjectsV2Command({ Bucket: name, Prefix: Key, ...(token !== undefined && { ContinuationToken: token }) }),
        )
        for (const { Key: key = '', Size = 0 } of page.Contents ?? []) all.push({ key: key.slice(this.#prefix.length), size: Size })
        token = page.IsTruncated ? page.NextContinuationToken : undefined
      } while (token !== undefined)
      return all
    })
  }
  async remove(key: string): Promise<void> {
    await this.#act(`remove ${key} from`, () => this.#client.send(new this.#s3.DeleteObjectCommand(this.#at(key))))
  }
  close(): void {
    this.#client.destroy()
  }
  #at(key: string) {
    return { Bucket: this.settings.name, Key: this.#prefix + key }
  }
  /** Waits for its turn, makes the request, and turns faults into plain words. */
  async #act<T>(what: string, act: () => Promise<T>): Promise<T> {
    if (this.#busy >= atOnce) await new Promise<void>(go => this.#waiting.push(go))
    else this.#busy++
    try {
      return await act()
    } catch (cause) {
      throw cause instanceof TriremeError ? cause : this.#fault(what, cause)
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#busy--
    }
  }
  #fault(what: string, cause: unknown): TriremeError {
    const {
      name,
      endpoint,
      region,
      credentials: { client: variables },
    } = this.settings
    const keys = `${variables.accessKey} and ${variables.secretKey}`
    const [code, status] = [variableName(cause), httpStatus(cause)]
    const says = (text: string) => new TriremeError('ENVIRONMENT', text, { cause })
    if (code === 'NoSuchBucket' || code === 'NotFound')
      return says(`There is no bucket "${name}" at ${endpoint}. Make it, or correct bucket.name of the environment.`)
    if (/ExpiredToken|TokenRefreshRequired|ExpiredTokenException/.test(code))
      return says(
        `The credentials for ${this.#of} have expired. Get new ones into ${keys} and ${variables.sessionToken}, and give the same command again.`,
      )
    if (/InvalidAccessKeyId|UserNotFound|SignatureDoesNotMatch|InvalidToken|AuthorizationHeaderMalformed/.test(code))
      return says(`The key for ${this.#of} is not accepted (${code}). Check the values of ${keys}, and the region (${region}).`)
    if (code === 'RequestTimeTooSkewed')
      return says(`The clock of this machine is off by more than ${this.#of} accepts. Set it right: timedatectl set-ntp true.`)
    if (code === 'AccessDenied' || status === 403)
      return says(
        `It is not allowed to ${what} ${this.#of}. Its policy must grant get, put, list and delete of ${name}/${this.#prefix}* to the key in ${variables.accessKey}.`,
      )
    if (code === 'NoSuchKey') return says(`Cannot ${what} ${this.#of}: it is not there any more. Give the same command again.`)
    if (status === undefined)
      return says(`Cannot reach ${this.#of}: ${s3Message(cause)}. Check bucket.endpoint of the environment and the network.`)
    return says(
      `Cannot ${what} ${this.#of}: ${s3Message(cause)} (${code}, status ${status}). Give the same command again; it goes on from where it was.`,
    )
  }
}
/** How requests go through the proxy that the environment names; undefined where it names none for this bucket. */
async function proxyAgent(
  { name, endpoint }: BucketSettings,
  address: string,
  environment: NodeJS.ProcessEnv,
): Promise<http.Agent | undefined> {
  const proxy = proxyFor(new URL(address), environment)
  if (proxy === undefined) return undefined
  if (!/^https?:\/\/[^/]/i.test(proxy) || !URL.canParse(proxy))
    throw new TriremeError(
      'ENVIRONMENT',
      `The bucket "${name}" is reached through the proxy that HTTPS_PROXY or HTTP_PROXY names, and that is no address such as http://proxy.example.org:3128. Correct it, or name ${endpoint.replace(/:\d+$/, '')} in NO_PROXY.`,
    )
  const { HttpProxyAgent, HttpsProxyAgent } = await import('hpagent')
  const options = { proxy, maxSockets: atOnce, keepAlive: true }
  return address.startsWith('https:') ? new HttpsProxyAgent(options) : new HttpProxyAgent(options)
}
/** The bytes of a file, failing at its end where they are not what they should be: an upload in parts is then never put together. */
async function* verifiedBytes(file: string, sha256: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    yield chunk
  }
  if (hash.digest('hex') !== sha256) throw changedOnItsWay(file)
}
const changedOnItsWay = (file: string) =>
  new TriremeError(
    'INPUT',
    `${file} is no longer what it was when this run began: its content has changed. It was not sent to the bucket. Once nothing writes to it any more, give the same command again.`,
  )
const variableName = (cause: unknown): string => {
  const code = cause instanceof Error ? (Reflect.get(cause, 'Code') ?? cause.name) : ''
  return String(code)
}
/** HTTP status of an answer; undefined where none came. */
const httpStatus = (cause: unknown): number | undefined => {
  const metadata = cause instanceof Error ? Reflect.get(cause, '$metadata') : undefined
  return typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : undefined
}
function s3Message(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const inner = 'errors' in cause && Array.isArray(cause.errors) ? cause.errors[0] : undefined // a host with several addresses
  return inner instanceof Error ? inner.message : cause.message
}
