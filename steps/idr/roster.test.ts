import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { csv } from 'trireme-bio/kinds'
import { table } from 'trireme-bio/steps/idr/table'
import { given, made, scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { roster } from './roster.ts'

const patients = (...lines: string[]) => {
  const file = path.join(scratch(), 'patients.csv')
  writeFileSync(file, ['patient,set,diagnosis,rois', ...lines].map(line => `${line}\n`).join(''))
  return given('patients', csv, file)
}
it("writes tables in the study's layout, which say that nobody's tissue is shown", async () => {
  const tables = roster({
    patients: patients(
      '11,fold_1,chronic heart failure,7 3',
      '12,fold_1,not chronic heart failure,1',
      '21,held-out_validation,chronic heart failure,2',
      '22,held-out_validation,not chronic heart failure,2',
    ),
  })
  const { annotation, paths } = await made(tables)
  const [head = '', first = ''] = readFileSync(annotation.path, 'utf8').split('\n')
  expect(head.split(',')).toHaveLength(27)
  expect(first).toBe(
    'training,11_0_fal_7_0.png,synthetic construct,NCBITaxon,NCBITaxon_32630,,,,chronic heart failure,,,,,,,,,,,,,11,,,,chronic heart failure,RGB',
  )
  expect(readFileSync(paths.path, 'utf8').split('\n')[2]).toBe('Dataset:name:training\t/idr0042-twin/synthetic/fold_1/12_1_nrm_1_0.png')
  const { images } = await made(table(tables))
  expect(readFileSync(images.path, 'utf8').split('\n')[1]).toBe('11_0_fal_7_0.png\t11\t1\tchronic heart failure\ttrain\t1\t7\tfold_1')
})
it('refuses a diagnosis that the study has not', async () => {
  await expect(made(roster({ patients: patients('11,fold_1,healthy,7') }))).rejects.toThrow(
    'The patient "11" has the set "fold_1" and the diagnosis "healthy"; right are fold_1,test_fold_1,held-out_validation and chronic heart failure,',
  )
})
