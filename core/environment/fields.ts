import { z } from 'zod'
import { type Bytes, bytesFrom, type Seconds, secondsFrom } from '../vocabulary/quantity.ts'

// Parts of an environment's settings. A message says what is expected; readers put the setting's place before it and the given value after it.

/** What may be a secret is never shown in a message. */
const secretive = (message: string) => ({ error: () => message, params: { secret: true } })

export const memorySize = z.string().transform((text, context): Bytes => {
  const bytes = bytesFrom(text)
  if (bytes !== undefined) return bytes
  context.addIssue({ code: 'custom', message: 'expected a size with its unit, such as 8GiB or 500MB' })
  return z.NEVER
})
export const duration = z.string().transform((text, context): Seconds => {
  const seconds = secondsFrom(text)
  if (seconds !== undefined) return seconds
  context.addIssue({ code: 'custom', message: 'expected a time with its unit, such as 90s, 30m, 12h or 7d' })
  return z.NEVER
})
/** Names of objects in Kubernetes: RFC 1123. */
export const objectName = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'expected a name of lower-case letters, digits, "-" and ".", as Kubernetes has it',
  )
export const labelMap = z.record(
  z
    .string()
    .regex(
      /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
      'expected the key of a label, such as team or example.org/team',
    ),
  z
    .string()
    .regex(
      /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
      'expected the value of a label: at most 63 letters, digits, "-", "_" and "."',
    ),
)
/** Access keys of AWS look like names, so they are recognised by their prefix. Their secrets are 40 letters of base64. */
export const looksSecret = (text: string) => /^(AKIA|ASIA)[A-Z0-9]{12,}$/.test(text) || /^[A-Za-z0-9/+=]{40,}$/.test(text)
const never = 'A secret itself never stands in settings'
/** The name of an environment variable, on the client's machine, that holds a secret. */
export const variable = z
  .string()
  .refine(
    text => /^[A-Z][A-Z0-9_]{0,99}$/.test(text) && !looksSecret(text),
    secretive(`expected the NAME of an environment variable, such as AWS_ACCESS_KEY_ID. ${never}`),
  )
/** A key of a Kubernetes Secret's data. */
export const secretKey = z
  .string()
  .refine(
    text => /^[-._a-zA-Z0-9]{1,63}$/.test(text) && !looksSecret(text),
    secretive(`expected a KEY of the Secret's data, such as accessKey. ${never}`),
  )
/** `ghcr.io/owner`, `127.0.0.1:5000`: where images are, without a name of one. */
export const registryAddress = z
  .string()
  .regex(
    /^[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?(:[0-9]{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
    'expected host, port and path of an image registry, such as ghcr.io/owner or 127.0.0.1:5000, without "https://" and without a user',
  )
export const prefix = z
  .string()
  .regex(
    /^([a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*)?$/,
    'expected a path of lower-case letters, digits, "-", "_", "." and "/"',
  )
export const tag = z.string().regex(/^[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}$/, 'expected the tag of an image, such as 0.1.0')
/** An image as an engine takes it, for apptainer also a file; or the name of an image of Trireme's own, in place of which it is used. */
export const reference = z
  .string()
  .regex(
    /^([a-zA-Z0-9][-a-zA-Z0-9._:/]*(@sha256:[0-9a-f]{64})?|\/[^\s,:]+)$/,
    'expected an image, such as quay.io/biocontainers/bwa:0.7.17--h7132678_9 or REPOSITORY@sha256:…; for apptainer also a file, such as /images/bwa.sif',
  )
export const path = z.string().min(1, 'expected a path')
export const absolutePath = z.string().regex(/^\/[^\s,:]*$/, 'expected an absolute path')
export const device = z.string().regex(/^(cpu|cuda(:[0-9]+)?)$/, 'expected cpu, cuda or cuda:0')
export const countField = z.int('expected a whole number from 0').min(0, 'expected a whole number from 0')
export const some = z.int('expected a whole number from 1').min(1, 'expected a whole number from 1')
