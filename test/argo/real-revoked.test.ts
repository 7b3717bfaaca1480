import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { each, many, run, step } from '../../core/index.ts'
import { Store } from '../../core/store/store.ts'
import { userRights } from '../../core/targets/argo/setup/setup.ts'
import { scratch } from '../../core/testing.ts'
import { clusterOf, during, environment, mark, namespace, ran, real } from './real-setting.ts'
import { contentOf, fault, needs, text } from './setting.ts'

// A user whose rights, or whose account, are taken away while the run is out: the next thing that the client asks is refused.

const parts = step({
  ...{
    name: 'parts',
    image: 'any',
    inputs: {},
    params: { what: z.string() },
    outputs: { files: many(text) },
    needs: { ...needs, cpu: 0.2 },
  },
  command: ({ what, files }) => run('bash', '-c', 'sleep 15; for n in 1 2; do echo "$2 $n" >"$1/$n.txt"; done', 'step', files, what),
})
const split = step({
  ...{ name: 'split', image: 'any', inputs: { from: text }, outputs: { files: many(text) }, needs: { ...needs, cpu: 0.2 } },
  command: ({ from, files }) => run('bash', '-c', 'cp "$1" "$2/only.txt"', 'step', from, files),
})
const join = step({
  ...{ name: 'join', image: 'any', inputs: { all: many(text) }, outputs: { made: text }, needs: { ...needs, cpu: 0.2 } },
  command: ({ all, made }) => run('cat', all).into(made),
})
/** Lists within lists: a second Workflow follows the first. */
const plan = (what: string) => {
  const { made } = each(parts({ what }).files, from => ({
    made: join({ all: each(split({ from }).files, one => ({ same: join({ all: [one] }).made })).same }).made,
  }))
  return { made: join({ all: made }).made }
}
const core = `/api/v1/namespaces/${namespace}`
const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
const account = (name: string) => ({ metadata: { name } })
const binding = (name: string) => ({
  ...{ metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name } },
  subjects: [{ kind: 'ServiceAccount', name, namespace }],
})
/** A kubeconfig whose user is a service account that may do what a user of Trireme may, by a token of an hour. */
async function userOf(name: string): Promise<string> {
  await during(`${core}/serviceaccounts`, account(name))
  const rules = userRights.map(({ group, resource, subresource, verbs }) => ({
    ...{ apiGroups: [group], resources: [subresource === undefined ? resource : `${resource}/${subresource}`], verbs },
  }))
  const role = { metadata: { name }, rules }
  await during(`${rbac}/roles`, role)
  await during(`${rbac}/rolebindings`, binding(name))
  return tokenOf(name)
}
async function tokenOf(name: string): Promise<string> {
  const cluster = await clusterOf(environment())
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } }
  const { text } = await cluster.ask('POST', `${core}/serviceaccounts/${name}/token`, { body })
  const config = parse(readFileSync(process.env.KUBECONFIG!, 'utf8'))
  for (const each of config.users) each.user = { token: JSON.parse(text).status.token }
  const file = `${scratch()}/kubeconfig`
  writeFileSync(file, stringify(config))
  return file
}
for (const [what, place, object, says] of [
  [
    'rights',
    `${rbac}/rolebindings`,
    binding,
    /^ENVIRONMENT: .*may not \w+ workflows.* in the namespace \S+ \(403\)\. Have a Role with that verb bound/,
  ],
  ['account', `${core}/serviceaccounts`, account, /^ENVIRONMENT: The cluster of context "[^"]+" does not accept your credentials \(401\)/],
] as const)
  real(`a user who loses the ${what} in mid-run is told so, and attach goes on once it is back`, { timeout: 400_000 }, async () => {
    const name = `trireme-${what}-${mark}`
    const kubeconfig = await userOf(name)
    const cluster = await clusterOf(environment())
    const own = { store: await Store.open(scratch()), run: `revoked-${what}-${mark}` }
    let taken: Promise<unknown> | undefined
    const on = ({ event }: { readonly event: string }) => {
      if (event === 'started') taken ??= cluster.remove(`${place}/${name}`)
    }
    expect(await fault(() => ran(plan(what), environment({ kubeconfig }), { ...own, on }))).toMatch(says)
    await taken
    await cluster.ask('POST', place, { body: object(name) })
    const { state, results, failures } = await ran(plan(what), environment({ kubeconfig: await tokenOf(name) }), { ...own, attach: true })
    expect([state, failures]).toEqual(['succeeded', []])
    expect(contentOf(results.made)).toBe(`${what} 1\n${what} 2\n`)
  })
