import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { predictions } from 'trireme-bio/kinds'
import { given, made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { type ManyClassQuality, ofTwo, type TwoClassQuality } from '../quality.ts'
import { predictionsOf, type Report, report } from './classifier.script.ts'
import { classifier } from './classifier.ts'

const head = 'image\tgroup\tlabel\tclass\tsplit\tscored'
/** Of words `image group label split scored` and the probabilities of all classes but the first, which has the rest. */
function table(classes: readonly string[], ...rows: readonly string[]): string {
  const lines = rows.map(row => {
    const [image = '', group = '', label = '', split = '', scored = '', ...others] = row.split(' ')
    const first = (1 - others.reduce((sum, each) => sum + Number(each), 0)).toFixed(9)
    return [image, group, label, classes[Number(label)], split, scored, first, ...others].join('\t')
  })
  return [[head, ...classes.map(name => `probability:${name}`)].join('\t'), ...lines].join('\n')
}
const two = ['plain', 'bluish']
/** Two images a group, whose mean is the group's; n is not to be counted. */
const text = table(
  two,
  ...['a1 a 1 test 1 0.9', 'a2 a 1 test 1 0.7', 'b1 b 1 test 1 0.2', 'b2 b 1 test 1 0.1', 'c1 c 0 test 1 0.3', 'c2 c 0 test 1 0.5'],
  ...['d1 d 0 test 1 0.05', 'd2 d 0 test 1 0.15', 'n1 n 1 test 0 0.99'],
  ...['h1 h 1 validation 1 0.6', 'h2 h 1 validation 1 0.6', 'i1 i 0 validation 1 0.2', 'k1 k 0 validation 1 0.1'],
)
const binary = (made: Report, of: 'group' | 'image' = 'group'): TwoClassQuality => {
  const quality = made.test[of]
  if (!quality || !ofTwo(quality)) throw new Error('not of two classes')
  return quality
}
const many = (made: Report, of: 'group' | 'image' = 'group'): ManyClassQuality => {
  const quality = made.test[of]
  if (!quality || ofTwo(quality)) throw new Error('not of many classes')
  return quality
}

describe('of two classes', () => {
  it('judges groups by the mean of their images, and leaves the unscored out', () => {
    const all = report(predictionsOf(text), 0.5)
    expect(all).toMatchObject({ classes: two, positive: 'bluish', threshold: 0.5, thresholdFrom: 'given', whyNoGroup: null })
    expect(binary(all)).toMatchObject({ count: 4, positives: 2, confusion: { tp: 1, fp: 0, tn: 2, fn: 1 }, auc: { value: 0.75 } })
    expect(binary(all).sensitivity.value).toBe(0.5)
    expect([binary(all).balancedAccuracy.value, binary(all).precision.value, binary(all).f1.value]).toEqual([0.75, 1, 2 / 3])
    expect(binary(all, 'image')).toMatchObject({ count: 8, positives: 4, confusion: { tp: 2, fp: 0, tn: 4, fn: 2 } })
    expect(all.validation!.group).toMatchObject({ count: 3, auc: { value: 1, interval: null } })
    expect(all.groups.map(({ group, error, judged }) => [group, error.toFixed(2), judged])).toEqual([
      ['b', '0.85', 0],
      ['c', '0.40', 0],
      ['a', '0.20', 1],
      ['d', '0.10', 0],
    ])
    expect(all.groups[0]!.images).toEqual(['b1', 'b2'])
    expect(all.unscored.map(({ group }) => group)).toEqual(['n'])
  })
  it('chooses a threshold on the validation part only', () => {
    const all = report(predictionsOf(text), 'validation')
    expect([all.threshold, all.thresholdFrom]).toEqual([0.4, 'validation'])
    expect(binary(all, 'image').confusion).toEqual({ tp: 2, fp: 1, tn: 3, fn: 2 })
    const { classes, rows } = predictionsOf(text)
    expect(() => report({ classes, rows: rows.filter(({ split }) => split === 'test') }, 'validation')).toThrow(
      'There is no validation part, so no threshold can be chosen on it. Give one, or a number for --threshold.',
    )
  })
})
describe('of three classes', () => {
  const three = ['a', 'b', 'c']
  const rows = ['1 g1 0 test 1 0.1 0.2', '2 g2 0 test 1 0.6 0.1', '3 g3 1 test 1 0.8 0.1', '4 g4 1 test 1 0.4 0.3', '5 g5 2 test 1 0.1 0.7']
  it('judges each as its most probable class, and takes means over the classes', () => {
    const all = report(predictionsOf(table(three, ...rows)), 0.5)
    expect(all).toMatchObject({ positive: null, threshold: null, thresholdFrom: null, validation: null })
    const quality = many(all, 'image')
    expect(quality.confusion).toEqual([
      [1, 1, 0],
      [0, 2, 0],
      [0, 0, 1],
    ])
    expect(quality.perClass.map(({ class: name, count }) => [name, count])).toEqual([
      ['a', 2],
      ['b', 2],
      ['c', 1],
    ])
    const values = (of: 'auc' | 'recall' | 'precision' | 'f1') => quality.perClass.map(each => each[of].value!)
    // One against the rest, by hand: a 0.7 and 0.3 against 0.1, 0.3, 0.2; b 0.8 and 0.4 against 0.1, 0.6, 0.1; c 0.7 against all.
    expect(values('auc').map(each => each.toFixed(4))).toEqual(['0.9167', '0.8333', '1.0000'])
    expect(values('recall')).toEqual([0.5, 1, 1])
    expect(values('precision')).toEqual([1, 2 / 3, 1])
    expect(values('f1').map(each => each.toFixed(4))).toEqual(['0.6667', '0.8000', '1.0000'])
    expect(quality.auc.value).toBeCloseTo((11 / 12 + 5 / 6 + 1) / 3, 12)
    expect(quality.balancedAccuracy.value).toBeCloseTo(2.5 / 3, 12)
    expect(quality.f1.value).toBeCloseTo((2 / 3 + 0.8 + 1) / 3, 12)
    expect(quality.accuracy.value).toBe(0.8)
    const brier = [0.09 + 0.01 + 0.04, 0.49 + 0.36 + 0.01, 0.01 + 0.04 + 0.01, 0.09 + 0.36 + 0.09, 0.04 + 0.01 + 0.09]
    expect(quality.brier).toBeCloseTo(brier.reduce((sum, each) => sum + each) / 5, 9)
    // The largest probabilities: 0.7, 0.7 and right; 0.6 and wrong; 0.8 and right; 0.4 and right.
    expect(quality.calibrationError).toBeCloseTo((2 * 0.3 + 0.6 + 0.2 + 0.6) / 5, 9)
    expect(all.groups[0]).toMatchObject({ images: ['2'], label: 0, judged: 1 })
    expect(all.groups[0]!.error).toBeCloseTo(0.7, 9)
  })
  it('takes means over the classes that there are, and names the others', () => {
    const four = [...rows.map(row => `${row} 0`), '6 g6 2 test 1 0.1 0.1 0.7']
    const quality = many(report(predictionsOf(table([...three, 'd'], ...four)), 0.5), 'image')
    expect(quality.missing).toEqual(['d'])
    expect(quality.balancedAccuracy.value).toBeCloseTo(2 / 3, 12)
    expect(quality.f1.value).toBeCloseTo((2 / 3 + 0.8 + 2 / 3) / 3, 12)
    expect(quality.perClass[3]).toMatchObject({ class: 'd', count: 0, auc: { value: null, interval: null, why: 'a class is missing' } })
  })
  it('has no threshold', () => {
    expect(() => report(predictionsOf(table(three, ...rows)), 'validation')).toThrow(
      'A threshold is for two classes. Here are 3, so that each image is judged as its most probable class. Leave --threshold out.',
    )
  })
})
describe('by group', () => {
  it('tells nothing where each image is a group of its own', () => {
    const all = report(predictionsOf(table(two, 'a a 1 test 1 0.8', 'b b 0 test 1 0.1')), 0.5, 'patient')
    expect([all.test.group, all.whyNoGroup]).toEqual([null, 'Each image is a patient of its own.'])
    expect(all.groups.map(({ images }) => images)).toEqual([['a'], ['b']])
  })
  it('tells nothing where images of a group differ in label, and takes them for alike', () => {
    const all = report(predictionsOf(table(two, 'a p 1 test 1 0.9', 'b p 0 test 1 0.1', 'c q 0 test 1 0.2')), 0.5, 'patient')
    expect([all.test.group, all.whyNoGroup]).toEqual([
      null,
      'The images of the patient "p" have different labels, so that it cannot be told which is right for the whole.',
    ])
    expect(all.test.image.intervals).toContain('jackknife of whole groups')
    expect(all.groups).toHaveLength(3)
  })
})
it('says what is wrong with predictions', () => {
  expect(() => predictionsOf(`${text}\n${'h3 h 1 bluish test 1 0.5 0.5'.replaceAll(' ', '\t')}`)).toThrow(
    'The table of predictions has the group "h" in two parts: validation in line 11, test in line 15.',
  )
  expect(() => predictionsOf('image\tgroup')).toThrow('The table of predictions has the columns "image')
  expect(() => predictionsOf(table(['plain'], 'a a 0 test 1'))).toThrow(
    'The table of predictions has 1 columns "probability:CLASS". Right is one for each class, two at least.',
  )
  const one = table(two, 'a a 1 test 1 0.5')
  expect(() => predictionsOf(one.replace('\tbluish\ttest', '\treddish\ttest'))).toThrow(
    'Line 2 of the predictions is of the class "reddish" with the number 1. Probabilities are there for 0 "plain", 1 "bluish".',
  )
  expect(() => predictionsOf(one.replace(/0\.5$/, 'nan'))).toThrow(
    'Line 2 of the predictions: the probability of "bluish" is "nan"; it lies between 0 and 1.',
  )
  expect(() => predictionsOf(one.replace(/0\.5$/, '0.9'))).toThrow(
    'Line 2 of the predictions: the probabilities sum to 1.400000; right is 1.',
  )
  expect(() => report(predictionsOf(table(two, 'a a 1 test 1 0.5', 'b b 1 test 1 0.5')), 0.5)).toThrow(
    'The images of the test part are of one class only. Quality needs images of two classes at least.',
  )
})
it('writes figures and curves, the same bytes each time', async () => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'trireme-metrics-')), 'predictions.tsv')
  writeFileSync(file, `${text}\n`)
  const twice = await Promise.all(
    [1, 2].map(() => made(classifier({ predictions: given('p', predictions, file), threshold: 'validation', groups: 'patient' }))),
  )
  const [one, again] = twice.map(({ metrics, curves }) => [readFileSync(metrics.path, 'utf8'), readFileSync(curves.path, 'utf8')])
  expect(one).toEqual(again)
  expect(JSON.parse(one![0]!).threshold).toBe(0.4)
  expect(one![1]).toMatch(/^<svg [\s\S]*ROC on the test[\s\S]*patients \(AUC 0\.750\)[\s\S]*<\/svg>\n$/)
})
