import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Store } from 'trireme-bio/local'
import { table } from '../../steps/idr/table.ts'
import { twin, twinImages } from '../../steps/idr/twin.ts'
import { train } from '../../steps/torch/train.ts'
import type { Benchmark } from '../harness/benchmark.ts'
import { within } from '../harness/compare.ts'
import { median, medianRatio } from '../harness/statistics.ts'
import { done, images, programs, python, pythonOfTorch, script, small, studyTables } from './laboratory.ts'
import { rowOf } from './rows.ts'

interface Trained {
  readonly cpu: number
  readonly weights: string
}
/** Digest of the weights in a checkpoint. */
const weights = (program: string, checkpoint: string): string =>
  python(program, '-c', 'import sys, json, torch; print(json.loads(torch.load(sys.argv[1])["about"])["weights"])', checkpoint)

/** The same script, words and files, by hand and under the runner, in turns. */
export const overhead: Benchmark = {
  name: 'idr-overhead',
  about: 'One training under the runner, beside the same script by hand: CPU seconds and weights',
  programs,
  measure: async ({ quick, store: folder, scratch, log }) => {
    const packed = images(small)
    const program = await pythonOfTorch()
    const { parts } = (await done(await Store.open(folder), { packed })).results.packed!
    const under = async (n: number): Promise<Trained> => {
      const fresh = await Store.open(path.join(scratch, `store${n}`)) // with nothing cached
      const trained = train({ images: packed, own: [], epochs: 2, patches: 16, seed: n })
      const { cpu, entries } = await done(fresh, { made: trained.checkpoint })
      const step = [...cpu.keys()].find(label => label.startsWith('torch-train'))!
      return { cpu: cpu.get(step)!, weights: weights(program, path.join(entries.get(step)!.folder, 'checkpoint.pt')) }
    }
    const byHand = async (n: number): Promise<Trained> => {
      const out = path.join(scratch, `hand${n}`)
      mkdirSync(out)
      const files = { pixels: parts.pixels!, index: parts.index!, checkpoint: 'checkpoint.pt', history: 'history.jsonl', resume: 'resume' }
      const options = { ...files, epochs: 2, patches: 16, seed: n }
      const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
      execFileSync('/usr/bin/time', ['-f', '%U %S', '-o', path.join(out, 'time'), program, script, 'train', ...words], {
        cwd: out,
        stdio: 'pipe',
        env: { PATH: process.env.PATH, HOME: os.homedir(), LC_ALL: 'C.UTF-8', TZ: 'UTC', PYTHONHASHSEED: '0' }, // what a step gets
      })
      const [user = 0, system = 0] = readFileSync(path.join(out, 'time'), 'utf8').trim().split(' ').map(Number)
      return { cpu: user + system, weights: weights(program, path.join(out, 'checkpoint.pt')) }
    }
    const pairs: { readonly under: Trained; readonly hand: Trained }[] = []
    for (let n = 0; n < (quick ? 3 : 11); n++) {
      if (n % 2 === 0) {
        const first = await under(n)
        pairs.push({ under: first, hand: await byHand(n) })
      } else {
        const first = await byHand(n)
        pairs.push({ under: await under(n), hand: first })
      }
      log(`pair ${n + 1}: ${pairs[n]!.under.cpu.toFixed(2)} and ${pairs[n]!.hand.cpu.toFixed(2)} CPU s`)
    }
    const [a, b] = [pairs.map(({ under }) => under.cpu), pairs.map(({ hand }) => hand.cpu)]
    const ratio = medianRatio(a, b)
    const different = pairs.filter(({ under, hand }) => under.weights !== hand.weights).length
    const target = { most: 1.01 }
    return {
      timed: {},
      rows: [
        { what: 'training under the runner / by hand, CPU', unit: 'ratio', ...ratio, target, met: within(ratio.value, target) },
        rowOf('training under the runner, CPU seconds', 'seconds', a, {}, median),
        rowOf('training by hand, CPU seconds', 'seconds', b, {}, median),
        rowOf('trainings whose weights differ', 'differences', [different], { most: 0 }),
      ],
    }
  },
}
/** Packed pixels against PNGs decoded in the loop, the same batches by the same code. */
export const loading: Benchmark = {
  name: 'idr-loading',
  about: 'Reading packed pixels, beside decoding PNGs in the training loop: the loader alone, and a whole epoch',
  programs,
  measure: async ({ store: folder }) => {
    const program = await pythonOfTorch()
    const pil = python(program, '-c', 'try:\n import PIL; print(PIL.__version__)\nexcept ImportError: print("")')
    if (pil === '') return { timed: {}, rows: [], facts: { skipped: 'PIL is not installed (Debian: python3-pil)' } }
    const selected = table({ ...studyTables, ...small }).images
    const made = { packed: twin({ table: selected }).packed, archive: twinImages({ table: selected }).archive }
    const { packed, archive } = (await done(await Store.open(folder), made)).results
    const { pixels = '', index = '' } = packed!.parts
    const loader = fileURLToPath(new URL('./loading.py', import.meta.url))
    const seconds: Record<string, readonly number[]> = JSON.parse(python(program, loader, script, pixels, index, archive!.path, '4')) // its last line
    const row = (what: string, of: 'loader' | 'epoch', target: { readonly least: number }) => {
      const ratio = medianRatio(seconds[`${of}_png`]!, seconds[`${of}_packed`]!)
      return { what, unit: 'ratio' as const, ...ratio, target, met: within(ratio.value, target) }
    }
    return {
      timed: {},
      rows: [row('loader alone, PNG / packed, CPU', 'loader', { least: 20 }), row('whole epoch, PNG / packed, CPU', 'epoch', { least: 2 })],
      facts: { PIL: pil },
    }
  },
}
/** New seeds each time, so that nothing is there already. */
export const cores: Benchmark = {
  name: 'idr-cores',
  about: 'A sweep of eight configurations side by side, one thread each, on one core and on two',
  programs,
  measure: async ({ quick, store: folder, scratch, log }) => {
    const packed = images(small)
    await done(await Store.open(folder), { packed })
    const sweep = async (cpu: number, round: number) => {
      const store = await Store.open(path.join(scratch, `sweep-${cpu}-${round}`))
      await done(store, { packed }) // drawn before the time is measured
      const settings = { images: packed, own: [], epochs: 3, patches: 12 }
      const { wall } = await done(
        store,
        { tried: Array.from({ length: 8 }, (_, n) => train({ ...settings, seed: 10 * round + n }).history) },
        { cpu },
      )
      log(`${cpu} core${cpu > 1 ? 's' : ''}: ${wall.toFixed(1)} s`)
      return wall
    }
    const walls = { one: [] as number[], two: [] as number[] }
    for (let n = 0; n < (quick ? 1 : 3); n++)
      for (const cpu of n % 2 === 0 ? [1, 2] : [2, 1]) walls[cpu === 1 ? 'one' : 'two'].push(await sweep(cpu, n))
    const ratio = medianRatio(walls.one, walls.two)
    const target = { least: 1.8 }
    return {
      timed: {},
      rows: [
        { what: 'eight configurations, one core / two, wall', unit: 'ratio', ...ratio, target, met: within(ratio.value, target) },
        rowOf('wall seconds on one core', 'seconds', walls.one, {}, median),
        rowOf('wall seconds on two', 'seconds', walls.two, {}, median),
      ],
      facts: { 'load average at the end': os.loadavg()[0]!.toFixed(2) },
    }
  },
}
