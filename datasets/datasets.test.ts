import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Dataset } from 'trireme-bio'
import { ran } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { filesOf, type Placed } from '../core/graph/place.ts'
import { lambda } from './lambda/dataset.ts'
import { borders, genome } from './lambda/make.ts'
import { toy } from './toy/dataset.ts'
import { toy as files } from './toy/files.ts'

const content = (path: string) => (path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path))
const pin = (bytes: Buffer) => ({ sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length })

/** What the dataset's plan makes, by the dataset's own names; indexes are not pinned. */
const remade = async (dataset: Dataset) => {
  const { results, failures } = await ran(dataset.make?.().results ?? {})
  expect(failures).toEqual([])
  const found = Object.entries(results).flatMap(([group, byName]) =>
    Object.entries(byName as Record<string, Placed>).flatMap(([name, placed]) =>
      filesOf(placed).map(path => [`${group}/${name}${/(_[12])?\.(fa|vcf\.gz|vcf\.gz\.tbi|fastq\.gz)$/.exec(path)?.[0]}`, path] as const),
    ),
  )
  return Object.fromEntries(found.filter(([name]) => !name.endsWith('.tbi')))
}
const records = (path: string) =>
  content(path)
    .toString()
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.split('\t'))

describe.each<Dataset>([toy, lambda])('$name', dataset => {
  it('holds the files it says, where they travel with it', () => {
    const here = Object.entries(dataset.files).filter(([, { path }]) => path !== undefined)
    for (const [name, { path = '', ...pinned }] of here) expect({ name, ...pin(content(path)) }).toEqual({ name, ...pinned })
    expect(here.length).toBeGreaterThan(0)
  })
  it('is made again, byte for byte, with the counts it says', async () => {
    const made = await remade(dataset)
    const wanted = Object.entries(dataset.files).filter(([name]) => name.includes('/'))
    expect(Object.keys(made).sort()).toEqual(wanted.map(([name]) => name).sort())
    for (const [name, { sha256, bytes }] of wanted) expect({ name, ...pin(content(made[name] ?? '')) }).toEqual({ name, sha256, bytes })
    const truths = Object.entries(made)
      .filter(([name]) => name.startsWith('truth/'))
      .map(([, path]) => records(path))
    const isSnp = ([, , , ref = '', alt = '']: readonly string[]) => ref.length === alt.length
    const reads = Object.entries(made)
      .filter(([name]) => name.endsWith('_1.fastq.gz'))
      .map(([, path]) => content(path).toString().split('\n').length - 1)
    expect({
      pairs: reads.reduce((sum, lines) => sum + lines / 4, 0),
      snps: truths.flat().filter(isSnp).length,
      indels: truths.flat().filter(record => !isSnp(record)).length,
    }).toEqual({ pairs: dataset.counts?.pairs, snps: dataset.counts?.snps, indels: dataset.counts?.indels })
    if (dataset === lambda)
      for (const truth of truths) {
        expect(truth.filter(isSnp).length).toBeGreaterThanOrEqual(200)
        const lengths = truth.filter(record => !isSnp(record)).map(([, , , ref = '', alt = '']) => Math.abs(ref.length - alt.length))
        expect([lengths.length >= 60, Math.min(...lengths), Math.max(...lengths)]).toEqual([true, 1, 20])
        const placed = (place: string) => truth.filter(({ 7: info }) => info === `PLACE=${place}`)
        expect([placed('adjacent').length >= 20, placed('homopolymer').length >= 10, placed('border').length]).toEqual([
          true,
          true,
          borders.length,
        ])
      }
  })
})

it('names the toy files by where they are', () => {
  expect(files.lanes.flatMap(({ reads }) => [reads.first, reads.second])).toEqual(
    Object.entries(toy.files).flatMap(([name, file]) => (name.startsWith('reads/') && 'path' in file ? [file.path] : [])),
  )
})

it('marks the homopolymers of lambda, each with the base before it', () => {
  const [head = '', ...lines] = readFileSync(genome.url, 'utf8').split('\n')
  const runs = [...lines.join('').matchAll(/A{4,}|C{4,}|G{4,}|T{4,}/g)].map(
    ({ 0: run, index }) => `${head.slice(1).split(' ')[0]}\t${Math.max(0, index - 1)}\t${index + run.length}\n`,
  )
  expect(runs).toHaveLength(lambda.counts.homopolymers)
  expect(readFileSync(lambda.files['homopolymers.bed'].path, 'utf8')).toBe(runs.join(''))
})
