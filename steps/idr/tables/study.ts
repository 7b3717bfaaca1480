// What the tables of an IDR study say, in the study's own words. Field by field: docs/reference/idr0042.md.

/** Column names of the annotation that matter here. */
export const annotationColumns = {
  dataset: 'Dataset Name',
  image: 'Image Name',
  diagnosis: 'Characteristics [Diagnosis]',
  individual: 'Characteristics [Individual]',
} as const
/** The study's words for its classes. The second kind of donor had no heart failure, and tissue that was not sound. */
export const diagnoses = {
  failing: 'chronic heart failure',
  pathology: 'heart tissue pathology',
  other: 'not chronic heart failure',
} as const
/** Classes by their numbers: the second is looked for. */
export const classes = [diagnoses.other, diagnoses.failing] as const
/** The study's words for its splits. */
export const datasets = { training: 'train', test: 'test' } as const
/** Folders of the study, and the dataset each belongs to. */
export const sets = { fold_1: 'training', test_fold_1: 'training', 'held-out_validation': 'test' } as const
export type SetName = keyof typeof sets

/** `33381_0_fal_10_0.png`: patient, one figure and one word that tell the class, region, and always 0. */
export const imageName = /^([0-9A-Za-z-]+)_[01]_(?:fal|nrm)_(\d{1,9})_0\.png$/
/** The study's name of an image. Donors with other pathology are named as those without any: names tell nothing that may be learnt from. */
export const nameOf = (patient: string, roi: number | string, diagnosis: string): string =>
  `${patient}_${diagnosis === diagnoses.failing ? '0_fal' : '1_nrm'}_${roi}_0.png`
