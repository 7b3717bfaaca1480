import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { plan, source } from 'trireme-bio'
import { fasta, fastqPair } from 'trireme-bio/kinds'
import { scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { bind } from '../cli/inputs/bind.ts'
import { Digests } from '../core/store/source-digests.ts'
import { variantCalling } from '../pipelines/variant-calling.ts'

// Ten times the rows are ten times the work. A hundred times would be a fault; twice that much is the machine's.
const [few, many] = [200, 2000]
const most = 40
async function cpu(call: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await call()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

it('planning many rows is linear work, up to 10,000', { timeout: 300_000 }, async () => {
  const reference = source('genome', fasta, { '': { url: '/g.fa', sha256: '0'.repeat(64) } })
  const rowsOf = (count: number) =>
    Array.from({ length: count }, (_, n) => {
      const file = (mate: number) => ({ url: `/r${n}_${mate}.fastq.gz`, sha256: (2 * n + mate).toString(16).padStart(64, '0') })
      return {
        patient: `p${n}`,
        sample: `s${n}`,
        lane: 'L1',
        reads: source(`r${n}`, fastqPair, { first: file(1), second: file(2) }),
      }
    })
  const planned = (count: number) => plan('rows', variantCalling({ samplesheet: rowsOf(count), reference, qc: false }))
  planned(few) // so that the first count is not that of the compiler
  const small = await cpu(() => planned(1000))
  const large = await cpu(() => planned(10_000))
  expect(large / small).toBeLessThan(most)
})
it('reading many rows is linear work', { timeout: 120_000 }, async () => {
  const folder = scratch()
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text)
    return path.join(folder, name)
  }
  for (const mate of [1, 2]) file(`r_${mate}.fastq`, '@r\nA\n+\nI\n@s\nA\n+\nI\n')
  const reference = { value: file('g.fa', '>c\nACGT\n'), words: '--reference', folder }
  const digests = await Digests.open(folder)
  const bound = async (count: number) => {
    const rows = Array.from({ length: count }, (_, n) => `p${n},s${n},L1,r_1.fastq,r_2.fastq`)
    const sheet = {
      value: file(`${count}.csv`, ['patient,sample,lane,fastq_1,fastq_2', ...rows].join('\n')),
      words: '--samplesheet',
      folder,
    }
    const { args } = await bind(variantCalling, { samplesheet: sheet, reference }, digests)
    expect(args.samplesheet).toHaveLength(count)
  }
  await bound(few)
  const small = await cpu(() => bound(few))
  const large = await cpu(() => bound(many))
  expect(large / small).toBeLessThan(most)
})
