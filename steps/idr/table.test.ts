import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { studyAnnotation, studyPaths } from 'trireme-bio/kinds'
import { given, made, scratch } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { table } from './table.ts'

const [failing, other, pathology] = ['chronic heart failure', 'not chronic heart failure', 'heart tissue pathology']
const header = 'Dataset Name,Image Name,Characteristics [Diagnosis],Characteristics [Individual],Characteristics [Clinical History]'
/** Two regions of each of six patients: two classes in either split, and one donor with other pathology in a bed of normals' names. */
const patients = [
  ['training', 'fold_1', '11', failing],
  ['training', 'fold_1', '12', other],
  ['training', 'test_fold_1', '13', failing],
  ['training', 'test_fold_1', '14', other],
  ['test', 'held-out_validation', '21', failing],
  ['test', 'held-out_validation', '22', other],
  ['test', 'held-out_validation', '23', pathology],
] as const
const images = patients.flatMap(([dataset, set, patient, diagnosis]) =>
  [7, 10].map(roi => ({ dataset, set, patient, diagnosis, name: `${patient}_${diagnosis === failing ? '0_fal' : '1_nrm'}_${roi}_0.png` })),
)
const annotation = images.map(({ dataset, name, diagnosis, patient }) => `${dataset},${name},${diagnosis},${patient},"history, quoted"`)
const paths = images.map(({ dataset, set, name }) => `Dataset:name:${dataset}\t/idr/${set}/${name}`)
const file = (name: string, text: string) => {
  const place = path.join(scratch(), name)
  writeFileSync(place, text)
  return place
}
const sheets = (annotated: readonly string[] = annotation, listed: readonly string[] = paths, head = header) => ({
  annotation: given('annotation', studyAnnotation, file('a.csv', [head, ...annotated].map(line => `${line}\n`).join(''))),
  paths: given('paths', studyPaths, file('p.tsv', listed.map(line => `${line}\n`).join(''))),
})
type Asked = Omit<Parameters<typeof table>[0], 'annotation' | 'paths'>
const rowsOf = async (asked: Asked = {}, given = sheets()) => {
  const { images } = await made(table({ ...given, ...asked }))
  return readFileSync(images.path, 'utf8').trimEnd().split('\n')
}

describe('the table', () => {
  it('holds a row an image in the order of the annotation, labelled by the diagnosis and not by the name', async () => {
    const rows = await rowsOf()
    expect(rows).toHaveLength(15)
    expect(rows.slice(0, 4)).toEqual([
      'image\tgroup\tlabel\tclass\tsplit\tscored\troi\tset',
      '11_0_fal_7_0.png\t11\t1\tchronic heart failure\ttrain\t1\t7\tfold_1',
      '11_0_fal_10_0.png\t11\t1\tchronic heart failure\ttrain\t1\t10\tfold_1',
      '12_1_nrm_7_0.png\t12\t0\tnot chronic heart failure\ttrain\t1\t7\tfold_1',
    ])
    expect(rows.slice(-2)).toEqual([
      '23_1_nrm_7_0.png\t23\t1\tchronic heart failure\ttest\t0\t7\theld-out_validation',
      '23_1_nrm_10_0.png\t23\t1\tchronic heart failure\ttest\t0\t10\theld-out_validation',
    ])
  })
  it('counts other pathology as positive where that is asked for', async () => {
    expect((await rowsOf({ pathology: 'positive' })).at(-1)).toBe(
      '23_1_nrm_10_0.png\t23\t1\tchronic heart failure\ttest\t1\t10\theld-out_validation',
    )
  })
  it('takes the first patients of each class and the first regions of each patient', async () => {
    const rows = await rowsOf({ train: 2, test: 2, rois: 1 })
    expect(rows.slice(1).map(row => row.split('\t')[0])).toEqual([
      '11_0_fal_7_0.png',
      '12_1_nrm_7_0.png',
      '21_0_fal_7_0.png',
      '22_1_nrm_7_0.png',
    ])
  })
  it('takes the folders that are asked for', async () => {
    const rows = await rowsOf({ sets: ['test_fold_1', 'held-out_validation'] })
    expect(new Set(rows.slice(1).map(row => row.split('\t')[1]))).toEqual(new Set(['13', '14', '21', '22', '23']))
  })
  it('reads a table with a byte-order mark and the line ends of Windows', async () => {
    const text = ['\uFEFF', [header, ...annotation].join('\r\n')].join('')
    const annotated = given('annotation', studyAnnotation, file('a.csv', text))
    expect(await rowsOf({}, { ...sheets(), annotation: annotated })).toHaveLength(15)
  })
})

