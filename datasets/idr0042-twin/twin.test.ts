import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { table } from '../../steps/idr/table.ts'
import { twin } from '../../steps/idr/twin.ts'
import { idr0042 } from '../idr0042/dataset.ts'
import { roster } from '../idr0042/roster.ts'
import { demo, small, whole } from './arguments.ts'
import { idr0042Twin } from './dataset.ts'
import { tables } from './make.ts'
import { meanColours, patientAuc } from './mean-colours.ts'

const pin = (file: string) => {
  const content = readFileSync(file)
  return { sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length }
}
describe('the list of patients', () => {
  const images = roster()
  const patients = [...new Map(images.map(image => [image.patient, image])).values()]
  const count = (dataset: string, diagnosis: string) =>
    patients.filter(each => each.dataset === dataset && each.diagnosis === diagnosis).length
  it('is the one that both datasets pin', () => {
    const { path = '', ...pinned } = idr0042.files['patients.csv']
    expect(pin(path)).toEqual(pinned)
    expect(idr0042Twin.files['patients.csv']).toEqual(idr0042.files['patients.csv'])
  })
  it("has the study's patients, folders and labels", () => {
    expect({
      patients: patients.length,
      images: images.length,
      roisEach: images.length / patients.length,
      trainingPatients: patients.filter(({ dataset }) => dataset === 'training').length,
      testPatients: patients.filter(({ dataset }) => dataset === 'test').length,
      trainingFailing: count('training', 'chronic heart failure'),
      testFailing: count('test', 'chronic heart failure'),
      otherPathology: count('test', 'heart tissue pathology'),
    }).toEqual(idr0042.counts)
    expect(idr0042Twin.counts).toEqual(idr0042.counts)
    const bySet = (set: string) => images.filter(image => image.set === set).length
    expect([bySet('fold_1'), bySet('test_fold_1'), bySet('held-out_validation')]).toEqual([770, 374, 1155])
  })
  it('has its traps: two donors with pathology are named as if they had none', () => {
    const traps = images.filter(({ diagnosis }) => diagnosis === 'heart tissue pathology')
    expect([new Set(traps.map(({ patient }) => patient)), traps.length, traps.every(({ file }) => file.includes('_nrm_'))]).toEqual([
      new Set(['34088', '34092']),
      22,
      true,
    ])
  })
})
describe('the twin', () => {
  it('has tables as pinned, and all their images in them', async () => {
    const { annotation, paths } = await made(tables())
    const { images } = await made(table(tables()))
    for (const [name, { path }] of Object.entries({ 'annotation.csv': annotation, 'paths.tsv': paths }))
      expect({ name, ...pin(path) }).toEqual({ name, ...idr0042Twin.files[name as 'paths.tsv'] })
    const rows = readFileSync(images.path, 'utf8').trimEnd().split('\n')
    expect([rows.length, rows.filter(row => row.split('\t')[5] === '0').length]).toEqual([2300, 22])
  })
  it('gives arguments for a demonstration, for tests, and for all of it', () => {
    const files = { 'annotation.csv': 'a.csv', 'paths.tsv': 'p.tsv' }
    const both = { annotation: 'a.csv', paths: 'p.tsv', twin: true }
    expect(demo(files)).toEqual({ ...both, train: 24, test: 24, rois: 4 })
    expect(small(files)).toEqual({ ...both, train: 16, test: 16, rois: 3 })
    expect(whole(files)).toEqual(both)
  })
  it('does not give itself away by its mean colours', async () => {
    const { images } = table({ ...tables(), rois: 1, test: 94 })
    const { packed, listed } = await made({ packed: twin({ table: images }).packed, listed: images })
    const auc = patientAuc(meanColours(packed.parts.pixels!, listed.path))
    expect(auc).toBeLessThan(0.75)
  })
})
