import type { Dataset } from 'trireme-bio'
import { patients } from '../idr0042/patients.ts'
import { make } from './make.ts'

/** Tables are the dataset's files; the images are drawn when a pipeline asks for them, by steps/idr/twin.ts. */
export const idr0042Twin = {
  name: 'idr0042-twin',
  title: 'Synthetic twin of idr0042: drawn images, no tissue',
  about:
    'SYNTHETIC. The patients, folders, names, split and labels of idr0042, and drawn images that remind of stained heart muscle. For demonstrations, tests and benchmarks of speed: its constants were tuned while looking at scores of its own test split, so no score on it is an estimate of anything',
  source:
    'Images: drawn by steps/idr/twin.ts (seed 42). Patients, folders, diagnoses and regions: facts of the annotation of idr0042 (Nirschl et al. 2018, doi:10.1371/journal.pone.0192726, data doi:10.17867/10000113)',
  licence: 'Images: Apache-2.0. List of patients: CC-BY-4.0, Nirschl et al.',
  files: {
    'patients.csv': { sha256: patients.sha256, bytes: patients.bytes, path: patients.url },
    'annotation.csv': { sha256: 'c3e12aa202211ac924e9b879d765fd96a58d5a5b8412c039e37ad6113ac7db52', bytes: 345736 },
    'paths.tsv': { sha256: '938845892c494df6ae0df5f28e8f0f34524e3907b3d686b24b315b3715fe2984', bytes: 181889 },
  },
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
  make,
} satisfies Dataset
