import { mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { anyBam, barcodeReport } from 'trireme-bio/kinds'
import { samtools } from 'trireme-bio/tools'
import { z } from 'zod'

export const barcodes = step({
  name: 'samtools-barcodes',
  about:
    'Count the reads without UMI where samtools markdup looks for it: it takes them for reads of one molecule, with a warning or without',
  edam: ['operation_2238'],
  tools: [samtools],
  image: images.reads,
  inputs: { alignments: anyBam },
  params: { umi: z.enum(['name', 'RX']).describe('Where the UMI stands: in the eighth part of the name between colons, or in the tag RX') },
  outputs: { report: barcodeReport },
  streams: ['alignments', 'report'],
  needs: { cpu: 1, memory: mib(256) },
  command: ({ alignments, umi, report, cpu }) =>
    run(
      ...(['samtools', 'view', '-@', cpu, '-c', '-F', 'SECONDARY,SUPPLEMENTARY', '-e'] as const),
      ...[{ name: 'qname !~ "^([^:]+:){7}[^:]+"', RX: '![RX]' }[umi], alignments],
    ).into(report),
})
