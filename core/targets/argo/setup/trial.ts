import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { source } from '../../../define/pipeline.ts'
import { step } from '../../../define/step.ts'
import { sha256 } from '../../../graph/key.ts'
import { plan } from '../../../graph/plan.ts'
import { Store } from '../../../store/store.ts'
import { run } from '../../../vocabulary/command.ts'
import { kind } from '../../../vocabulary/kind.ts'
import { mib, minutes } from '../../../vocabulary/quantity.ts'
import type { Finding } from '../../target.ts'
import { runOnArgo } from '../follow/run.ts'
import { isQueued } from '../follow/status.ts'
import type { ArgoEnvironment } from '../settings.ts'

const textFile = kind('text', { extension: '.txt' })
const trialNeeds = { cpu: 0.1, memory: mib(64), time: minutes(2) } // a busy node has room for that, too
/**
 * Runs two small steps, one after the other, each in a pod of its own: that shows whether images are pulled, pods read and write in the bucket, and
 * the executor may report its outcome; and how long a level of a pipeline takes here. Each trial writes new text, so that its steps are never cached.
 * @param image name of the image to try, as steps have it
 */
export async function trial(environment: ArgoEnvironment, image: string, imageOf: (name: string) => string): Promise<Finding> {
  // Two calls of one step, since calls of different steps would share a pod.
  const copy = step({
    name: 'doctor-copy',
    image,
    inputs: { heard: textFile },
    outputs: { said: textFile },
    needs: trialNeeds,
    command: ({ heard, said }) => run('cp', heard, said),
  })
  const words = randomBytes(8).toString('hex')
  const folder = await mkdtemp(path.join(os.tmpdir(), 'trireme-doctor-'))
  const needed = `two steps in pods of ${imageOf(image)}`
  try {
    const store = await Store.open(path.join(folder, 'store'))
    const started = performance.now()
    const file = path.join(folder, 'words.txt')
    await writeFile(file, words)
    const first = copy({ heard: source('words', textFile, { url: file, sha256: sha256(words) }) }).said
    const done = await runOnArgo(plan('doctor', { said: copy({ heard: first }).said }), {
      store,
      environment,
      image: imageOf,
      versions: new Map(),
      run: `doctor-${words.slice(0, 8)}`,
      patience: { queued: 120_000, passing: 120_000 },
    })
    const took = `${((performance.now() - started) / 1000).toFixed(1)} s`
    if (done.state === 'succeeded') return { name: 'trial run', state: 'ok', found: `both ran, ${took} in all`, needed }
    const found = done.failures[0] ?? done.state
    if (isQueued(found))
      return { name: 'trial run', state: 'unknown', found: 'not begun within 2 minutes: other work has all the room', needed }
    return { name: 'trial run', state: 'bad', found, needed, mend: 'see there' }
  } catch (cause) {
    return { name: 'trial run', state: 'bad', found: cause instanceof Error ? cause.message : String(cause), needed, mend: 'see there' }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
