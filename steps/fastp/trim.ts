import { asset, gib, hours, run, sequence, step, type Word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { fastpReport, fastqPair, html, leftFastqPair } from 'trireme-bio/kinds'
import { fastp } from 'trireme-bio/tools'
import { z } from 'zod'

export const trim = step({
  name: 'fastp-trim',
  about: 'Trim adapters, on wish drop poor reads, and report on quality',
  edam: ['operation_3192', 'operation_3218'],
  tools: [fastp],
  image: images.reads,
  inputs: { reads: fastqPair },
  params: {
    adapters: z.boolean().default(true).describe('Trim adapters, found where mates overlap. On is the default of fastp (off: -A)'),
    polyG: z
      .enum(['auto', 'on', 'off'])
      .default('auto')
      .describe('Trim runs of G at the end; auto, the default of fastp, does so for NextSeq and NovaSeq reads (-g, -G)'),
    cutTail: z.boolean().default(false).describe('Cut poor windows off the end of reads; off is the default of fastp (-3)'),
    cutQuality: z
      .number()
      .int()
      .min(1)
      .max(36)
      .default(20)
      .describe('Mean quality that a window must have with cutTail; 20 is the default of fastp (-M)'),
    dropPoor: z
      .boolean()
      .default(false)
      .describe('Drop reads with too many poor bases or Ns. Off (-Q), unlike in fastp: aligners and callers weigh qualities themselves'),
    poorBelow: z
      .number()
      .int()
      .min(0)
      .default(15)
      .describe('With dropPoor a base is poor below this quality; 15 is the default of fastp (-q)'),
    poorShare: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(40)
      .describe('Percent of poor bases that a read may have; 40 is the default of fastp (-u)'),
    maxN: z.number().int().min(0).max(50).default(5).describe('Ns that a read may have with dropPoor; 5 is the default of fastp (-n)'),
    dropShort: z.boolean().default(true).describe('Drop reads that are too short after trimming. On is the default of fastp (off: -L)'),
    minLength: z.number().int().min(1).default(15).describe('A read is too short below this length; 15 is the default of fastp (-l)'),
  },
  assets: { settle: asset(import.meta.url, './settle.sh') },
  outputs: { trimmed: leftFastqPair, report: fastpReport, page: html },
  needs: { cpu: 2, memory: gib(1), time: hours(12) },
  // Always two threads: each looks at a share of the insert sizes, so the report follows -w (10,000 or 5,000 pairs without overlap counted
  // on the same reads). Duplicates are counted after alignment: here it took 2.6 of 2.7 s and a gigabyte on 700 pairs.
  command: ({ reads, trimmed, report, page, settle, ...settings }) =>
    sequence(
      run(
        ...(['fastp', '-w', 2, '--dont_eval_duplication', ...words(settings)] as const),
        ...['-i', reads.first, '-I', reads.second, '-o', trimmed.first, '-O', trimmed.second, '-j', report, '-h', page],
      ),
      run('bash', settle, report, page, trimmed.first, trimmed.second),
    ),
})
interface Settings {
  readonly adapters: boolean
  readonly polyG: 'auto' | 'on' | 'off'
  readonly cutTail: boolean
  readonly cutQuality: number
  readonly dropPoor: boolean
  readonly poorBelow: number
  readonly poorShare: number
  readonly maxN: number
  readonly dropShort: boolean
  readonly minLength: number
}
const words = (at: Settings): readonly Word[] => [
  ...(at.adapters ? [] : ['-A']),
  ...{ auto: [], on: ['-g'], off: ['-G'] }[at.polyG],
  ...(at.cutTail ? ['-3', '-M', at.cutQuality] : []),
  ...(at.dropPoor ? ['-q', at.poorBelow, '-u', at.poorShare, '-n', at.maxN] : ['-Q']),
  ...(at.dropShort ? ['-l', at.minLength] : ['-L']),
]
