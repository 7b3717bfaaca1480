import type { Dataset } from 'trireme-bio'
import { patients } from './patients.ts'

/** The study itself. Its images are fetched by fetch/fetch.ts (`trireme fetch idr0042`); only the list of patients travels with the package. */
/** What its images are, for the card of a model: said by who fetched them, since no program can see it. */
export const described =
  'Images of heart tissue stained with haematoxylin and eosin, study idr0042 of the Image Data Resource (Nirschl et al. 2018, doi:10.1371/journal.pone.0192726; data doi:10.17867/10000113, CC BY 4.0).'
export const idr0042 = {
  name: 'idr0042',
  title: 'Heart tissue of 209 donors and patients, 2,299 stained images',
  about:
    'RGB images of 250 × 250 pixels of the left ventricle (haematoxylin and eosin), 11 regions each of 94 patients with chronic heart failure, 113 donors without, and 2 donors with other pathology of the heart',
  source:
    'Image Data Resource, idr0042 (Nirschl et al. 2018, PLoS ONE 13(4): e0192726, doi:10.1371/journal.pone.0192726; data doi:10.17867/10000113): trireme fetch idr0042',
  licence: 'CC-BY-4.0',
  files: { 'patients.csv': { sha256: patients.sha256, bytes: patients.bytes, path: patients.url } },
  counts: {
    patients: 209,
    images: 2299,
    roisEach: 11,
    trainingPatients: 104,
    testPatients: 105,
    trainingFailing: 47,
    testFailing: 47,
    otherPathology: 2,
  },
} satisfies Dataset
