import { fileURLToPath } from 'node:url'

/**
 * Patient, folder, diagnosis and regions of all 2,299 images, in the order of the study's annotation: facts of idr0042-experimentA-annotation.csv
 * and -filePaths.tsv (Nirschl et al. 2018, https://doi.org/10.17867/10000113, CC BY 4.0), put into 209 lines. File names follow from them.
 */
export const patients = {
  url: fileURLToPath(new URL('./patients.csv', import.meta.url)),
  sha256: 'c956fbbae6ff64da2cb13c8f83c541da555b8ac3a0837032b62510c2168c618f',
  bytes: 15726,
}
