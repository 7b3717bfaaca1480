// A compact list of patients → annotation and list of files as the study has them, for images that are drawn. The columns are the study's; what
// would describe a donor (sex, age, descent, history) is empty, and the organism is the taxonomy's "synthetic construct": nobody's tissue is shown.
//   node roster.script.mjs PATIENTS.csv ANNOTATION.csv PATHS.tsv
import { readFileSync, writeFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { Fault, main } from '../script.ts'
import { annotationColumns, diagnoses, nameOf, type SetName, sets } from './tables/study.ts'

const header = [
  annotationColumns.dataset,
  annotationColumns.image,
  'Characteristics [Organism]',
  ...['Term Source 1 REF', 'Term Source 1 Accession'],
  'Characteristics [Organism Part]',
  ...['Term Source 2 REF', 'Term Source 2 Accession'],
  annotationColumns.diagnosis,
  ...['Term Source 3 REF', 'Term Source 3 Accession'],
  'Characteristics [Disease Subtype]',
  ...['Term Source 4 REF', 'Term Source 4 Accession'],
  'Characteristics [Sex]',
  ...['Term Source 5 REF', 'Term Source 5 Accession'],
  'Characteristics [Ethnic or Racial Group]',
  ...['Term Source 6 REF', 'Term Source 6 Accession'],
  'Characteristics [Age]',
  annotationColumns.individual,
  'Characteristics [Clinical History]',
  'Protocol REF',
  'Protocol REF.1',
  'Experimental Condition [Diagnosis]',
  'Channels',
]
const isSet = (name: string): name is SetName => name in sets
const known: readonly string[] = Object.values(diagnoses)

await main(() => {
  const [list = '', annotation = '', paths = ''] = process.argv.slice(2)
  const patients: readonly Readonly<Record<string, string>>[] = parse(readFileSync(list, 'utf8'), { columns: true, skip_empty_lines: true })
  const images = patients.flatMap(({ patient = '', set = '', diagnosis = '', rois = '' }) => {
    if (!isSet(set) || !known.includes(diagnosis))
      throw new Fault(
        `The patient "${patient}" has the set "${set}" and the diagnosis "${diagnosis}"; right are ${Object.keys(sets)} and ${known}.`,
      )
    return rois.split(' ').map(roi => ({ patient, diagnosis, set, dataset: sets[set], file: nameOf(patient, roi, diagnosis) }))
  })
  const cells: readonly Readonly<Record<string, string>>[] = images.map(({ patient, diagnosis, dataset, file }) => ({
    [annotationColumns.dataset]: dataset,
    [annotationColumns.image]: file,
    'Characteristics [Organism]': 'synthetic construct',
    'Term Source 1 REF': 'NCBITaxon',
    'Term Source 1 Accession': 'NCBITaxon_32630',
    [annotationColumns.diagnosis]: diagnosis,
    [annotationColumns.individual]: patient,
    'Experimental Condition [Diagnosis]': diagnosis,
    Channels: 'RGB',
  }))
  const lines = [header, ...cells.map(row => header.map(column => row[column] ?? ''))]
  writeFileSync(annotation, lines.map(line => `${line.join(',')}\n`).join(''))
  writeFileSync(paths, images.map(({ dataset, set, file }) => `Dataset:name:${dataset}\t/idr0042-twin/synthetic/${set}/${file}\n`).join(''))
})
