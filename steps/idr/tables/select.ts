import type { ImageRow, Split } from '../../image-table.ts'
import { Fault } from '../../script.ts'
import type { Annotated } from './annotation.ts'
import { classes, diagnoses, type SetName } from './study.ts'

export interface Selection {
  /** Patients of a split, half of them failing, the first ones in the study's order; undefined for all. */
  readonly train: number | undefined
  readonly test: number | undefined
  /** Regions of each patient, the first ones in the study's order; undefined for all. */
  readonly rois: number | undefined
  /** Folders; none for all. */
  readonly sets: readonly SetName[]
  /** What becomes of donors without heart failure whose tissue was not sound. */
  readonly pathology: 'unscored' | 'positive'
}
/** The images asked for, in the annotation's order. @throws Fault where there are too few, or a split has one class only */
export function select(annotated: readonly Annotated[], setOf: ReadonlyMap<string, string>, at: Selection): readonly ImageRow[] {
  const rows = annotated
    .map(row => imageRow(row, setOf.get(row.file)!, at.pathology))
    .filter(({ extra }) => at.sets.length === 0 || at.sets.some(wanted => wanted === extra.set))
  const chosen = new Set(splits.flatMap(split => patientsOf(rows, split, at[split])))
  const regions = new Map<string, number>()
  const selected = rows.filter(({ group: patient }) => {
    if (!chosen.has(patient)) return false
    const before = regions.get(patient) ?? 0
    regions.set(patient, before + 1)
    return at.rois === undefined || before < at.rois
  })
  for (const split of splits) refuseOneClass(selected, split)
  for (const [patient, had] of regions)
    if (at.rois !== undefined && had < at.rois)
      throw new Fault(`The individual "${patient}" has ${had} images, and ${at.rois} of each are asked for (rois). Ask for at most ${had}.`)
  return selected
}
const imageRow = ({ file, patient, roi, diagnosis, split }: Annotated, set: string, pathology: Selection['pathology']): ImageRow => ({
  image: file,
  group: patient,
  label: diagnosis === diagnoses.other ? 0 : 1,
  class: classes[diagnosis === diagnoses.other ? 0 : 1],
  split,
  scored: diagnosis !== diagnoses.pathology || pathology === 'positive',
  extra: { roi: String(roi), set },
})
/** The study's own two parts. */
const splits = ['train', 'test'] as const
/** All patients of a split; or so many, half of each class, none that is left out of scores. */
function patientsOf(rows: readonly ImageRow[], split: Split, wanted: number | undefined): readonly string[] {
  const own = rows.filter(row => row.split === split)
  if (wanted === undefined) return [...new Set(own.map(({ group }) => group))]
  const positive = Math.floor(wanted / 2)
  return ([1, 0] as const).flatMap(label => {
    const all = [...new Set(own.filter(row => row.scored && row.label === label).map(({ group }) => group))]
    const count = label === 1 ? positive : wanted - positive
    if (all.length < count)
      throw new Fault(
        `${wanted} patients are asked for in the split ${split}, ${count} of them with the label ${label}; there are ${all.length}. Ask for at most ${2 * all.length}.`,
      )
    return all.slice(0, count)
  })
}
function refuseOneClass(rows: readonly ImageRow[], split: Split): void {
  const scored = rows.filter(row => row.split === split && row.scored)
  const labels = [...new Set(scored.map(({ label }) => label))]
  if (labels.length === 2) return
  const has = labels.length === 0 ? 'no image' : `images of the label ${labels[0]} only`
  throw new Fault(
    `The split ${split} has ${has}. Nothing can be learnt or scored without both classes. Ask for more patients, or for more of the study's folders.`,
  )
}
