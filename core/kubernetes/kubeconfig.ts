import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { KubeConfig, User } from '@kubernetes/client-node'
import { parse } from 'yaml'
import { TriremeError } from '../errors.ts'
import { proxyFor } from '../proxy.ts'
import { quoted } from '../vocabulary/command.ts'
import { type Access, type Also, credentials, type Way } from './credentials.ts'

const anonymous: User = { name: '' }

/**
 * The way to a cluster by the name of a context, as kubectl knows it. Never the current context: what a run costs and where its data go
 * must not depend on what somebody typed in another window. In a pod, `in-cluster` is the cluster of the pod, by its service account.
 *
 * Kubeconfigs and credentials are the Kubernetes library's affair. It takes 35 MiB and a second to load, so it is loaded here and nowhere else.
 * @param kubeconfig file to read instead of $KUBECONFIG or ~/.kube/config
 * @param patience milliseconds that a credential plugin may take
 * @throws TriremeError `ENVIRONMENT` where there is no such context
 */
export async function access(context: string, kubeconfig: string | undefined, patience = 60_000): Promise<Access> {
  const library = await import('@kubernetes/client-node')
  const files = kubeconfig === undefined ? defaultFiles() : [path.resolve(kubeconfig)]
  const inPod = context === 'in-cluster' && kubeconfig === undefined && process.env.KUBERNETES_SERVICE_HOST !== undefined
  const found = inPod ? ofPod(new library.KubeConfig()) : wayIn(files, context, () => new library.KubeConfig())
  if (!/^https?:\/\/[^/]/i.test(found.cluster.server) || !URL.canParse(found.cluster.server))
    throw mend(context, files, 'has a cluster whose server is no address such as https://cluster.example.org:6443')
  const server = new URL(found.cluster.server)
  // The library refuses http: unless nothing is to be verified. "kubectl proxy" speaks http:, where there is nothing to verify.
  const skipTLSVerify = found.cluster.skipTLSVerify || server.protocol === 'http:'
  const proxyUrl = found.cluster.proxyUrl || proxyFor(server)
  if (proxyUrl !== undefined && !(/^(https?|socks[45]?[ah]?):\/\/[^/]/.test(proxyUrl) && URL.canParse(proxyUrl)))
    throw mend(
      context,
      found.cluster.proxyUrl ? files : ['HTTPS_PROXY or HTTP_PROXY'],
      'is reached through a proxy that is no address such as http://proxy.example.org:3128', // which may hold a password
    )
  const cluster = { ...found.cluster, skipTLSVerify, ...(proxyUrl !== undefined && { proxyUrl }) }
  const kubectl = ['kubectl', ...(kubeconfig === undefined ? [] : ['--kubeconfig', ...files]), '--context', context].map(quoted).join(' ')
  return { server, ...credentials(() => new library.KubeConfig(), { ...found, cluster }, { context, kubectl, patience }) }
}
function defaultFiles(): readonly string[] {
  const named = (process.env.KUBECONFIG ?? '').split(path.delimiter).filter(file => file !== '')
  return named.length > 0 ? named : [path.join(os.homedir(), '.kube', 'config')]
}
const mend = (context: string, files: readonly string[], fault: string) =>
  new TriremeError('ENVIRONMENT', `The context "${context}" ${fault}. Mend ${files.join(', ')}.`)

function ofPod(config: KubeConfig): Way {
  config.loadFromCluster()
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()]
  return { cluster: cluster!, user: user!, also: { folder: '', behalf: {} } } // it has made both
}
/** By hand, since the library's merging of files takes a name that two of them have for a fault; here, as in kubectl, the first one's holds. */
function wayIn(files: readonly string[], name: string, make: () => KubeConfig): Way {
  const there = files.filter(file => existsSync(file))
  if (there.length === 0)
    throw new TriremeError(
      'ENVIRONMENT',
      `There is no kubeconfig at ${files.join(' or ')}. Set KUBECONFIG, or name the file as "kubeconfig" in the environment.`,
    )
  const read = there.map(file => readFile(file, make()))
  const context = read.flatMap(({ config }) => config.contexts).find(each => each.name === name)
  if (!context) {
    const names = read.flatMap(({ config }) => config.contexts.map(each => each.name))
    throw new TriremeError(
      'ENVIRONMENT',
      `There is no context "${name}" in ${there.join(', ')}. ${names.length > 0 ? `There are: ${names.join(', ')}.` : 'It has none.'} Correct "context" of the environment, or log in to the cluster.`,
    )
  }
  const cluster = read.flatMap(({ config }) => config.clusters).find(each => each.name === context.cluster)
  if (!cluster) throw mend(name, there, 'names no cluster that its kubeconfig knows')
  if (!context.user) return { cluster, user: anonymous, also: { folder: '', behalf: {} } }
  const owner = read.find(({ config }) => config.users.some(each => each.name === context.user))
  if (!owner) throw mend(name, there, `names the user "${context.user}", whom its kubeconfig does not know`)
  return { cluster, user: owner.config.getUser(context.user)!, also: owner.also(context.user) }
}
function readFile(file: string, config: KubeConfig) {
  const folder = path.dirname(path.resolve(file))
  try {
    const content: unknown = parse(readFileSync(file, 'utf8'))
    const known = isMapping(content) ? content : {} // the library takes an empty file for a fault
    config.loadFromString(JSON.stringify(known), { onInvalidEntry: 'filter' }) // an unfinished entry that nobody asks for does no harm
    config.makePathsAbsolute(folder)
    // kubectl takes what stands in a kubeconfig before the file that it names; the library does the reverse.
    for (const cluster of config.clusters) if (cluster.caData) cluster.caFile = ''
    for (const user of config.users) {
      if (user.certData) user.certFile = ''
      if (user.keyData) user.keyFile = ''
    }
    return { config, also: (user: string) => leftOut(known, user, folder) }
  } catch (cause) {
    const fault = (cause as Error).message.split('\n')[0]
    throw new TriremeError('ENVIRONMENT', `The kubeconfig ${file} cannot be read: ${fault}. Mend it; "kubectl config view" shows it.`, {
      cause,
    })
  }
}
/** The library knows of a user neither `tokenFile` (it looks for `token-file`, which kubectl never wrote) nor for which groups they act. */
function leftOut(content: Readonly<Record<string, unknown>>, name: string, folder: string): Also {
  const entries = Array.isArray(content.users) ? content.users.filter(isMapping) : []
  const user = entries.find(each => String(each.name) === name)?.user
  const it = isMapping(user) ? user : {}
  const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
  const extra = isMapping(it['as-user-extra']) ? it['as-user-extra'] : {}
  return {
    folder,
    ...(typeof it.tokenFile === 'string' && { tokenFile: path.resolve(folder, it.tokenFile) }),
    behalf: {
      ...(it['as-groups'] !== undefined && { 'Impersonate-Group': texts(it['as-groups']) }),
      ...(it['as-uid'] !== undefined && { 'Impersonate-Uid': String(it['as-uid']) }),
      ...Object.fromEntries(
        Object.entries(extra).map(([key, value]) => [`Impersonate-Extra-${encodeURIComponent(key.toLowerCase())}`, texts(value)]),
      ),
    },
  }
}
const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
