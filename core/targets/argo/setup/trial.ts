import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { step } from '../../../define/step.ts'
import { plan } from '../../../graph/plan.ts'
import { Store } from '../../../store/store.ts'
import { run, word } from '../../../vocabulary/command.ts'
import { kind } from '../../../vocabulary/kind.ts'
import { mib, minutes } from '../../../vocabulary/quantity.ts'
import type { Finding } from '../../target.ts'
import { runOnArgo } from '../follow/run.ts'
import type { ArgoEnvironment } from '../settings.ts'

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64), time: minutes(2) }
/**
 * Runs two small steps, one after the other, in pods: that says whether images are pulled, pods get at the bucket, and the executor may tell
 * its outcome; and how long a level of a pipeline takes here. Each trial writes words of its own, so that none is found done.
 * @param image name of the image to try, as steps have it
 */
export async function trial(environment: ArgoEnvironment, image: string, imageOf: (name: string) => string): Promise<Finding> {
  const words = randomBytes(8).toString('hex')
  const first = step({
    name: 'doctor-first',
    image,
    inputs: {},
    outputs: { said: text },
    needs,
    command: ({ said }) => run('printf', words).into(said),
  })
  const second = step({
    name: 'doctor-second',
    image,
    inputs: { said: text },
    outputs: { heard: text },
    needs: { ...needs, cpu: 2 }, // more than one core, so that it does not share the pod of the first
    command: ({ said, heard }) => run('cp', said, word`${heard}`),
  })
  const folder = await mkdtemp(path.join(os.tmpdir(), 'trireme-doctor-'))
  const needed = `two steps in pods of ${imageOf(image)}`
  try {
    const store = await Store.open(folder)
    const started = performance.now()
    const { said } = first({})
    const { heard } = second({ said })
    const done = await runOnArgo(plan('doctor', { heard }), {
      store,
      environment,
      image: imageOf,
      versions: new Map(),
      run: `doctor-${words.slice(0, 8)}`,
      patience: { queued: 120_000, passing: 120_000 },
    })
    const took = `${((performance.now() - started) / 1000).toFixed(1)} s`
    if (done.state === 'succeeded') return { name: 'trial run', state: 'ok', found: `both ran, ${took} in all`, needed }
    return { name: 'trial run', state: 'bad', found: done.failures[0] ?? done.state, needed, mend: 'see there' }
  } catch (cause) {
    return { name: 'trial run', state: 'bad', found: cause instanceof Error ? cause.message : String(cause), needed, mend: 'see there' }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
