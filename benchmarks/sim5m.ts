import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readyTools, runLocally, Store } from 'trireme-bio/local'
import { make } from '../datasets/sim5m/make.ts'
import { type Benchmark, type Session, timedIn } from './harness/benchmark.ts'
import { type Arm, ratioRow } from './harness/compare.ts'
import { compiled, script } from './harness/places.ts'

/** Paths of the dataset's files, made in the session's store unless they are there. */
export interface Files {
  readonly genome: string
  readonly reads: readonly [string, string]
  readonly truth: string
}
export async function sim5mFiles({ store: folder, log }: Session): Promise<Files> {
  log('Dataset sim5m: made once, in half a minute')
  const whole = make()
  const store = await Store.open(folder)
  const { results, failures } = await runLocally(whole, { store, versions: await readyTools(whole), run: `bench-${process.pid}` })
  const { genome, truth, reads } = results
  const { first, second } = reads.sim_L1?.parts ?? {}
  if (!genome.genome || !truth.sim || first === undefined || second === undefined) throw new Error(failures[0] ?? 'no reads')
  return { genome: genome.genome.path, truth: truth.sim.path, reads: [first, second] }
}
/** Words of a Trireme run from the reads to filtered variants: what a user would type, with reports and trimming off. */
export const variantCalling = (files: Files, folder: string, words: readonly string[], pipeline = 'variant-calling'): readonly string[] => {
  const sheet = path.join(folder, 'samplesheet.csv')
  writeFileSync(sheet, `patient,sample,lane,fastq_1,fastq_2\nsim,sim,L1,${files.reads.join(',')}\n`)
  return [
    ...compiled('cli.js'),
    ...['run', pipeline, '--samplesheet', sheet, '--reference', files.genome, '--no-qc', '--no-trim', '--cpu', '2'],
    ...['--out', path.join(folder, 'out'), '--store', path.join(folder, 'store'), ...words],
  ]
}
/** Digest of a VCF's records, without the header. */
export function recordsOf(vcf: string): string {
  const records = gunzipSync(readFileSync(vcf))
    .toString()
    .replace(/^#.*\n/gm, '')
  if (records === '') throw new Error(`${path.basename(vcf)} holds no variants`)
  return createHash('sha256').update(records).digest('hex')
}
export const filtered = (folder: string) => path.join(folder, 'out', 'variants', 'joint.filtered.vcf.gz')

/** All arms must give the same records: the first that ends says which. */
function arms(files: Files) {
  let wanted: string | undefined
  const same = (vcf: string) => {
    const records = recordsOf(vcf)
    wanted ??= records
    if (records !== wanted) throw new Error('the filtered records differ from those of the other arms')
  }
  const trireme = (...words: readonly string[]): Arm => ({
    command: folder => ({ argv: variantCalling(files, folder, words) }),
    check: folder => same(filtered(folder)),
  })
  const byHand = (name: string): Arm => ({
    command: () => ({ argv: ['bash', script(name), files.genome, ...files.reads] }),
    check: folder => same(path.join(folder, 'filtered.vcf.gz')),
  })
  return { trireme, byHand }
}
const programs = { bwa: ['bwa'], samtools: ['samtools', '--version'], bcftools: ['bcftools', '--version'], bash: ['bash', '--version'] }

export const besideScript: Benchmark = {
  name: 'script',
  about: 'Reads to filtered variants on sim5m, beside the same pipes in a script by hand, 2 cores',
  programs,
  measure: async session => {
    const { trireme, byHand } = arms(await sim5mFiles(session))
    const timed = await timedIn(
      session,
      { trireme: trireme('--parts', '1'), 'script by hand': byHand('streamed.sh') },
      { rounds: 20, bulky: true },
    )
    return {
      timed,
      rows: [
        ratioRow(timed, 'cpu', ['trireme', 'script by hand'], { most: 1.02 }),
        ratioRow(timed, 'wall', ['trireme', 'script by hand'], { most: 1.05 }),
      ],
    }
  },
}
export const besideStages: Benchmark = {
  name: 'stages',
  about: 'Reads to filtered variants on sim5m, beside a script that writes a file at every step, 2 cores',
  programs,
  measure: async session => {
    const { trireme, byHand } = arms(await sim5mFiles(session))
    const ways = { trireme: trireme('--parts', '1'), 'trireme, 2 regions': trireme('--parts', '2'), 'staged script': byHand('staged.sh') }
    const timed = await timedIn(session, ways, { rounds: 5, bulky: true }) // five rounds: the claim is about a third, not about 2 %
    return {
      timed,
      rows: [
        ratioRow(timed, 'wall', ['trireme', 'staged script'], { most: 0.65 }),
        ratioRow(timed, 'wall', ['trireme, 2 regions', 'staged script'], { most: 0.52 }),
      ],
    }
  },
}
