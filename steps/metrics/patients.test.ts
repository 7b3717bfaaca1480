import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { predictions } from 'trireme-bio/kinds'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { report, rowsOf } from './patients.script.ts'
import { patients } from './patients.ts'

const head = 'image\tpatient\tlabel\tscored\tsplit\tprobability'
const table = (...rows: readonly string[]) => [head, ...rows.map(row => row.split(' ').join('\t'))].join('\n')
/** Two images a patient, whose mean is the patient's; p9 is of another illness. */
const text = table(
  ...['a1 a 1 1 test 0.9', 'a2 a 1 1 test 0.7', 'b1 b 1 1 test 0.2', 'b2 b 1 1 test 0.1', 'c1 c 0 1 test 0.3', 'c2 c 0 1 test 0.5'],
  ...[
    'd1 d 0 1 test 0.05',
    'd2 d 0 1 test 0.15',
    'n1 n 1 0 test 0.99',
    'h1 h 1 1 holdout 0.6',
    'i1 i 0 1 holdout 0.2',
    'k1 k 0 1 holdout 0.1',
  ],
)

it('refuses a patient in two parts', () => {
  expect(() => rowsOf(`${text}\n${['h2', 'h', '1', '1', 'test', '0.5'].join('\t')}`)).toThrow(
    'Line 14 of the predictions has the patient "h" in the part test, an earlier one in holdout. A patient belongs to one part, or the test asks for what was learnt. Correct the table of images.',
  )
})
it('judges patients by the mean of their images, and leaves the unscored out', () => {
  const { test, holdout, patients, unscored, threshold } = report(rowsOf(text), 0.5)
  expect(threshold).toBe(0.5)
  expect(test.patient).toMatchObject({ count: 4, positives: 2, confusion: { tp: 1, fp: 0, tn: 2, fn: 1 }, auc: { value: 0.75 } })
  expect(test.patient.sensitivity.value).toBe(0.5)
  expect(test.image).toMatchObject({ count: 8, positives: 4, confusion: { tp: 2, fp: 0, tn: 4, fn: 2 } })
  expect(holdout!.patient).toMatchObject({ count: 3, auc: { value: 1, interval: null } })
  expect(patients.map(({ patient, error }) => [patient, error.toFixed(2)])).toEqual([
    ['b', '0.85'],
    ['c', '0.40'],
    ['a', '0.20'],
    ['d', '0.10'],
  ])
  expect(patients[0]!.images).toEqual(['b1', 'b2'])
  expect(unscored.map(({ patient }) => patient)).toEqual(['n'])
})
it('chooses a threshold on the held-out patients only', () => {
  const made = report(rowsOf(text), 'holdout')
  expect([made.threshold, made.thresholdFrom]).toEqual([0.4, 'holdout'])
  expect(made.test.image.confusion).toEqual({ tp: 2, fp: 1, tn: 3, fn: 2 })
  expect(() =>
    report(
      rowsOf(text).filter(({ split }) => split === 'test'),
      'holdout',
    ),
  ).toThrow('No patients were held out')
})
it('says what is wrong with predictions', () => {
  expect(() => rowsOf('image\tpatient')).toThrow('The predictions have no column "label".')
  expect(() => rowsOf(table('a a failing 1 test 0.5'))).toThrow('Line 2 of the predictions: the label is "failing"; it is 0 or 1.')
  expect(() => rowsOf(table('a a 1 1 test nan'))).toThrow('Line 2 of the predictions: the probability is "nan"; it lies between 0 and 1.')
  expect(() => report(rowsOf(table('a a 1 1 test 0.5', 'b b 1 1 test 0.5')), 0.5)).toThrow('The test patients are of one class only.')
  expect(() => report(rowsOf(table('a a 1 1 test 0.5', 'b a 0 1 test 0.5')), 0.5)).toThrow('The images of patient a have different labels.')
})
it('writes figures and curves, the same bytes each time', async () => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'trireme-metrics-')), 'predictions.tsv')
  writeFileSync(file, `${text}\n`)
  const twice = await Promise.all([1, 2].map(() => made(patients({ predictions: given('p', predictions, file), threshold: 'holdout' }))))
  const [one, two] = twice.map(({ metrics, curves }) => [readFileSync(metrics.path, 'utf8'), readFileSync(curves.path, 'utf8')])
  expect(one).toEqual(two)
  expect(JSON.parse(one![0]!).threshold).toBe(0.4)
  expect(one![1]).toMatch(/^<svg [\s\S]*ROC on the test[\s\S]*patients \(AUC 0\.750\)[\s\S]*<\/svg>\n$/)
})
