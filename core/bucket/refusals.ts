import { TriremeError } from '../errors.ts'
import type { BucketSettings } from './settings.ts'

/** What a store's refusal means, what would be right, and what to do. @param what was asked, such as "list" */
export function bucketFault(what: string, cause: unknown, settings: BucketSettings): TriremeError {
  const { name, endpoint, region, prefix, credentials } = settings
  const { client: variables } = credentials
  const keys = `${variables.accessKey} and ${variables.secretKey}`
  const of = theBucket(settings)
  const [code, status] = [errorCode(cause), httpStatus(cause)]
  const says = (text: string) => new TriremeError('ENVIRONMENT', text, { cause })
  if (isFullStore(cause)) return says(fullText(settings, `${s3Message(cause)} (${code})`))
  if (code === 'NoSuchBucket' || code === 'NotFound')
    return says(`There is no bucket "${name}" at ${endpoint}. Make it, or correct bucket.name of the environment.`)
  if (/ExpiredToken|TokenRefreshRequired|ExpiredTokenException/.test(code))
    return says(
      `The credentials for ${of} have expired. Get new ones into ${keys} and ${variables.sessionToken}, and give the same command again.`,
    )
  if (/InvalidAccessKeyId|UserNotFound|SignatureDoesNotMatch|InvalidToken|AuthorizationHeaderMalformed/.test(code))
    return says(`The key for ${of} is not accepted (${code}). Check the values of ${keys}, and the region (${region}).`)
  if (code === 'RequestTimeTooSkewed')
    return says(`The clock of this machine is off by more than ${of} accepts. Set it right: timedatectl set-ntp true.`)
  if (/EPROTO.*wrong version number/.test(s3Message(cause)))
    return says(`${upper(of)} does not speak https. If http is meant, say "insecure: true" under "bucket" of the environment.`)
  if (/HTTP request (was sent )?to (an )?HTTPS/i.test(rawAnswer(cause)))
    return says(`${upper(of)} speaks https. Take "insecure: true" from "bucket" of the environment.`)
  if (/Deserialization error/.test(s3Message(cause)))
    return says(
      `${upper(of)} does not answer as S3 does (status ${status}). Check bucket.endpoint of the environment: it may be that of a console, or of a proxy.`,
    )
  if (code === 'AccessDenied' || status === 403)
    return says(
      `It is not allowed to ${what} ${of}. Its policy must grant get, put, list and delete of ${name}/${prefix === '' ? '' : `${prefix}/`}* to the key in ${variables.accessKey}.`,
    )
  if (code === 'NoSuchKey') return says(`Cannot ${what} ${of}: it is not there any more. Give the same command again.`)
  if (/certificate/i.test(s3Message(cause)))
    return says(
      `The certificate of ${of} is not trusted: ${s3Message(cause)}. Name the file of the authority that signed it in NODE_EXTRA_CA_CERTS, or correct bucket.endpoint of the environment.`,
    )
  if (status === undefined)
    return says(`Cannot reach ${of}: ${s3Message(cause)}. Check bucket.endpoint of the environment and the network.`)
  return says(
    `Cannot ${what} ${of}: ${s3Message(cause)} (${code}, status ${status}). Give the same command again; it goes on from where it was.`,
  )
}
const upper = (text: string) => `T${text.slice(1)}`
export const theBucket = ({ name, endpoint }: BucketSettings): string => `the bucket "${name}" at ${endpoint}`
export const fullText = (settings: BucketSettings, words: string): string =>
  `${upper(theBucket(settings))} is full: ${words}. Free some of its space, or have its quota raised, and give the same command again; it goes on from where it was.`

/**
 * How stores say that they are full, as codes or in words: MinIO (a drive, a bucket's quota), Ceph and most others, Garage, SeaweedFS. A regular
 * expression that Argo's language reads as well. Not a cluster's own "exceeded quota", which is of pods.
 */
export const fullWords =
  'StorageFull|QuotaExceeded|InsufficientStorage|InsufficientCapacity|minimum free (drive|disk) threshold|[Qq]uota( has been| is)? (exceeded|reached)|no free volumes left|disk path full'
/** A store that has no room left: no patience helps. */
export const isFullStore = (cause: unknown): boolean =>
  httpStatus(cause) === 507 || new RegExp(`${fullWords}|no space left on device`, 'i').test(`${errorCode(cause)} ${s3Message(cause)}`)

/** Codes of refusals that pass, whatever their status is. */
const passing =
  /^(SlowDown\w*|RequestTimeout\w*|InternalError|ServiceUnavailable|Throttl\w*|TooManyRequests\w*|OperationAborted|IncompleteBody|BadDigest|XAmzContentSHA256Mismatch)$/
const lostConnection = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_AGAIN|ENOTFOUND|ERR_STREAM_PREMATURE_CLOSE)/
/** A fault that passes by itself: no answer, half of one, or one of a store that starts, is overloaded or fails over. */
export function isOutage(cause: unknown): boolean {
  if (!(cause instanceof Error) || cause instanceof TriremeError || isFullStore(cause)) return false
  const status = httpStatus(cause)
  if (lostConnection.test(String(Reflect.get(cause, 'code'))) || cause.name === 'TimeoutError' || passing.test(errorCode(cause)))
    return true
  if (status === undefined) return /socket hang up|^aborted$|^Bad response: (408|429|5\d\d)/.test(cause.message) // the last by a proxy on the way
  return status < 300 || /^(408|425|429|5(?!01|05|07)\d\d)$/.test(String(status)) // an answer that began well, and cannot be read, was cut
}
/** The store's code, or the error's name. */
export const errorCode = (cause: unknown): string => (cause instanceof Error ? String(Reflect.get(cause, 'Code') ?? cause.name) : '')
/** HTTP status of an answer; undefined where none came. */
export function httpStatus(cause: unknown): number | undefined {
  const metadata = cause instanceof Error ? Reflect.get(cause, '$metadata') : undefined
  return typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : undefined
}
/** What was answered that is no XML, such as a web server's page. */
function rawAnswer(cause: unknown): string {
  const response = cause instanceof Error ? Reflect.get(cause, '$response') : undefined
  return typeof response === 'object' && response !== null && 'body' in response && typeof response.body === 'string' ? response.body : ''
}
export function s3Message(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const inner = 'errors' in cause && Array.isArray(cause.errors) ? cause.errors[0] : undefined // a host with several addresses
  const { message } = inner instanceof Error ? inner : cause
  return message === 'UnknownError' ? `it answers with ${httpStatus(cause)}` : message.replace(/\.$/, '')
}
