import { annotationColumns } from '../../../steps/idr/tables/study.ts'
import type { Listed } from '../roster.ts'
import type { Said } from './omero.ts'

/** Columns of the study's annotation that IDR's annotations tell, by the key that they have there. */
const columns = {
  'Characteristics [Organism]': 'Organism',
  'Characteristics [Organism Part]': 'Organism Part',
  [annotationColumns.diagnosis]: 'Diagnosis',
  'Characteristics [Disease Subtype]': 'Disease Subtype',
  'Characteristics [Sex]': 'Sex',
  'Characteristics [Ethnic or Racial Group]': 'Ethnic or Racial Group',
  'Characteristics [Age]': 'Age',
  [annotationColumns.individual]: 'Individual',
  'Characteristics [Clinical History]': 'Clinical History',
  Channels: 'Channels',
} as const
const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
const line = (cells: readonly string[]) => `${cells.map(cell).join(',')}\n`

/** The annotation as the study writes it, in its order. */
export const annotationText = (images: readonly { readonly listed: Listed; readonly said: Said }[]): string =>
  [
    [annotationColumns.dataset, annotationColumns.image, ...Object.keys(columns)],
    ...images.map(({ listed, said }) => {
      const values = new Map(said)
      return [listed.dataset, listed.file, ...Object.values(columns).map(key => values.get(key) ?? '')]
    }),
  ]
    .map(line)
    .join('')
export const pathsText = (images: readonly Listed[]): string =>
  images.map(({ dataset, set, file }) => `Dataset:name:${dataset}\timages/${set}/${file}\n`).join('')
/** The keys without which an image cannot be used. */
export const needed = ['Individual', 'Diagnosis'] as const
