import { readFileSync } from 'node:fs'
import { type LocalOptions, Store } from 'trireme-bio/local'
import { ran, scratch } from 'trireme-bio/testing'
import { beforeAll, describe, expect, it, test } from 'vitest'
import { tables } from '../../datasets/idr0042-twin/make.ts'
import type { SweepPlan } from '../../pipelines/configurations.ts'
import { idrClassification } from '../../pipelines/idr-classification.ts'
import { idrSweep } from '../../pipelines/idr-sweep.ts'
import type { Report } from '../../steps/metrics/classifier.script.ts'

// On drawn images: the figures say that the pipeline learns, and nothing about real tissue.

let store: Store
beforeAll(async () => {
  store = await Store.open(scratch())
})
async function finished(results: ReturnType<typeof idrClassification> | ReturnType<typeof idrSweep>, options: Partial<LocalOptions> = {}) {
  const done = await ran(results, { store, ...options })
  expect(done.failures).toEqual([])
  return { ...done, started: done.events.flatMap(each => (each.event === 'started' ? [each.step] : [])) }
}
const small = { ...tables(), twin: true, train: 16, test: 16, rois: 3 } as const
const read = (place: { readonly path: string } | undefined) => readFileSync(place!.path, 'utf8')

test('without images there is no plan, and none with two sorts of them', () => {
  expect(() => idrClassification({ ...tables() })).toThrow(/No images are given\. Give the study's PNGs in a tar with --archive, or --twin/)
  expect(() => idrClassification({ ...small, size: 120 })).toThrow(
    'Synthetic images are 250 × 250 pixels. Leave --size out with --twin; got 120.',
  )
  expect(() => idrClassification({ ...small, data: 'hearts' })).toThrow(
    'The images are synthetic (--twin), and the card says so. Leave --data out.',
  )
  expect(() => idrClassification({ ...small, model: 'own:build' })).toThrow('no file was given. Give it with --own file.py')
  expect(() => idrClassification({ ...small, model: 'nirshl' })).toThrow('Did you mean "nirschl"?')
})
describe('on 16 + 16 patients', { timeout: 240_000 }, () => {
  // Seeds 0 to 3 gave an image AUC of .82, .82, .93 and .90 here; 48 test images of 16 patients are few.
  const brief = { epochs: 4, patches: 24, seed: 2 } as const
  it('learns to tell them apart, within ten seconds on an idle machine', async () => {
    const { results, events } = await finished(idrClassification({ ...small, ...brief }))
    const { test: quality, groups }: Report = JSON.parse(read(results.metrics.nirschl))
    expect([quality.group?.count, quality.image.count, groups.length]).toEqual([16, 48, 16])
    expect(quality.image.auc.value).toBeGreaterThanOrEqual(0.8)
    expect(read(results.model.card)).toContain('SYNTHETIC')
    expect(read(results.leaderboard.report)).toContain('SYNTHETIC')
    expect(read(results.gallery)).toContain('SYNTHETIC')
    const cpu = events.flatMap(each => (each.event === 'succeeded' && each.usage ? [each.usage.user + each.usage.system] : []))
    expect(cpu.reduce((sum, each) => sum + each)).toBeLessThan(25) // some 10 when nobody else uses the processor
  })
  it('tells scores of the validation part while it trains, and none of the test', async () => {
    const lines = async (holdout: number) => {
      const { results } = await finished(idrClassification({ ...small, epochs: 1, patches: 2, holdout }))
      return read(results.histories.nirschl)
        .trimEnd()
        .split('\n')
        .map((line): object => JSON.parse(line))
    }
    expect((await lines(0))[0]).not.toHaveProperty('group_auc')
    expect((await lines(0.25))[0]).toHaveProperty('group_auc')
  })
  it('runs nothing again', async () => {
    expect((await finished(idrClassification({ ...small, ...brief }))).started).toEqual([])
  })
  it('sweeps: what is shared is made once, and a changed value runs only what it changes', async () => {
    const sweep = (lr: number): SweepPlan => ({ base: { epochs: 1, patches: 2 }, grid: { augment: ['none', 'd4'], lr: [0.003, lr] } })
    const first = await finished(idrSweep({ ...small, sweep: sweep(0.001) }))
    expect(first.started.filter(step => step.startsWith('torch-train')).sort()).toEqual(
      ['d4_lr0.001', 'd4_lr0.003', 'none_lr0.001', 'none_lr0.003'].map(name => `torch-train:${name}`),
    )
    expect(first.started.filter(step => /^idr-/.test(step))).toEqual([]) // drawn and packed by the run before
    expect(read(first.results.leaderboard.leaderboard).trimEnd().split('\n')).toHaveLength(5)
    expect(read(first.results.model.card)).toContain('First of 4 configurations, chosen on the validation part')
    const second = await finished(idrSweep({ ...small, sweep: sweep(0.01) }))
    expect(second.started.filter(step => /torch|metrics-classifier/.test(step)).sort()).toEqual(
      ['metrics-classifier', 'torch-train', 'torch-validate'].flatMap(step => ['d4_lr0.01', 'none_lr0.01'].map(name => `${step}:${name}`)),
    )
    const progress = first.events.flatMap(each => (each.event === 'progress' ? [each.step] : []))
    expect(new Set(progress).size).toBe(4)
  })
})