const swap = (lines: readonly string[], n: number, line: string) => lines.map((old, at) => (at === n ? line : old))
const study = "Give the study's annotation file, such as idr0042-experimentA-annotation.csv."
const faults: readonly (readonly [string, ReturnType<typeof sheets>, Asked, string])[] = [
  [
    'a column that is not there',
    sheets(annotation, paths, header.replace('Characteristics [Diagnosis]', 'Diagnosis')),
    {},
    `The annotation lacks the column "Characteristics [Diagnosis]"; it has "Dataset Name", "Image Name", "Diagnosis", "Characteristics [Individual]", "Characteristics [Clinical History]". ${study}`,
  ],
  ['no image', sheets([], []), {}, "The annotation holds no image. One row an image is right. Give the study's annotation file."],
  [
    'a line with too many cells',
    sheets(swap(annotation, 1, `${annotation[1]},more`)),
    {},
    'The annotation is not a sound CSV: Invalid Record Length: columns length is 5, got 6 on line 3. Correct that line.',
  ],
  [
    'an unknown diagnosis',
    sheets(swap(annotation, 2, 'training,12_1_nrm_7_0.png,healthy,12,')),
    {},
    'Line 4 of the annotation has the diagnosis "healthy"; right are "chronic heart failure", "heart tissue pathology", "not chronic heart failure". Correct the word.',
  ],
  [
    'an unknown dataset',
    sheets(swap(annotation, 2, `validation,12_1_nrm_7_0.png,${other},12,`)),
    {},
    'Line 4 of the annotation has the dataset "validation"; right are "training", "test". Correct the word.',
  ],
  [
    'a name of another form',
    sheets(swap(annotation, 0, `training,heart.png,${failing},11,`)),
    {},
    'Line 2 of the annotation names the image "heart.png"; right is a name like 33381_0_fal_10_0.png, whose fourth part is the region. Correct it.',
  ],
  [
    'a name of another patient',
    sheets(swap(annotation, 0, `training,99_0_fal_7_0.png,${failing},11,`)),
    {},
    'Line 2 of the annotation gives the image "99_0_fal_7_0.png" to the individual "11"; its name begins with "99". Correct one of them.',
  ],
  [
    'an image twice',
    sheets([...annotation, annotation[0]!]),
    {},
    'Lines 2 and 16 of the annotation are both the image "11_0_fal_7_0.png". Each image has one row. Remove one.',
  ],
  [
    'a region twice',
    sheets([...annotation, `training,11_1_nrm_7_0.png,${failing},11,`]),
    {},
    'Lines 2 and 16 of the annotation are both region 7 of the individual "11". Each image has one row. Remove one.',
  ],
  [
    'a patient in both splits',
    sheets(swap(annotation, 1, `test,11_0_fal_10_0.png,${failing},11,`)),
    {},
    'The individual "11" is in both splits: line 2 of the annotation says train, line 3 says test. A patient\'s images all belong to one, or the test asks for what was learnt. Move them to one split.',
  ],
  [
    'a patient with two diagnoses',
    sheets(swap(annotation, 1, `training,11_0_fal_10_0.png,${other},11,`)),
    {},
    'The individual "11" has two diagnoses: "chronic heart failure" in line 2 of the annotation, "not chronic heart failure" in line 3. Correct one of them.',
  ],
  [
    'a file that is not in the annotation',
    sheets(annotation, [...paths, 'Dataset:name:training\t/idr/fold_1/77_1_nrm_1_0.png']),
    {},
    'Line 15 of the list of files names "77_1_nrm_1_0.png", which is not in the annotation. Give annotation and list of one study, or remove the line.',
  ],
  [
    'an image without a file',
    sheets(annotation, paths.slice(1)),
    {},
    'The list of files lacks 1 of the annotation\'s 14 images, the first "11_0_fal_7_0.png". Give annotation and list of one study.',
  ],
  [
    'a file twice',
    sheets(annotation, [...paths, paths[0]!]),
    {},
    'Lines 1 and 15 of the list of files are both "11_0_fal_7_0.png". Each file has one line. Remove one.',
  ],
  [
    'a folder of the other split',
    sheets(annotation, swap(paths, 0, 'Dataset:name:training\t/idr/held-out_validation/11_0_fal_7_0.png')),
    {},
    'Line 1 of the list of files puts "11_0_fal_7_0.png" into held-out_validation of "Dataset:name:training", line 2 of the annotation into the split train. The splits must be one, or a patient leaks from training to test. Correct one of them.',
  ],
  [
    'an unknown folder',
    sheets(annotation, swap(paths, 0, 'Dataset:name:training\t/idr/fold_9/11_0_fal_7_0.png')),
    {},
    'Line 1 of the list of files has the folder "fold_9"; right are fold_1, test_fold_1, held-out_validation. Correct the path.',
  ],
  [
    'a split of one class',
    sheets(),
    { sets: ['fold_1', 'test_fold_1'] },
    "The split test has no image. Nothing can be learnt or scored without both classes. Ask for more patients, or for more of the study's folders.",
  ],
  [
    'a split whose other class is not there',
    sheets(
      annotation.filter(line => !line.includes('22_1_nrm')),
      paths.filter(line => !line.includes('22_1_nrm')),
    ),
    {},
    "The split test has images of the label 1 only. Nothing can be learnt or scored without both classes. Ask for more patients, or for more of the study's folders.",
  ],
  [
    'more patients than there are',
    sheets(),
    { test: 4 },
    '4 patients are asked for in the split test, 2 of them with the label 1; there are 1. Ask for at most 2.',
  ],
  [
    'more regions than there are',
    sheets(),
    { rois: 3 },
    'The individual "11" has 2 images, and 3 of each are asked for (rois). Ask for at most 2.',
  ],
]
describe('refuses', () => {
  it.each(faults)('%s', async (_what, given, asked, message) => {
    await expect(rowsOf(asked, given)).rejects.toThrow(message)
  })
  it('a folder that the study has not, when the plan is made', () => {
    expect(() => table({ ...sheets(), sets: ['fold_2' as 'fold_1'] })).toThrow('Parameter "sets" of step "idr-table"')
  })
})
