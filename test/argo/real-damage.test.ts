import { expect, vi } from 'vitest'
import { S3Bucket } from '../../core/bucket/client.ts'
import type { Event } from '../../core/events.ts'
import { type Damage, damaged, damagesOf, isNamed, type Objects, results, some, words } from './damage.ts'
import { environment, mark, ran, real } from './real-setting.ts'
import { contentOf } from './setting.ts'

// As damage.test.ts, with the pods of a real cluster: some of the damages, or with TRIREME_DAMAGES=all every one.

const count = process.env.TRIREME_DAMAGES === 'all' ? Number.POSITIVE_INFINITY : 6
const below = (prefix: string) => environment({ bucket: { ...environment().bucket, prefix } })
async function content(prefix: string): Promise<Objects> {
  const bucket = await S3Bucket.open(below(prefix).bucket)
  const all = await Promise.all((await bucket.list('')).map(async ({ key }) => [key, (await bucket.read(key))!] as const))
  bucket.close()
  return new Map(all)
}
real(
  'an object of a finished run on a real cluster of Argo that is damaged: the next command makes it again by itself, and names it',
  { timeout: 3_600_000 },
  async () => {
    const first = await ran(results(), below(`damage-${mark}`))
    expect(first.failures).toEqual([])
    const expected = contentOf(first.results.made)
    const whole = await content(`damage-${mark}`)
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const faults: string[] = []
    const tried: string[] = []
    const tryOne = async (damage: Damage, n: number) => {
      const prefix = `damage-${mark}-${n}`
      const bucket = await S3Bucket.open(below(prefix).bucket)
      await Promise.all([...damaged(whole, damage)].map(([key, content]) => bucket.put(key, content)))
      const tries: string[] = []
      let said = ''
      while (tries.length < 2 && tries.at(-1) !== expected) {
        const events: Event[] = []
        const done = await ran(results(), below(prefix), { on: event => events.push(event) }).catch((error: Error) => error)
        said += words(events) + (done instanceof Error ? done.message : '')
        tries.push(
          done instanceof Error ? done.message : done.state === 'succeeded' ? contentOf(done.results.made) : done.failures.join('\n'),
        )
      }
      said += stderr.mock.calls
        .map(String)
        .filter(line => line.includes(prefix))
        .join('\n')
      if (tries.at(-1) !== expected) faults.push(`${damage.object} ${damage.how}: ${tries.join('\n  ')}`)
      else if (isNamed(damage) && !said.includes(damage.object)) faults.push(`${damage.object} ${damage.how}: not named in ${said}`)
      tried.push(`${damage.object} ${damage.how}: ${tries.length === 1 ? 'by itself' : `by the command after it, after: ${tries[0]}`}`)
      console.log(`${tried.length} ${tried.at(-1)}`)
      await Promise.all((await bucket.list('')).map(({ key }) => bucket.remove(key)))
      bucket.close()
    }
    const open = [...some(damagesOf(whole), count).entries()]
    const worker = async () => {
      for (let next = open.shift(); next; next = open.shift()) await tryOne(next[1], next[0])
    }
    await Promise.all(Array.from({ length: 8 }, worker))
    stderr.mockRestore()
    expect(faults).toEqual([])
  },
)
