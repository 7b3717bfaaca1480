import type http from 'node:http'
import { TriremeError } from '../errors.ts'
import { proxyFor } from '../proxy.ts'
import type { BucketSettings } from './settings.ts'

/** Requests at a time, one connection each. With these 10,000 small objects take 20 s on loopback; with more, stores answer "slow down". */
export const atOnce = 32
/** How requests go through the proxy that the environment names; undefined where it names none for this bucket. */
export async function proxyAgent(
  { name, endpoint }: BucketSettings,
  address: string,
  environment: NodeJS.ProcessEnv,
): Promise<http.Agent | undefined> {
  const proxy = proxyFor(new URL(address), environment)
  if (proxy === undefined) return undefined
  if (!/^https?:\/\/[^/]/i.test(proxy) || !URL.canParse(proxy))
    throw new TriremeError(
      'ENVIRONMENT',
      `The bucket "${name}" is reached through the proxy that HTTPS_PROXY or HTTP_PROXY names, and that is no address such as http://proxy.example.org:3128. Correct it, or name ${endpoint.replace(/:\d+$/, '')} in NO_PROXY.`,
    )
  const { HttpProxyAgent, HttpsProxyAgent } = await import('hpagent')
  const options = { proxy, maxSockets: atOnce, keepAlive: true }
  return address.startsWith('https:') ? new HttpsProxyAgent(options) : new HttpProxyAgent(options)
}
