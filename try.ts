
import { Bucket } from '/tmp/team/six/cluster/core/targets/argo/bucket.ts'
import { writeFileSync } from 'node:fs'
await (async () => {
  const base = { endpoint: 'http://127.0.0.1:9000', name: 'argo', region: 'us-east-1', prefix: 'try/', forcePathStyle: true, variables: { accessKey: 'A', secretKey: 'B' } }
  const env = { A: 'argo', B: 'argo-secret' }
  const b = await Bucket.open(base, env)
  await b.put('a/b', 'hello'); console.log(await b.size('a/b'), await b.size('a/c'), String(await b.read('a/b')), await b.read('nope'), await b.list('a/'))
  writeFileSync('/tmp/big', Buffer.alloc(40e6, 7)); let t = performance.now()
  await b.putFile('big', '/tmp/big', 40e6); console.log(await b.size('big'), performance.now() - t)
  t = performance.now(); let n = 0; await b.stream('big', async c => { for await (const x of c) n += x.length }); console.log(n, performance.now() - t)
  await b.remove('big'); await b.remove('a/b'); console.log(await b.list(''))
  for (const [s, e] of [[{ ...base, name: 'nope' }, env], [base, { A: 'x', B: 'y' }], [base, { A: 'argo', B: 'y' }], [{ ...base, endpoint: 'http://127.0.0.1:9' }, env], [base, {}]] as const)
    { try { const c = await Bucket.open(s, e); console.log('size', await c.size('x').catch(e => e.message)); console.log('put', await c.put('x', 'y').catch(e => e.message)); console.log('list', await c.list('x').catch(e => e.message)) } catch (e) { console.log(String(e)) } }
})()
