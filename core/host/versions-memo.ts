import { z } from 'zod'
import { readIfThere } from '../files.ts'
import { notice } from '../notices.ts'
import { sealedText, unsealed } from '../store/sealed.ts'
import { writeWhole } from '../store/whole-file.ts'

const memoShape = z.object({ versions: z.record(z.string(), z.string()) })

/** Versions of tools, by what each answer is made of, as an earlier run left them in a file of the store: they decide keys, so it is sealed. */
export function rememberedVersions(memo: string): Record<string, string> {
  const text = readIfThere(memo)
  if (text === undefined) return {}
  const { success, data } = memoShape.safeParse(unsealed(text)?.value)
  if (!success) notice(`${memo} is damaged, or of an older version, and was passed over: versions are asked again.`)
  return data?.versions ?? {}
}
/** Where the memo cannot be written, versions are asked again next time. */
export function rememberVersions(memo: string, versions: Readonly<Record<string, string>>): void {
  try {
    writeWhole(memo, sealedText({ versions }))
  } catch {}
}
