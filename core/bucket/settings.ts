import { z } from 'zod'
import * as of from '../environment/fields.ts'

/** Where an environment keeps its objects, and which variables of the client's own environment hold the keys. */
export const bucket = z.strictObject({
  /** Host and port. */
  endpoint: z
    .string()
    .regex(/^[a-zA-Z0-9][-a-zA-Z0-9.]*(:[0-9]{1,5})?$/, 'expected host and port, such as s3.example.org:9000, without "https://"'),
  name: z
    .string()
    .regex(/^[a-z0-9][-a-z0-9.]{1,61}[a-z0-9]$/, 'expected the name of a bucket: 3 to 63 lower-case letters, digits, "-" and "."'),
  region: z.string().min(1).default('us-east-1'),
  prefix: of.prefix.default('trireme'),
  /** http in place of https. */
  insecure: z.boolean().default(false),
  forcePathStyle: z.boolean().default(true),
  credentials: z
    .strictObject({
      /** The Secret, in the namespace, by which pods get at the bucket. @default the pods' own identity */
      secret: z.strictObject({ name: of.objectName, accessKey: of.secretKey, secretKey: of.secretKey }).optional(),
      /** Names of the variables that hold the client's own keys. */
      client: z
        .strictObject({
          accessKey: of.variable.default('AWS_ACCESS_KEY_ID'),
          secretKey: of.variable.default('AWS_SECRET_ACCESS_KEY'),
          sessionToken: of.variable.default('AWS_SESSION_TOKEN'),
        })
        .prefault({}),
    })
    .prefault({}),
})
export type BucketSettings = z.output<typeof bucket>
