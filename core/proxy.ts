import { BlockList, isIP, isIPv6 } from 'node:net'

/**
 * The proxy that the environment names for a server, read as kubectl does: of clusters, buckets and archives alike. By hand, since the library for clusters
 * looks only at `proxy-url` of a kubeconfig, that for S3 at nothing, and Node's own agents read these variables from version 24 on.
 */
export function proxyFor(server: URL, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const of = (name: string) => environment[name] || environment[name.toLowerCase()] || ''
  const named = of(server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = server.port || (server.protocol === 'https:' ? '443' : '80')
  const own = host === 'localhost' || within('127.0.0.0/8', host) || host === '::1'
  const exempt = of('NO_PROXY').split(/[\s,]+/)
  if (named === '' || own || exempt.some(each => isExempt(each.toLowerCase(), host, port))) return undefined
  return named.includes('://') ? named : `http://${named}`
}
/** `*`, a network, an address, or a name, which stands for all below it too; of one port where it ends with one. */
function isExempt(exempt: string, host: string, port: string): boolean {
  if (exempt === '' || exempt === '*') return exempt === '*'
  if (exempt.includes('/')) return within(exempt, host)
  const [, name = exempt, only = port] = isIP(exempt) ? [] : (/^\[?(.*?)\]?:(\d+)$/.exec(exempt) ?? [])
  const below = name.replace(/^\*/, '')
  return only === port && (host === name || (!isIP(host) && host.endsWith(below.startsWith('.') ? below : `.${below}`)))
}
function within(network: string, host: string): boolean {
  const [address = '', bits = ''] = network.split('/')
  if (isIP(address) === 0 || isIP(address) !== isIP(host)) return false
  if (!/^\d+$/.test(bits) || Number(bits) > (isIPv6(host) ? 128 : 32)) return false // no network: it exempts nothing
  const list = new BlockList()
  const family = isIPv6(host) ? 'ipv6' : 'ipv4'
  list.addSubnet(address, Number(bits), family)
  return list.check(host, family)
}
