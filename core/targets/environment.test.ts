import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Environments, readEnvironment } from './environment.ts'
import { settings as localSettings } from './local/settings.ts'

const argo = {
  target: 'argo',
  context: 'ours',
  namespace: 'pipelines',
  bucket: { endpoint: 's3.example.org:9000', name: 'pipelines' },
}
const read = (settings: unknown, name = 'ours') => readEnvironment(name, settings, 'trireme.config.yaml')
const fault = async (settings: unknown) => {
  try {
    await read(settings)
  } catch (error) {
    expect(error).toMatchObject({ name: 'TriremeError', code: 'ENVIRONMENT' })
    return (error as Error).message
  }
  throw new Error('It was accepted.')
}

test('what is left out has a default', async () => {
  expect(await read({ target: 'local' })).toEqual({
    name: 'ours',
    target: 'local',
    limits: {},
    images: { prefix: 'trireme', pullPolicy: 'IfNotPresent', swap: {} },
  })
  expect(await read(argo)).toMatchObject({
    serviceAccount: 'pipeline',
    bucket: {
      prefix: 'trireme',
      insecure: false,
      credentials: { client: { accessKey: 'AWS_ACCESS_KEY_ID', secretKey: 'AWS_SECRET_ACCESS_KEY' } },
    },
    podSecurity: 'restricted',
    runAs: { user: 1000, group: 1000 },
    ttl: 7 * 86_400,
    gpuPools: [],
  })
})
test('quantities have units, and a swap may be one word', async () => {
  expect(
    await read({
      target: 'container',
      limits: { cpu: 4, memory: '8GiB', gpu: 1 },
      device: 'cuda',
      threads: 2,
      images: { swap: { reads: 'quay.io/biocontainers/bwa:0.7.17--h7132678_9', training: { reference: 'training-cuda' } } },
    }),
  ).toMatchObject({
    limits: { cpu: 4, memory: 8 * 2 ** 30, gpu: 1 },
    images: { swap: { reads: { reference: 'quay.io/biocontainers/bwa:0.7.17--h7132678_9' }, training: { reference: 'training-cuda' } } },
  })
})
test.each([
  [{}, 'target: expected local, container or argo. It is missing.'],
  [null, 'expected object. Got null.'],
  [undefined, 'expected object. It is missing.'],
  [[], 'expected object. Got [].'],
  [{ target: 5 }, 'target: expected local, container or argo. Got 5.'],
  [{ target: 'slurm' }, 'target: expected local, container or argo. Got "slurm".'],
  [{ target: 'local', memory: '8GiB' }, 'there is no setting memory; there are target, about, limits, device, threads, images, price.'],
  [{ target: 'local', limits: { memory: 8 } }, 'limits.memory: expected string. Got 8.'],
  [{ target: 'local', limits: { memory: '8' } }, 'limits.memory: expected a size with its unit, such as 8GiB or 500MB. Got "8".'],
  [{ target: 'local', limits: { cpu: 0 } }, 'limits.cpu: expected a whole number from 1. Got 0.'],
  [{ target: 'local', device: 'gpu' }, 'device: expected cpu, cuda or cuda:0. Got "gpu".'],
  [{ target: 'container', engine: 'lxc' }, 'engine: expected podman, docker or apptainer. Got "lxc".'],
  [
    { ...argo, bucket: { ...argo.bucket, endpoint: 'https://s3.example.org' } },
    'bucket.endpoint: expected host and port, such as s3.example.org:9000, without "https://". Got "https://s3.example.org".',
  ],
  [{ target: 'argo', namespace: 'n', bucket: argo.bucket }, 'context: expected string. It is missing.'],
  [{ ...argo, ttl: '7 weeks' }, 'ttl: expected a time with its unit, such as 90s, 30m, 12h or 7d. Got "7 weeks".'],
  [{ ...argo, labels: { 'a b': 'c' } }, 'labels.a b: expected the key of a label, such as team or example.org/team. Got "c".'],
  [{ ...argo, tolerations: [{ effect: 'No' }] }, 'tolerations[0].effect: expected NoSchedule, PreferNoSchedule or NoExecute. Got "No".'],
  [
    { ...argo, tolerations: [{ keys: 'x' }] },
    'tolerations[0]: there is no setting keys; there are key, operator, value, effect, tolerationSeconds.',
  ],
  [
    { ...argo, volumes: [{ name: 'data', mountPath: '/data' }] },
    'volumes[0]: expected exactly one of claim, configMap and secret, with the name of the object.',
  ],
  [
    { target: 'local', images: { registry: 'https://ghcr.io' } },
    'images.registry: expected host, port and path of an image registry, such as ghcr.io/owner or 127.0.0.1:5000',
  ],
  [
    { target: 'local', images: { swap: { reads: 'quay.io/bwa 0.7' } } },
    'images.swap.reads: expected an image, such as quay.io/biocontainers/bwa:0.7.17--h7132678_9 or REPOSITORY@sha256:…; for apptainer also a file, such as /images/bwa.sif. Got "quay.io/bwa 0.7".',
  ],
  [{ target: 'local', images: { swap: { reads: {} } } }, 'images.swap.reads.reference: expected string. It is missing.'],
  [{ target: 'local', images: 'ghcr.io' }, 'images: expected object. Got "ghcr.io".'],
])('%j is told by place, with what would be right', async (settings, told) => {
  expect(await fault(settings)).toContain(`Environment "ours" in trireme.config.yaml: ${told}`)
})
test('all faults are told at once', async () => {
  expect((await fault({ target: 'local', device: 'gpu', threads: 0 })).split('\n')).toEqual([
    'Environment "ours" in trireme.config.yaml:',
    '  device: expected cpu, cuda or cuda:0. Got "gpu".',
    '  threads: expected a whole number from 1. Got 0. See docs/reference/environments.md.',
  ])
})
const key = `AKIA${'ABCDEFGH'.repeat(2)}`
const secret = 'wJalr'.repeat(8)
test.each([
  [{ client: { accessKey: key } }, 'bucket.credentials.client.accessKey: expected the NAME of an environment variable'],
  [{ client: { secretKey: secret } }, 'bucket.credentials.client.secretKey: expected the NAME of an environment variable'],
  [
    { secret: { name: 's3', accessKey: key, secretKey: 'secretKey' } },
    "bucket.credentials.secret.accessKey: expected a KEY of the Secret's data",
  ],
  [
    { secret: { name: 's3', accessKey: 'accessKey', secretKey: secret } },
    "bucket.credentials.secret.secretKey: expected a KEY of the Secret's data",
  ],
  [{ secretAccessKey: secret }, 'Secrets are given by reference only'],
])('a literal secret is refused and never shown: %#', async (credentials, told) => {
  const message = await fault({ ...argo, bucket: { ...argo.bucket, credentials } })
  expect(message).toContain(told)
  expect(message).not.toContain(key)
  expect(message).not.toContain(secret)
})
test.each([
  ['a registry', { target: 'local', images: { registry: 'user:pw123@ghcr.io' } }, 'without a user'],
  ['an endpoint', { ...argo, bucket: { ...argo.bucket, endpoint: 'https://user:pw123@s3.example.org' } }, 'without "https://"'],
  ['place of a Secret', { ...argo, bucket: { ...argo.bucket, credentials: { secret: 'pw123' } } }, 'bucket.credentials.secret'],
  ['a list', { ...argo, bucket: [{ secretKey: 'pw123' }] }, 'bucket: expected object'],
])('a password in %s is refused and never shown', async (_, settings, told) => {
  const message = await fault(settings)
  expect(message).toContain(told)
  expect(message).not.toContain('pw123')
})
test('a name is one that labels, files and flags can have', async () => {
  await expect(read({ target: 'local' }, 'On Prem')).rejects.toThrow('its name has to be lower-case letters, digits and "-"')
})
test("settings are held to their targets by the compiler, those of a target of one's own too", () => {
  const own = localSettings.extend({ target: z.literal('own'), desk: z.int() })
  const environments = {
    here: { target: 'local', threads: 2 },
    ours: { target: 'own', desk: 1 },
    // @ts-expect-error it needs a desk
    wrong: { target: 'own' },
  } satisfies Environments<typeof own>
  // @ts-expect-error there is no such target
  const unknown = { ours: { target: 'own', desk: 1 } } satisfies Environments
  expect([own.safeParse(environments.ours).success, own.safeParse(environments.wrong).success, unknown.ours.desk]).toEqual([true, false, 1])
})
