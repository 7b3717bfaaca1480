import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { torch } from 'trireme-bio/tools'
import { findTools } from '../../core/host/tools.ts'
import { tables } from '../../datasets/idr0042-twin/make.ts'
import { table } from '../../steps/idr/table.ts'
import { twin } from '../../steps/idr/twin.ts'
import { split } from '../../steps/image/split.ts'
import { runPlan } from '../arms/run-plan.ts'

/** The script that trains, as the step runs it. */
export const train = fileURLToPath(new URL('../../steps/torch/train.py', import.meta.url))
export type Selection = Partial<Parameters<typeof table>[0]>
/** As many images as a trial of half a minute takes: those of the profile `test`. */
export const small: Selection = { train: 24, test: 24, rois: 4 }
export const selected = (selection: Selection = {}) => table({ ...tables(), ...selection }).images
/** Images of the synthetic twin, packed: all of the study's split, or of a selection. */
export const images = (selection: Selection = {}) => twin({ table: selected(selection) }).packed

/** Their table, with the study's own parts. */
export const divided = (selection: Selection = {}) => split({ table: selected(selection), pairs: [] }).divided

/** Paths of the parts of packed images, and of their table. */
export async function packedIn(folder: string, selection: Selection): Promise<readonly [pixels: string, index: string, table: string]> {
  const made = await runPlan(folder, { packed: images(selection), table: divided(selection) })
  const { pixels = '', index = '' } = made.packed?.parts ?? {}
  return [pixels, index, made.table?.path ?? '']
}
/** Where Python with torch is. @throws Error where there is none */
export async function pythonOfTorch(): Promise<string> {
  const found = (await findTools([torch])).get('torch')
  if (found?.state !== 'ready') throw new Error('torch is not installed. "trireme doctor --install" gets it.')
  return found.path
}
/** What `setup` found out, for arms: their commands are made without waiting for anything. */
export const noteWords = (shared: string, words: readonly string[]): void =>
  writeFileSync(path.join(shared, 'words.json'), JSON.stringify(words))
export const notedWords = (shared: string): readonly string[] => JSON.parse(readFileSync(path.join(shared, 'words.json'), 'utf8'))
