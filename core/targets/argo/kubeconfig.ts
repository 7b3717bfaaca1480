import { existsSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { TriremeError } from '../../errors.ts'

/** A way to an API server: where it is, and what a request must carry. */
export interface Access {
  readonly server: URL
  /** Headers of the next request, made anew each time since tokens are short-lived, and how it is sent. */
  readonly options: () => Promise<{ readonly headers: Record<string, string>; readonly agent: http.Agent | undefined }>
}
/**
 * The way to a cluster by the name of a context, as kubectl knows it. Never the current context: what a run costs and where its data go
 * must not depend on what somebody typed in another window.
 * @param kubeconfig file to read instead of $KUBECONFIG or ~/.kube/config
 * @throws TriremeError `ENVIRONMENT` where there is no such context
 */
export async function access(context: string, kubeconfig: string | undefined): Promise<Access> {
  const files = kubeconfig === undefined ? defaultFiles() : [path.resolve(kubeconfig)]
  const found = files.filter(file => existsSync(file))
  if (found.length === 0)
    throw new TriremeError(
      'ENVIRONMENT',
      `There is no kubeconfig at ${files.join(' or ')}. Set KUBECONFIG, or name the file as "kubeconfig" in the environment.`,
    )
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  for (const file of found) {
    const one = new KubeConfig()
    try {
      one.loadFromFile(file)
    } catch (cause) {
      throw new TriremeError(
        'ENVIRONMENT',
        `The kubeconfig ${file} cannot be read: ${(cause as Error).message}. Mend it; "kubectl config view" shows it.`,
        { cause },
      )
    }
    config.mergeConfig(one)
  }
  if (!config.getContextObject(context)) {
    const names = config.getContexts().map(({ name }) => name)
    throw new TriremeError(
      'ENVIRONMENT',
      `There is no context "${context}" in ${found.join(', ')}. ${names.length > 0 ? `There are: ${names.join(', ')}.` : 'It has none.'} Correct "context" of the environment, or log in to the cluster.`,
    )
  }
  config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (!cluster?.server)
    throw new TriremeError('ENVIRONMENT', `The context "${context}" names no cluster that its kubeconfig knows. Mend ${found.join(', ')}.`)
  const server = new URL(cluster.server)
  let agent: http.Agent | undefined
  return {
    server,
    options: async () => {
      const filled: https.RequestOptions = {}
      try {
        await config.applyToHTTPSOptions(filled)
      } catch (cause) {
        throw new TriremeError(
          'ENVIRONMENT',
          `The credentials of context "${context}" cannot be had: ${(cause as Error).message}. Log in to the cluster, and give the same command again.`,
          { cause },
        )
      }
      const { ca, cert, key, rejectUnauthorized, servername, passphrase } = filled
      agent ??=
        server.protocol === 'http:'
          ? new http.Agent({ keepAlive: true })
          : cluster.proxyUrl !== undefined && filled.agent instanceof http.Agent
            ? filled.agent
            : new https.Agent({ keepAlive: true, ca, cert, key, rejectUnauthorized, servername, passphrase })
      const basic = filled.auth && { Authorization: `Basic ${Buffer.from(filled.auth).toString('base64')}` }
      return { headers: { ...(filled.headers as Record<string, string> | undefined), ...basic }, agent } // KubeConfig fills it with texts
    },
  }
}
function defaultFiles(): readonly string[] {
  const named = (process.env.KUBECONFIG ?? '').split(path.delimiter).filter(file => file !== '')
  return named.length > 0 ? named : [path.join(os.homedir(), '.kube', 'config')]
}
