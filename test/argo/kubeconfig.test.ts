import { chmodSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { access } from '../../core/kubernetes/kubeconfig.ts'
import { examineCluster, versionFinding } from '../../core/targets/argo/setup/doctor.ts'
import { setupText } from '../../core/targets/argo/setup/setup.ts'
import { scratch } from '../../core/testing.ts'
import { config, fault, headersOf, setting, written } from './setting.ts'

test('tokens, passwords, and on whose behalf', async () => {
  expect(await headersOf({ token: 'secret' })).toEqual({ Authorization: 'Bearer secret' })
  expect(await headersOf({ username: 'ada', password: 'p:w' })).toEqual({
    Authorization: `Basic ${Buffer.from('ada:p:w').toString('base64')}`,
  })
  expect(await headersOf({ token: 'secret', as: 'ada' })).toEqual({ Authorization: 'Bearer secret', 'Impersonate-User': 'ada' })
  const { folder, files } = written(config({ tokenFile: 'token' }))
  writeFileSync(`${folder}/token`, 'first\n')
  const way = await access('lab', files[0])
  expect((await way.options()).headers).toEqual({ Authorization: 'Bearer first' })
  writeFileSync(`${folder}/token`, 'second\n')
  expect((await way.options()).headers).toEqual({ Authorization: 'Bearer second' })
  expect(way.server.href).toBe('https://cluster.example.org:6443/base')
})
test('a credential plugin is asked once while what it gave holds, and its failure is told', async () => {
  const { folder, files } = written(
    config({
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: './login',
        args: ['--for', 'lab'],
        env: [{ name: 'WHO', value: 'ada' }],
      },
    }),
  )
  const login = `#!/bin/sh
echo x >>"${folder}/calls"
printf '{"status":{"token":"%s-%s-%s","expirationTimestamp":"%s"}}' "$WHO" "$2" "$(wc -l <"${folder}/calls" | tr -d ' ')" "$(cat "${folder}/until")"
`
  writeFileSync(`${folder}/login`, login)
  chmodSync(`${folder}/login`, 0o755)
  writeFileSync(`${folder}/until`, new Date(Date.now() + 3_600_000).toISOString())
  const way = await access('lab', files[0])
  expect((await way.options()).headers).toEqual({ Authorization: 'Bearer ada-lab-1' })
  expect((await way.options()).headers).toEqual({ Authorization: 'Bearer ada-lab-1' })
  writeFileSync(`${folder}/until`, new Date(Date.now() + 30_000).toISOString())
  const hasty = await access('lab', files[0])
  expect((await hasty.options()).headers).toEqual({ Authorization: 'Bearer ada-lab-2' })
  expect((await hasty.options()).headers).toEqual({ Authorization: 'Bearer ada-lab-3' })
  chmodSync(`${folder}/login`, 0o644)
  const broken = await access('lab', files[0])
  expect(await fault(() => broken.options())).toMatch(
    /^ENVIRONMENT: The credentials of context "lab" cannot be had: \.\/login failed: it cannot be started \(EACCES\)\. Log in to the cluster, and give the same command again\. What the plugin says may be secret, and is not repeated here; to see it: kubectl --kubeconfig \S+ --context lab version$/,
  )
})
test('several files count as one: what the first of them says of a name holds', async () => {
  const { files } = written(
    { contexts: [{ name: 'lab', context: { cluster: 'c', user: 'u' } }] },
    config({ token: 'one' }),
    config({ token: 'two' }, { server: 'https://other' }),
  )
  const before = process.env.KUBECONFIG
  process.env.KUBECONFIG = files.join(':')
  try {
    const way = await access('lab', undefined)
    expect((await way.options()).headers).toEqual({ Authorization: 'Bearer one' })
    expect(way.server.host).toBe('cluster.example.org:6443')
  } finally {
    if (before === undefined) delete process.env.KUBECONFIG
    else process.env.KUBECONFIG = before
  }
})
test('a file that is no YAML', async () => {
  const folder = scratch()
  writeFileSync(`${folder}/config`, 'contexts: [')
  expect(await fault(() => access('lab', `${folder}/config`))).toMatch(
    /^ENVIRONMENT: The kubeconfig \S+ cannot be read: .*\. Mend it; "kubectl config view" shows it\.$/,
  )
})
test('cluster-setup: least rights, no secret, nothing of the whole cluster', async () => {
  const { environment } = await setting()
  const text = setupText({ ...environment, executorServiceAccount: 'executor', pullSecrets: ['registry'] }, [{ kind: 'User', name: 'ada' }])
  const objects = parseAllDocuments(text).map(each => each.toJS())
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
    'ServiceAccount science/pipeline',
    'ServiceAccount science/executor',
    'Role science/trireme-executor',
    'RoleBinding science/trireme-executor',
    'Role science/trireme-user',
    'RoleBinding science/trireme-user',
  ])
  expect(objects[2].rules).toEqual([{ apiGroups: ['argoproj.io'], resources: ['workflowtaskresults'], verbs: ['create', 'patch'] }])
  expect(objects[4].rules.map(({ resources, verbs }: { resources: string[]; verbs: string[] }) => `${resources}: ${verbs}`)).toEqual([
    'workflows: create,get,list,watch,patch,delete',
    'pods: get,list,watch',
    'pods/log: get',
    'events: list',
  ])
  expect(objects[5].subjects).toEqual([{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ada' }])
  expect(text).toContain('create secret docker-registry registry')
  expect(text).toContain('DEFAULT_REQUEUE_TIME=2s')
})
test.each([
  'lab\n---\nkind: ClusterRoleBinding',
  'lab\r---\rkind: X',
  'lab\u0085---\u0085kind: X',
  'lab\u2028kind: X',
  'lab; touch /tmp/x #',
])('cluster-setup: no setting ends a comment of its YAML, or a word of its commands: %j', async context => {
  const { environment } = await setting()
  const [plain, text] = [environment, { ...environment, context }].map(each => setupText(each, [{ kind: 'User', name: 'ada' }]))
  // Where lines end in YAML 1.1, which kubectl reads.
  const objects = (yaml = '') => yaml.split(/\r\n|[\n\r\u0085\u2028\u2029]/).filter(line => !line.startsWith('#'))
  expect(objects(text)).toEqual(objects(plain))
  expect(text).toContain(`kubectl --context ${context.includes(';') ? "'lab; touch /tmp/x #'" : "'lab\\u"}`)
})
test('the doctor tells which versions of Argo will do', () => {
  const verdict = (version: string) => versionFinding(version, '').state
  expect(['3.6.9', '3.7.10', '4.0.0', '4.0.1'].map(verdict)).toEqual(['bad', 'bad', 'bad', 'bad'])
  expect(['3.7.11', '3.8.0', '4.0.2', '4.1.0', '5.0.0'].map(verdict)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
})
test('the doctor looks at everything, and says what to mend', async () => {
  const at = await setting()
  const found = async () => {
    const all = new Map<string, string>()
    for await (const { name, state, found } of examineCluster(at.environment)) all.set(name, `${state}: ${found}`)
    return all
  }
  at.cluster.refuse = (_, path) => {
    if (path === '/apis/argoproj.io/v1alpha1') return { status: 404, message: '404 page not found', plain: true }
    if (/serviceaccounts/.test(path)) return { status: 404, message: 'not found' }
    if (/namespaces\/science$|deployments/.test(path)) return { status: 403, message: 'forbidden' }
    return undefined
  }
  at.bucket.fault = { status: 403, code: 'SignatureDoesNotMatch' }
  const bad = await found()
  expect(bad.get('cluster')).toBe('ok: Kubernetes v1.34.4')
  expect(bad.get('Argo CRDs')).toBe('bad: no workflows, workflowtaskresults')
  expect(bad.get('service account')).toBe('bad: missing')
  expect(bad.get('namespace')).toBe('unknown: you may not look')
  expect(bad.get('your rights')).toBe('ok: all there')
  expect(bad.get('bucket')).toContain('is not accepted (SignatureDoesNotMatch)')
  at.bucket.fault = undefined
  expect((await found()).get('bucket')).toMatch(/^ok: 127\.0\.0\.1/)
  expect([...at.bucket.objects.keys()]).toEqual([])
})
test('the doctor says how a namespace, an account and a Secret are made in this cluster, or which setting to correct', async () => {
  const at = await setting()
  const { bucket } = at.environment
  const secret = { name: 's3', accessKey: 'id', secretKey: 'key' }
  const environment = { ...at.environment, bucket: { ...bucket, credentials: { ...bucket.credentials, secret } } }
  const found = async () => {
    const all = new Map<string, string>()
    for await (const { name, found, mend } of examineCluster(environment)) all.set(name, `${found}: ${mend}`)
    return all
  }
  at.cluster.refuse = (_, path) =>
    /namespaces\/science$|serviceaccounts|secrets/.test(path) ? { status: 404, message: 'not found' } : undefined
  const gone = await found()
  expect(gone.get('namespace')).toBe(
    'missing: correct "namespace" of the environment, or make it: kubectl --context test create namespace science',
  )
  expect(gone.get('service account')).toBe(
    'missing: correct "serviceAccount" of the environment, or make it: trireme cluster-setup --on lab | kubectl --context test apply -f -',
  )
  const make = 'kubectl --context test -n science create secret generic s3 --from-literal=id=… --from-literal=key=…'
  expect(gone.get('bucket key of pods')).toBe(`missing: correct bucket.credentials.secret of the environment, or make it: ${make}`)
  const holds = (data: object) => {
    at.cluster.refuse = (_, path) =>
      path.endsWith('secrets/s3') ? { status: 200, message: JSON.stringify({ data }), plain: true } : undefined
  }
  holds({ id: '', secret: '' })
  expect((await found()).get('bucket key of pods')).toMatch(/^it has no key; it has id, secret: correct bucket\.credentials\.secret/)
  holds({ id: '', key: '' })
  expect((await found()).get('bucket key of pods')).toBe('there: undefined')
})
test('cluster-setup: the command that it names gives what it gave', async () => {
  const { environment } = await setting()
  const text = setupText(environment, [
    { kind: 'User', name: 'ada' },
    { kind: 'Group', name: 'the lab' },
  ])
  expect(text).toContain("#   trireme cluster-setup --on lab --user ada --group 'the lab' | kubectl --context test apply -f -\n")
})
