import { TriremeError } from '../../core/errors.ts'
import { proxyFor } from '../../core/proxy.ts'

/** From here on Node's `fetch` goes through the proxies that the environment names; Node 20 looks at no variable itself. */
export async function useProxies(environment: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (!Object.entries(environment).some(([name, value]) => /^https?_proxy$/i.test(name) && value)) return
  const { Agent, Dispatcher, ProxyAgent, setGlobalDispatcher } = await import('undici') // 0.1 s, for those who need it
  const direct = new Agent()
  const proxies = new Map<string, InstanceType<typeof ProxyAgent>>()
  const through = (proxy: string) => {
    const agent = proxies.get(proxy) ?? new ProxyAgent(proxy)
    proxies.set(proxy, agent)
    return agent
  }
  class ByServer extends Dispatcher {
    override dispatch(...[options, handler]: Parameters<InstanceType<typeof Agent>['dispatch']>): boolean {
      const proxy = proxyFor(new URL(String(options.origin)), environment)
      return (proxy === undefined ? direct : through(usable(proxy))).dispatch(options, handler)
    }
  }
  setGlobalDispatcher(new ByServer())
}
function usable(proxy: string): string {
  if (/^https?:\/\/[^/]/i.test(proxy) && URL.canParse(proxy)) return proxy
  throw new TriremeError(
    'ENVIRONMENT',
    'HTTPS_PROXY or HTTP_PROXY names a proxy that is no address such as http://proxy.example.org:3128. Correct it, or name the server in NO_PROXY.',
  )
}
