import { z } from 'zod'
import { readIfThere } from '../files.ts'
import { notice } from '../notices.ts'
import { writeWhole } from '../store/whole-file.ts'

const versions = z.record(z.string(), z.string())

/** Versions of tools, by what each answer is made of, as an earlier run left them in a file of the store. */
export function rememberedVersions(memo: string): Record<string, string> {
  try {
    return versions.parse(JSON.parse(readIfThere(memo) ?? '{}'))
  } catch {
    notice(`${memo} is damaged and was passed over: versions are asked again.`)
    return {}
  }
}
/** Where the memo cannot be written, versions are asked again next time. */
export function rememberVersions(memo: string, known: Readonly<Record<string, string>>): void {
  try {
    writeWhole(memo, JSON.stringify(known, null, 1))
  } catch {}
}
