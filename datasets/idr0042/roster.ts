import { readFileSync } from 'node:fs'
import { type datasets, nameOf, type SetName, sets } from '../../steps/idr/tables/study.ts'
import { patients } from './patients.ts'

/** An image of the study, as far as its name goes. */
export interface Listed {
  readonly patient: string
  readonly set: SetName
  readonly dataset: keyof typeof datasets
  readonly diagnosis: string
  /** `33381_0_fal_10_0.png` */
  readonly file: string
  /** `training/fold_1/33381_0_fal_10_0.png`, below the study's folder in the archive */
  readonly place: string
}
/**
 * Where the archive keeps each folder, below the study's own: as the second column of the study's idr0042-experimentA-filePaths.tsv has it, which
 * puts both training folders (770 and 374 images) below `training/`.
 */
const folders: Readonly<Record<SetName, string>> = {
  fold_1: 'training/fold_1',
  test_fold_1: 'training/test_fold_1',
  'held-out_validation': 'held-out_validation',
}
const isSet = (name: string): name is SetName => name in sets

/** All 2,299 images in the order of the annotation. */
export function roster(): readonly Listed[] {
  const [, ...lines] = readFileSync(patients.url, 'utf8').trimEnd().split('\n')
  return lines.flatMap(line => {
    const [patient = '', set = '', diagnosis = '', rois = ''] = line.split(',')
    if (!isSet(set)) throw new Error(`${patients.url} has the set "${set}"`)
    return rois.split(' ').map(roi => {
      const file = nameOf(patient, roi, diagnosis)
      return { patient, set, dataset: sets[set], diagnosis, file, place: `${folders[set]}/${file}` }
    })
  })
}
