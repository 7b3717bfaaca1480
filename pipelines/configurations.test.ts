import { expect, test } from 'vitest'
import { configurations } from './configurations.ts'

test('a grid is every combination, named by what varies', () => {
  const all = configurations({ base: { epochs: 2 }, grid: { model: ['nirschl', 'resnet18'], lr: [0.01, 0.001], augment: ['d4'] } })
  expect(Object.keys(all)).toEqual(['nirschl_lr0.01', 'nirschl_lr0.001', 'resnet18_lr0.01', 'resnet18_lr0.001'])
  expect(all['resnet18_lr0.001']).toMatchObject({
    model: 'resnet18',
    lr: 0.001,
    epochs: 2,
    augment: 'd4',
    batch: 32,
    device: 'cpu',
    threads: 1,
  })
})
test('nothing to vary is one configuration; equal ones are one', () => {
  expect(Object.keys(configurations({}))).toEqual(['nirschl'])
  expect(Object.keys(configurations({ grid: { seed: [1, 1] } }))).toEqual(['nirschl'])
})
test('random draws are the same for the same seed, within their ranges', () => {
  const random = (seed: number) =>
    configurations({
      random: {
        count: 20,
        seed,
        of: { lr: { from: 0.0001, to: 0.01, scale: 'log' }, batch: [16, 32], patches: { from: 1, to: 8, whole: true } },
      },
    })
  const one = Object.values(random(1))
  expect(random(1)).toEqual(random(1))
  expect(Object.keys(random(2))).not.toEqual(Object.keys(random(1)))
  expect(one.length).toBeGreaterThan(15)
  const below = one.filter(({ lr }) => lr < 0.001).length
  expect(below).toBeGreaterThan(4)
  expect(below).toBeLessThan(16)
  expect(one.every(({ lr, batch, patches }) => lr >= 0.0001 && lr <= 0.01 && [16, 32].includes(batch) && Number.isInteger(patches))).toBe(
    true,
  )
})
test('grid and random together are both', () => {
  const all = configurations({ grid: { augment: ['none', 'd4'] }, random: { count: 1, of: { lr: [0.5] } } })
  expect(Object.keys(all)).toEqual(['none_lr0.003', 'd4_lr0.003', 'd4+stain_lr0.5'])
})
test('what would divide the images otherwise is no configuration: figures of other images cannot be compared', () => {
  expect(() => configurations({ grid: { validation: [0.1, 0.25] } })).toThrow('It takes: model, grid,')
})
test('what cannot be is told', () => {
  expect(() => configurations({ grid: { model: ['resnet81'] } })).toThrow('model: unknown model. Did you mean "resnet18"?')
  expect(() => configurations({ grid: { learningRate: [1] } })).toThrow('It takes: model, grid,')
  expect(() => configurations({ base: { batch: 'many' } })).toThrow('batch: Invalid input')
})
