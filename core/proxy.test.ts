import { expect, test } from 'vitest'
import { proxyFor } from './proxy.ts'

const through = (server: string, environment: NodeJS.ProcessEnv) => proxyFor(new URL(server), environment)
const proxy = { HTTPS_PROXY: 'http://proxy:3128' }

test('what the environment names, by the server’s protocol', () => {
  expect(through('https://10.0.0.1:6443', {})).toBeUndefined()
  expect(through('https://10.0.0.1:6443', proxy)).toBe('http://proxy:3128')
  expect(through('https://10.0.0.1', { https_proxy: 'proxy:3128', HTTP_PROXY: 'http://other' })).toBe('http://proxy:3128')
  expect(through('http://10.0.0.1', proxy)).toBeUndefined()
  expect(through('http://10.0.0.1', { HTTP_PROXY: 'socks5://proxy:1080' })).toBe('socks5://proxy:1080')
})
test('never to this machine', () => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) expect(through(`https://${host}:6443`, proxy)).toBeUndefined()
})
test.each<[server: string, exempt: string, direct: boolean]>([
  ['https://10.1.2.3:6443', '192.168.0.0/16, 10.0.0.0/8', true],
  ['https://11.1.2.3:6443', '10.0.0.0/8', false],
  ['https://[fd00::5]:6443', 'fd00::/8', true],
  ['https://[fd00::5]:6443', '10.0.0.0/8', false],
  ['https://10.1.2.3:6443', '10.1.2.3', true],
  ['https://110.1.2.3:6443', '10.1.2.3', false],
  ['https://[fd00::5]', 'fd00::5', true],
  ['https://lab.example.org', 'example.org', true],
  ['https://example.org', 'example.org', true],
  ['https://example.org', '.example.org', false],
  ['https://lab.example.org', '.Example.org', true],
  ['https://lab.example.org', '*.example.org', true],
  ['https://myexample.org', 'example.org', false],
  ['https://lab.example.org', '*', true],
  ['https://lab.example.org:6443', 'lab.example.org:6443', true],
  ['https://lab.example.org:6443', 'lab.example.org:443', false],
  ['https://lab.example.org', 'lab.example.org:443', true],
  ['https://10.1.2.3:6443', 'nonsense/9, 10.0.0.0/99, 10.0.0.0/, 10.0.0.0/1.5, 10.0.0.0/-1,,', false],
])('%s with NO_PROXY=%s', (server, exempt, direct) => {
  expect(through(server, { ...proxy, NO_PROXY: exempt })).toBe(direct ? undefined : 'http://proxy:3128')
  expect(through(server, { ...proxy, no_proxy: exempt })).toBe(direct ? undefined : 'http://proxy:3128')
})
