import { readFileSync } from 'node:fs'
import { fasta, fastq, fastqPair } from 'trireme-bio/kinds'
import { index } from 'trireme-bio/steps/bwa/index'
import { fastaFile, fastqFiles, folder, pairs, samOf } from 'trireme-bio/steps/tiny'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { mem, memSingle } from './mem.ts'

const at = folder()
const genome = given('genome', fasta, fastaFile(at))
const reads = given('reads', fastqPair, fastqFiles(at, 'reads'))
const readGroup = { ID: 'p.s.1', SM: 's', LB: 'lib 1', PL: 'ILLUMINA' } as const
const aligned = () => mem({ reads, index: index({ genome }).index, readGroup })

it('puts every read where it came from, in its read group', async () => {
  const sam = samOf((await made(aligned())).aligned.path)
    .trimEnd()
    .split('\n')
  expect(sam).toContain('@RG\tID:p.s.1\tSM:s\tLB:lib 1\tPL:ILLUMINA')
  const placed = new Set(sam.map(line => line.split('\t').slice(0, 4).join(' ')))
  const wanted = pairs().map(({ name, contig, starts }) => `${name} 99 ${contig} ${starts[0]}`)
  expect(wanted.filter(read => !placed.has(read))).toEqual([])
  expect(sam.filter(line => !line.startsWith('@')).every(line => line.includes('\tRG:Z:p.s.1'))).toBe(true)
})
it('puts single reads where they came from', async () => {
  const single = given('single', fastq, fastqFiles(at, 'single').first)
  const sam = samOf((await made(memSingle({ reads: single, index: index({ genome }).index, readGroup }))).aligned.path)
  const placed = new Set(sam.split('\n').map(line => line.split('\t').slice(0, 4).join(' ')))
  expect(pairs().filter(({ name, contig, starts }) => !placed.has(`${name} 0 ${contig} ${starts[0]}`))).toEqual([])
})
it('writes the same bytes with one core and with two, without a program line', async () => {
  const [one, two] = [await made(aligned(), { cpu: 1 }), await made(aligned(), { cpu: 2 })]
  expect(readFileSync(one.aligned.path).equals(readFileSync(two.aligned.path))).toBe(true)
  expect(samOf(one.aligned.path)).not.toContain('@PG')
})
it('refuses text that bwa would turn into tabs', () => {
  expect(() => mem({ reads, index: index({ genome }).index, readGroup: { ID: 'a\\tSM:other', SM: 's' } })).toThrow(
    'Parameter "readGroup" of step "bwa-mem": ID: expected printable ASCII without tab, newline, backslash or spaces at its ends.',
  )
})
