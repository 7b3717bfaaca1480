import { anyBam } from 'trireme-bio/kinds'
import { bamFile, content, folder, pairs, samText } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { flagstat } from './flagstat.ts'

it('counts', async () => {
  const alignments = given('alignments', anyBam, bamFile(folder(), 'x', samText(pairs(), 's')))
  const report = content((await made(flagstat({ alignments }))).report.path)
  expect(report).toMatch(new RegExp(`^${2 * pairs().length} \\+ 0 in total`))
  expect(report).toContain(`${2 * pairs().length} + 0 properly paired (100.00% : N/A)`)
})
