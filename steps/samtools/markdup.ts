import { gib, run, sameAs, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { bam, indexedBam } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'

export const markdup = step({
  name: 'samtools-markdup',
  about: 'Mark duplicate reads and index the alignments',
  edam: ['operation_3219'],
  tools: [samtools],
  image: images.reads,
  inputs: { merged: bam({ sorted: 'coordinate' }) },
  outputs: { marked: indexedBam({ reference: sameAs('merged') }) },
  streams: ['merged'],
  needs: { cpu: 2, memory: [gib(1), gib(4)] },
  // -c: marks that a user's BAM brings along are dropped, so that all samples are marked by one rule.
  command: ({ merged, marked, cpu }) =>
    run(
      'samtools',
      'markdup',
      '-@',
      cpu,
      '--no-PG',
      '-c',
      '-T',
      'tmp/markdup',
      '--write-index',
      merged,
      word`${marked}##idx##${marked}.bai`,
    ),
})
