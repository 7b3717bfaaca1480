type Files = Readonly<Record<string, string>>
const tables = (files: Files) => ({ annotation: files['annotation.csv'], paths: files['paths.tsv'], twin: true })

/** Arguments of `idr-classification` for the twin: a demonstration of some 20 s, what the tests train on, and all 2,299 images. */
export const demo = (files: Files) => ({ ...tables(files), train: 24, test: 24, rois: 4 })
export const small = (files: Files) => ({ ...tables(files), train: 16, test: 16, rois: 3 })
export const whole = (files: Files) => tables(files)
