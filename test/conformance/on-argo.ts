import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { runOnArgo } from '../../core/targets/argo/follow/run.ts'
import { type ArgoEnvironment, settings as schema } from '../../core/targets/argo/settings.ts'
import { type Target, total } from './target.ts'

/** The context is named by hand: no test ever takes the one that happens to be current. */
const context = process.env.TRIREME_TEST_CONTEXT
const image = process.env.TRIREME_TEST_IMAGE ?? 'docker.io/library/debian:bookworm-slim'
/** Below this prefix every case has a bucket of its own: what an earlier run left there must not be found. */
const fresh = `conformance/${new Date().toISOString().replace(/\W/g, '').toLowerCase()}`

/** A user's own environment from TRIREME_TEST_ENVIRONMENT, a YAML file; else what `../shared/cluster/up` exports is taken. */
function settings(prefix: string): ArgoEnvironment {
  const file = process.env.TRIREME_TEST_ENVIRONMENT
  const { S3_ENDPOINT = 'http://127.0.0.1:9000', S3_BUCKET = 'argo', AWS_REGION = 'us-east-1' } = process.env
  const given = file === undefined ? {} : parse(readFileSync(file, 'utf8'))
  const parsed = schema.parse({
    target: 'argo',
    namespace: process.env.TRIREME_TEST_NAMESPACE ?? 'argo',
    ...given,
    context,
    limits: { cpu: total.cpu, memory: '2Gi', gpu: 0 },
    bucket: {
      endpoint: S3_ENDPOINT.replace(/^https?:\/\//, ''),
      insecure: S3_ENDPOINT.startsWith('http://'),
      name: S3_BUCKET,
      region: AWS_REGION,
      credentials: { secret: { name: 's3', accessKey: 'accessKey', secretKey: 'secretKey' } },
      ...given.bucket,
      prefix,
    },
  })
  return { ...parsed, name: 'conformance' }
}
export const onArgo: Target = {
  name: 'argo',
  unavailable: async () => (context === undefined ? 'TRIREME_TEST_CONTEXT names no context of a cluster' : undefined),
  lacks: {
    'cut-off': 'what a pod made is known when it has ended, and what follows is already sent',
  },
  width: 8,
  patience: 600,
  confine: '',
  run: (plan, { name, run, store, on, signal }) =>
    runOnArgo(plan, {
      store,
      on,
      run,
      ...(signal && { signal }),
      versions: new Map(),
      environment: settings(`${fresh}/${name}`),
      image: () => image,
    }),
}
