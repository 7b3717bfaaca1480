import { gib, run, sameAs, sequence, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam, duplicateReport, indexedBam } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'
import { z } from 'zod'

/** The eighth part of INSTRUMENT:RUN:FLOWCELL:LANE:TILE:X:Y:UMI. --barcode-name, which should look there, finds none in samtools 1.16.1. */
const umiInName = '^[^:]+:[^:]+:[^:]+:[^:]+:[^:]+:[^:]+:[^:]+:([^:]+)'

export const markdup = step({
  name: 'samtools-markdup',
  about: 'Mark or remove duplicate reads, count them, and index the alignments',
  edam: ['operation_3219'],
  tools: [samtools],
  image: images.reads,
  inputs: { merged: bam({ sorted: 'coordinate' }) },
  params: {
    remove: z.boolean().default(false).describe('Leave duplicates out of the output; off is the default of samtools (on: -r)'),
    umi: z
      .enum(['none', 'name', 'RX'])
      .default('none')
      .describe(
        'Where the UMI stands, which duplicates share: in the eighth part of the name between colons (--barcode-rgx), or in the tag RX (--barcode-tag)',
      ),
  },
  outputs: { marked: indexedBam({ reference: sameAs('merged') }), report: duplicateReport },
  streams: ['merged'],
  needs: { cpu: 2, memory: [gib(1), gib(4)] },
  // -c: marks that a user's BAM brings along are dropped, so that all samples are marked by one rule. The report begins with the command line.
  command: ({ merged, marked, report, remove, umi, cpu }) =>
    sequence(
      run(
        ...(['samtools', 'markdup', '-@', cpu, '--no-PG', '-c', '-T', 'tmp/markdup', '-f', report, '--write-index'] as const),
        ...(remove ? ['-r'] : []),
        ...{ none: [], name: ['--barcode-rgx', umiInName], RX: ['--barcode-tag', 'RX'] }[umi],
        ...[merged, word`${marked}##idx##${marked}.bai`],
      ),
      run('sed', '-i', '/^COMMAND: /d', report),
    ),
})
