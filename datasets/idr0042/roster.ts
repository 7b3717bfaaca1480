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
}
const isSet = (name: string): name is SetName => name in sets

/** All 2,299 images in the order of the annotation. */
export function roster(): readonly Listed[] {
  const [, ...lines] = readFileSync(patients.url, 'utf8').trimEnd().split('\n')
  return lines.flatMap(line => {
    const [patient = '', set = '', diagnosis = '', rois = ''] = line.split(',')
    if (!isSet(set)) throw new Error(`${patients.url} has the set "${set}"`)
    return rois.split(' ').map(roi => ({ patient, set, dataset: sets[set], diagnosis, file: nameOf(patient, roi, diagnosis) }))
  })
}
