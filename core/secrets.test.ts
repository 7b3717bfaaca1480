import { expect, test } from 'vitest'
import { keepSecret, keepSecretsOf, redacted, withoutSecrets } from './secrets.ts'

test('a value that the process holds is told in none of its forms', () => {
  const secret = 'c4n4ry/+ "Pt8x\\=='
  keepSecret(secret, 'short', undefined, 7)
  const encoded = Buffer.from(secret).toString('base64')
  expect(withoutSecrets(`a ${secret} b ${encodeURIComponent(secret)} c ${JSON.stringify({ secret })} d ${encoded} short`)).toBe(
    'a *** b *** c {"secret":"***"} d *** short',
  )
})
test('of named values those are held whose names say that they are secrets', () => {
  keepSecretsOf({
    AWS_SECRET_ACCESS_KEY: 'canary-1',
    HF_TOKEN: 'canary-2',
    'client-secret': 'canary-3',
    api_key: 'canary-4',
    'refresh-token': 'canary-5',
  })
  keepSecretsOf({ TOKEN_FILE: '/home/ada/token', SSH_AUTH_SOCK: '/tmp/agent', KEYBOARD: 'qwertz', TOKENS: 'many-of-them' })
  for (const n of [1, 2, 3, 4, 5]) expect(withoutSecrets(`canary-${n}`)).toBe('***')
  expect(withoutSecrets('/home/ada/token /tmp/agent qwertz many-of-them')).toBe('/home/ada/token /tmp/agent qwertz many-of-them')
})
test.each([
  ['https://ada:p4ss@data.example.org:8443/x.bam', 'https://***@data.example.org:8443/x.bam'],
  ['https://ada:p4/s?s#@data.example.org/x', 'https://***@data.example.org/x'],
  ['socks5://ghp_0123@proxy:1080', 'socks5://***@proxy:1080'],
  ['see "https://a:b@h/x" and <ftp://c:d@i>', 'see "https://***@h/x" and <ftp://***@i>'],
  [
    'https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA%2Fx&X-Amz-Date=2026&X-Amz-Signature=0af1&X-Amz-Security-Token=Fw==#t',
    'https://b.s3.amazonaws.com/k?X-Amz-Credential=***&X-Amz-Date=2026&X-Amz-Signature=***&X-Amz-Security-Token=***#t',
  ],
  ['GET /k?sv=2024&sig=ab%3D (403)', 'GET /k?sv=2024&sig=*** (403)'],
  ['https://h/?access_token=abc&amp;page=2', 'https://h/?access_token=***&amp;page=2'],
  ['{"url":"https://h/a?apikey=abc","n":1}', '{"url":"https://h/a?apikey=***","n":1}'],
  ['login --oidc-client-secret=abc --user ada', 'login --oidc-client-secret=*** --user ada'],
  ['Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
  ['"authorization":"Basic YWRh"', '"authorization":"Basic ***"'],
  ['sent bearer 0123456789abcdef0123', 'sent bearer ***'],
])('%s', (text, clean) => {
  expect(withoutSecrets(text)).toBe(clean)
})
test.each([
  'docker://registry.example.org:5000/tools/bwa@sha256:0af1',
  'http://[::1]:8080/a@b and http://host/a:b@c',
  'https://h/a?page=2&design=x&monkey=1&sort=desc',
  'a@b.example.org, s3://bucket/a=b/c, --min-qual=20 --region=chr1:1-10',
  'sort --key=2,2n; INFO=DP=3;key=1;code=x & auth=y',
  'the bearer of this letter; basic authorization of users',
])('what is no secret stays: %s', text => {
  expect(withoutSecrets(text)).toBe(text)
})
test('data are gone through, and keep their shape', () => {
  const date = new Date(0)
  expect(redacted({ a: ['https://u:p@h', 1, null], b: { c: undefined, d: date }, e: true })).toEqual({
    a: ['https://***@h', 1, null],
    b: { c: undefined, d: date },
    e: true,
  })
})
test('a digest stays exact, though a secret stands in it by chance; one that is the secret itself does not', () => {
  const [byChance, secret] = [`0badf00d${'1'.repeat(56)}`, `${'2'.repeat(63)}a`]
  keepSecret('0badf00d', secret)
  expect(redacted({ sha256: byChance, said: 'it is 0badf00d', token: secret })).toEqual({
    sha256: byChance,
    said: 'it is ***',
    token: '***',
  })
})
