import { expect, test } from 'vitest'
import { headlineOf } from './headline.ts'
import type { Trial } from './leaderboard.ts'
import { predictionsOf, report } from './metrics/classifier.script.ts'

/** Twelve groups of two images; `of` gives the probability that one is "yes". */
const trial = (of: (label: number, n: number) => number): Trial => {
  const rows = Array.from({ length: 24 }, (_, n) => {
    const label = n < 12 ? 0 : 1
    const yes = of(label, n)
    return ['i', 'g']
      .map((word, k) => `${word}${k === 0 ? n : Math.floor(n / 2)}`)
      .concat([String(label), label ? 'yes' : 'no', 'test', '1', (1 - yes).toFixed(9), yes.toFixed(9)])
  })
  const head = ['image', 'group', 'label', 'class', 'split', 'scored', 'probability:no', 'probability:yes']
  const metrics = report(predictionsOf([head, ...rows].map(cells => `${cells.join('\t')}\n`).join('')), 0.5, 'slide')
  return { name: 'net', metrics } as Trial // what is told is of the name and the figures alone
}

test('says AUC by group and by image, and balanced accuracy', () => {
  const mixed = trial((label, n) => (n % 7 === 0 ? 0.45 + 0.2 * (1 - label) : 0.2 + 0.6 * label))
  expect(headlineOf(mixed, 'slide')).toMatch(
    /^net on the test: AUC [\d.]+.* by slide \(12 slides\), [\d.]+.* by image \(24 images\); balanced accuracy [\d.]+.* by slide\.\n$/,
  )
})
test('warns of a model that is not shown to be better than chance, and of one that knows one class only', () => {
  const said = headlineOf(
    trial((_, n) => 0.6 + ((n * 37) % 100) / 1000),
    'slide',
  )
  expect(said).toContain('Warning: the interval of the AUC holds 0.5: this test does not show the model to be better than chance.\n')
  expect(said).toContain(
    'Warning: all slides of the test are judged "yes". Where one class is much larger, try --sampling balanced or --class-weights balanced; of two classes, --threshold validation.\n',
  )
})
