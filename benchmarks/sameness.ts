import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type ArmFolders, comparison } from 'trireme-bio/benchmarks'
import { variantCalling } from '../pipelines/variant-calling.ts'
import { killedAt } from './calling/killed-run.ts'
import { filtered, firstPair, onePair, recordsOf, sameRecords } from './calling/variants.ts'
import { compiled } from './harness/places.ts'

const sheet = ({ folder }: ArmFolders) => path.join(folder, 'samplesheet.csv')
/** The command of a run that is scattered over four regions. */
const scattered = (at: ArmFolders): readonly string[] => [
  ...compiled('cli.js'),
  ...['run', 'variant-calling', '--samplesheet', sheet(at), '--reference', firstPair(at).genome, '--no-qc', '--parts', '4', '--cpu', '2'],
  ...['--out', path.join(at.folder, 'out'), '--store', path.join(at.folder, 'store')],
]

export const sameness = comparison({
  name: 'sameness',
  about: 'Filtered records of streamed, unfused, scattered and resumed runs on sim5m',
  pipeline: variantCalling,
  profile: 'sim5m',
  arms: {
    streamed: onePair({ parts: 1 }),
    unfused: onePair({ parts: 1 }),
    scattered: onePair({ parts: 4 }),
    resumed: {
      prepare: at => {
        writeFileSync(sheet(at), `patient,sample,lane,fastq_1,fastq_2\nsim,sim,L1,${firstPair(at).reads.join(',')}\n`)
        // While the third of four regions is called: some of the work is done then, and some is not. A small genome has fewer regions.
        return killedAt(scattered(at), at.quick ? /started {2}bcftools-call/ : /started {2}bcftools-call\[00003/)
      },
      command: at => ({ argv: scattered(at) }),
      check: at => void recordsOf(filtered(at)),
    },
  },
  settings: { unfused: { stream: false } },
  outputs: sameRecords,
  warmups: 0,
  runs: { least: 1, most: 1 },
  quick: { profile: 'test' },
})
