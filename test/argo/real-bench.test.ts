import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Record2 } from '../../benchmarks/harness/record.ts'
import { S3Bucket } from '../../core/bucket/client.ts'
import { scratch } from '../../core/testing.ts'
import { countingProject } from '../counting-project.ts'
import { cli } from '../project.ts'
import { environment, image, real } from './real-setting.ts'

// `trireme bench run` of two arms on this machine and on a real cluster, which is taken away in mid-run and given back.

const settings = () => {
  const { context, namespace, serviceAccount, hostNetwork, bucket } = environment()
  const images = { swap: { reads: image } }
  return stringify({
    environments: {
      cluster: { target: 'argo', context, kubeconfig: 'kubeconfig', namespace, serviceAccount, hostNetwork, bucket, images },
    },
  })
}
const bench = (folder: string, store: string, told: (said: string) => void = () => {}) =>
  new Promise<{ readonly status: number | null; readonly said: string }>(done => {
    const where = ['--on', 'workstation,cluster', '--runs', '1', '--store', store, '--scratch', path.join(store, 'records')]
    const argv = [cli, 'bench', 'run', 'counting', ...where]
    const child = spawn(process.execPath, argv, { cwd: folder, env: { ...process.env, TRIREME_STORE: '', TMPDIR: folder } })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', text => {
        said += text
        told(said)
      })
    child.on('close', status => done({ status, said }))
  })

real('a comparison of this machine and the cluster, which goes away meanwhile', { timeout: 900_000 }, async () => {
  const config = readFileSync(process.env.KUBECONFIG!, 'utf8')
  const folder = countingProject({ 'trireme.config.yaml': settings(), kubeconfig: config })
  const store = scratch()
  const lose = (said: string) => {
    if (/, cluster: /.test(said)) writeFileSync(path.join(folder, 'kubeconfig'), stringify({ ...parse(config), contexts: [] }))
  }
  const first = await bench(folder, store, lose)
  expect(first.status).not.toBe(0)
  expect(first.said).toMatch(/in cluster ended with status 8:\n.*context/)
  expect(first.said).toContain('What was measured before is kept: when this is mended, the same command goes on from there.')
  writeFileSync(path.join(folder, 'kubeconfig'), config)
  const second = await bench(folder, store)
  expect(second.said).toMatch(/Going on where it was interrupted: \d+ runs? (is|are) there/)
  expect(second.status).toBe(0)

  const [machine = ''] = readdirSync(path.join(store, 'records'))
  const [file = ''] = readdirSync(path.join(store, 'records', machine))
  const { runs, sessions }: Record2 = JSON.parse(readFileSync(path.join(store, 'records', machine, file), 'utf8')) // as it was written
  expect(sessions).toHaveLength(2)
  for (const run of runs.filter(run => run.environment === 'cluster')) {
    const [planned, , done] = ['planned', 'started', 'succeeded'].map(event => run.events.find(each => each.event === event)!)
    expect(run.events.map(({ event }) => event)).not.toContain('cached')
    expect([planned!.name, done!.from! + done!.seconds! < run.wall, done!.cpu! <= run.cpu]).toEqual(['own-count', true, true])
  }
  const bucket = await S3Bucket.open(environment().bucket)
  expect(await bucket.list('bench/')).toEqual([])
  bucket.close()
})
