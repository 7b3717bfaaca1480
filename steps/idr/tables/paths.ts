import path from 'node:path'
import { Fault } from '../../script.ts'
import type { Annotated } from './annotation.ts'
import { datasets, sets } from './study.ts'

const setNames: readonly string[] = Object.keys(sets)
/**
 * Folder of every file by its name, from lines of `Dataset:name:training TAB …/fold_1/33381_0_fal_10_0.png`.
 * @throws Fault unless it lists exactly the images of the annotation, each once
 */
export function readSets(text: string, annotated: readonly Annotated[]): ReadonlyMap<string, string> {
  const byFile = new Map(annotated.map(row => [row.file, row]))
  const found = new Map<string, { readonly set: string; readonly line: number }>()
  for (const [n, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const where = `Line ${n + 1} of the list of files`
    const [dataset = '', place = ''] = line.split('\t')
    const [file, set] = [path.posix.basename(place), path.posix.basename(path.posix.dirname(place))]
    const row = byFile.get(file)
    if (!row)
      throw new Fault(
        `${where} names "${file || line.slice(0, 60)}", which is not in the annotation. Give annotation and list of one study, or remove the line.`,
      )
    if (!setNames.includes(set)) throw new Fault(`${where} has the folder "${set}"; right are ${setNames.join(', ')}. Correct the path.`)
    const before = found.get(file)
    if (before)
      throw new Fault(`Lines ${before.line} and ${n + 1} of the list of files are both "${file}". Each file has one line. Remove one.`)
    const split = datasets[sets[set as keyof typeof sets]] // one of the names, checked above
    if (split !== row.split || !dataset.endsWith(split === 'train' ? 'training' : 'test'))
      throw new Fault(
        `${where} puts "${file}" into ${set} of "${dataset}", line ${row.line} of the annotation into the split ${row.split}. The splits must be one, or a patient leaks from training to test. Correct one of them.`,
      )
    found.set(file, { set, line: n + 1 })
  }
  const missing = annotated.filter(({ file }) => !found.has(file)).map(({ file }) => file)
  if (missing.length > 0)
    throw new Fault(
      `The list of files lacks ${missing.length} of the annotation's ${annotated.length} images, the first "${missing[0]}". Give annotation and list of one study.`,
    )
  return new Map([...found].map(([file, { set }]) => [file, set]))
}
