import path from 'node:path'
import { Store } from 'trireme-bio/local'
import { type Configuration, classify } from '../../pipelines/idr-classification.ts'
import { configurations, type SweepPlan } from '../../pipelines/idr-sweep.ts'
import { historyOf } from '../../steps/leaderboard.ts'
import { train } from '../../steps/torch/train.ts'
import type { Benchmark } from '../harness/benchmark.ts'
import { done, images, programs, python, pythonOfTorch, read, scriptDigest, studyTables, trial } from './laboratory.ts'
import { rowOf } from './rows.ts'

export const changed: Benchmark = {
  name: 'idr-changed',
  about: 'A sweep with one value changed: only the changed configurations run',
  programs,
  measure: async ({ scratch }) => {
    const store = await Store.open(path.join(scratch, 'store'))
    const run = (sweep: SweepPlan) => {
      const tried: Readonly<Record<string, Configuration>> = configurations({ ...sweep, base: { epochs: 1, patches: 2, batch: 8 } })
      const study = {
        ...studyTables,
        archive: undefined,
        own: undefined,
        twin: true,
        size: 250,
        data: '',
        threshold: 0.5,
        title: 'changed',
      }
      return done(store, classify({ ...study, selection: { train: 8, test: 8, rois: 2 }, configurations: tried }))
    }
    const of = (steps: readonly string[], name: string) => steps.filter(step => step.startsWith(name)).length
    const grid = { augment: ['none', 'd4'], lr: [0.003, 0.001] }
    await run({ grid })
    const again = await run({ grid })
    const { started } = await run({ grid: { ...grid, lr: [0.003, 0.01] } })
    return {
      timed: {},
      rows: [
        rowOf('steps that run when nothing changed', 'count', [again.started.length], { most: 0 }),
        rowOf('trainings that run of 4, when one of two learning rates changed', 'count', [of(started, 'torch-train')], {
          least: 2,
          most: 2,
        }),
        rowOf('drawings and tables that run then', 'count', [of(started, 'idr-')], { most: 0 }),
      ],
    }
  },
}
/** The same script on a CUDA device, where one is at hand; otherwise the record says that there was none. */
export const cuda: Benchmark = {
  name: 'idr-cuda',
  about: 'Training and validation on a CUDA device beside the CPU, by the same script',
  programs,
  measure: async ({ scratch, store: folder }) => {
    const facts = { 'digest of the script': scriptDigest() }
    const device = python(
      await pythonOfTorch(),
      '-c',
      'import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else "")',
    )
    if (device === '') return { timed: {}, rows: [], facts: { ...facts, skipped: 'torch sees no CUDA device on this machine' } }
    const store = await Store.open(path.join(scratch, 'store'))
    const packed = images()
    await done(await Store.open(folder), { packed })
    const { history } = train({ images: packed, own: [], device: 'cuda', monitor: 'test' })
    const onDevice = historyOf(read((await done(store, { history }, { gpu: 1 })).results.history)).at(-1)!
    const onCpu = await trial(store, packed, { monitor: 'test' }, 'cpu')
    return {
      timed: {},
      rows: [
        rowOf('patches a second in training, CUDA', 'a second', [onDevice.images_per_s], {}),
        rowOf('patches a second in training, CPU, 1 thread', 'a second', [onCpu.history.at(-1)!.images_per_s], {}),
      ],
      facts: { ...facts, device },
    }
  },
}
