import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { expect } from 'vitest'
import { parse, stringify } from 'yaml'
import { kind, mib, run, step } from '../../core/index.ts'
import type { Resource } from '../../core/kubernetes/client.ts'
import { Store } from '../../core/store/store.ts'
import { scratch } from '../../core/testing.ts'
import { clusterOf, during, environment, mark, namespace, ran, real } from './real-setting.ts'
import { contentOf } from './setting.ts'

// What a run needs is taken away while it runs, on a real cluster: it says what is wrong, or goes on by itself; `attach` and the same command
// work after each. The limit of a test is wider than the minutes that this may take, for machines with other work.

const text = kind('text', { extension: '.txt' })
/** Its words are its own, so that no other run of this file has made them. */
const two = (words: string, seconds = 0) => {
  const needs = { cpu: 0.05, memory: mib(64) } as const
  const first = step({
    name: 'first',
    image: 'first',
    inputs: {},
    outputs: { made: text },
    needs,
    command: ({ made }) => run('bash', '-c', `echo ${words} >"$1"`, 'step', made),
  })({}).made
  return step({
    name: 'second',
    image: 'second',
    inputs: { from: text },
    outputs: { made: text },
    needs,
    command: ({ from, made }) => run('bash', '-c', `sleep ${seconds}; cat "$1" >"$2"`, 'step', from, made),
  })({ from: first }).made
}
type Options = NonNullable<Parameters<typeof ran>[2]>
let runs = 0
/** A run of two steps, and what is done once the first has ended. */
async function broken(at: ReturnType<typeof environment>, take: () => Promise<unknown>, seconds = 0, more: Options = {}) {
  const store = await Store.open(scratch())
  const id = `taken-${mark}-${++runs}`
  let taken: Promise<unknown> | undefined
  const options: Options = {
    ...{ store, run: id, patience: { lasting: 10_000, passing: 20_000, ...more.patience } },
    on: event => {
      if (event.event === 'succeeded') taken ??= take()
    },
  }
  const results = () => ({ made: two(id, seconds) })
  const said = await ran(results(), at, options).then(
    ({ failures, state }) => (state === 'succeeded' ? 'succeeded' : (failures[0] ?? state)),
    (cause: Error) => cause.message,
  )
  await taken
  const again = (attach: boolean) => ran(results(), at, { store, run: attach ? id : `${id}-again`, attach })
  return { said, again, id }
}
const wholeAgain = async ({ again, id }: Awaited<ReturnType<typeof broken>>) => {
  await again(true).catch(() => {}) // tells the same, or finishes
  const { state, results } = await again(false)
  expect([state, contentOf(results.made)]).toEqual(['succeeded', `${id}\n`])
}
const patient = { timeout: 300_000 }
const core = `/api/v1/namespaces/${namespace}`
const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
/** The bucket's Secret under a name of our own, which may be taken away. */
async function secret(name: string): Promise<object> {
  const { data } = await (await clusterOf(environment())).get<Resource & { readonly data: object }>(`${core}/secrets/s3`)
  return { metadata: { name }, data }
}
const withSecret = (name: string) => {
  const { bucket } = environment()
  return environment({
    bucket: { ...bucket, credentials: { ...bucket.credentials, secret: { name, accessKey: 'accessKey', secretKey: 'secretKey' } } },
  })
}
real('the bucket’s Secret, from the first or in mid-run: named with the words of the event', patient, async () => {
  const name = `trireme-${mark}`
  const at = withSecret(name)
  const { failures } = await ran({ made: two(`${mark}-${++runs}`) }, at, { patience: { lasting: 10_000 } })
  const words = new RegExp(
    `^Step (first|second) could not start: it cannot start \\(FailedMount: .*secret "${name}" not found\\)\\. Have what is named there made`,
  )
  expect(failures).toEqual([expect.stringMatching(words)])
  const cluster = await clusterOf(at)
  await during(`${core}/secrets`, (await secret(name)) as { metadata: { name: string } })
  const run = await broken(at, () => cluster.remove(`${core}/secrets/${name}`))
  console.info(`Secret: ${run.said}`)
  expect(run.said).toMatch(new RegExp(`^succeeded$|${words.source}`)) // kubelet may know the old one for a minute
  await cluster.ask('POST', `${core}/secrets`, { body: await secret(name) })
  await wholeAgain(run)
})
real('a ConfigMap and a claim that do not exist', patient, async () => {
  const volume = { name: 'more', mountPath: '/more', readOnly: true }
  const lacking = (more: object) =>
    ran({ made: two(`${mark}-${++runs}`) }, environment({ volumes: [{ ...volume, ...more }] as never }), { patience: { lasting: 10_000 } })
  expect((await lacking({ configMap: 'no-such' })).failures[0]).toMatch(/FailedMount: .*configmap "no-such" not found/)
  expect((await lacking({ claim: 'no-such' })).failures[0]).toMatch(/could not start: .*persistentvolumeclaim "no-such" not found/)
})
real('the right of Argo’s own containers to report', patient, async () => {
  const name = `taken-${mark}`
  const cluster = await clusterOf(environment())
  const subject = { kind: 'ServiceAccount', name, namespace }
  const bound = {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'executor' },
    subjects: [subject],
  }
  await during(`${core}/serviceaccounts`, { metadata: { name } })
  await during(`${rbac}/rolebindings`, bound)
  const run = await broken(environment({ serviceAccount: name }), () => cluster.remove(`${rbac}/rolebindings/${name}`))
  console.info(`executor's right: ${run.said}`)
  expect(run.said).toMatch(/succeeded|workflowtaskresults/)
  await cluster.ask('POST', `${rbac}/rolebindings`, { body: bound, accept: [409] })
  await wholeAgain(run)
})
real('the user’s own Role', patient, async () => {
  const name = `user-${mark}`
  const cluster = await clusterOf(environment())
  await during(`${core}/serviceaccounts`, { metadata: { name } })
  const rules = [
    { apiGroups: ['argoproj.io'], resources: ['workflows'], verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['pods', 'pods/log', 'events'], verbs: ['get', 'list', 'watch'] },
  ]
  await during(`${rbac}/roles`, { metadata: { name }, rules } as { metadata: { name: string } })
  const subject = { kind: 'ServiceAccount', name, namespace }
  const bound = { metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }, subjects: [subject] }
  await during(`${rbac}/rolebindings`, bound)
  const { text: token } = await cluster.ask('POST', `${core}/serviceaccounts/${name}/token`, {
    body: { spec: { expirationSeconds: 3600 } },
  })
  const config = parse(readFileSync(process.env.KUBECONFIG!, 'utf8'))
  const kubeconfig = `${scratch()}/kubeconfig`
  for (const each of config.users) each.user = { token: JSON.parse(token).status.token }
  writeFileSync(kubeconfig, stringify(config))
  const run = await broken(environment({ kubeconfig }), () => cluster.remove(`${rbac}/rolebindings/${name}`), 20)
  console.info(`user's Role: ${run.said}`)
  expect(run.said).toMatch(/succeeded|may not (list|watch|get) \w+ in the namespace/)
  await cluster.ask('POST', `${rbac}/rolebindings`, { body: bound })
  await wholeAgain(run)
})
real('the quota, set to nothing', patient, async () => {
  const name = `quota-${mark}`
  await during('/apis/scheduling.k8s.io/v1/priorityclasses', { ...{ value: 1 }, metadata: { name } })
  const scope = { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: [name] }] }
  const cluster = await clusterOf(environment())
  const quota = { metadata: { name }, spec: { hard: { pods: '0' }, scopeSelector: scope } }
  const run = await broken(environment({ priorityClassName: name }), () => during(`${core}/resourcequotas`, quota))
  expect(run.said).toMatch(/succeeded|^Step second could not start: its pod is not admitted: .*exceeded quota/)
  await cluster.remove(`${core}/resourcequotas/${name}`)
  await wholeAgain(run)
})
real('the API server, for a minute, seen from the client', patient, async () => {
  const config = parse(readFileSync(process.env.KUBECONFIG!, 'utf8'))
  const [{ cluster }] = config.clusters
  const { hostname, port } = new URL(cluster.server)
  const open = new Set<net.Socket>()
  let away = false
  const proxy = net.createServer(socket => {
    if (away) return socket.destroy()
    const other = net.connect(Number(port), hostname)
    for (const each of [socket, other]) open.add(each.on('error', () => {}))
    socket.pipe(other).pipe(socket)
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  cluster.server = `https://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`
  const kubeconfig = `${scratch()}/kubeconfig`
  writeFileSync(kubeconfig, stringify(config))
  const take = async () => {
    away = true
    for (const each of open) each.destroy()
    setTimeout(() => {
      away = false
    }, 60_000)
  }
  const run = await broken(environment({ kubeconfig }), take, 20)
  expect(run.said).toBe('succeeded')
  await wholeAgain(run)
  proxy.close()
})
