import { type Ref, source } from 'trireme-bio'
import { bam, bed, fasta, fastqPair } from 'trireme-bio/kinds'
import { index as bwaIndex } from 'trireme-bio/steps/bwa/index'
import { mem } from 'trireme-bio/steps/bwa/mem'
import { call } from 'trireme-bio/steps/freebayes/call'
import { faidx } from 'trireme-bio/steps/samtools/faidx'
import { index } from 'trireme-bio/steps/samtools/index'
import { sort } from 'trireme-bio/steps/samtools/sort'
import type { Region } from 'trireme-bio/values'

// What the wrong wirings start from. This file itself must compile.

const file = { url: '', sha256: '' }
export const reads = source('reads', fastqPair, { first: file, second: file })
export const human = source('human', fasta, file)
export const mouse = source('mouse', fasta, file)
export const humanIndexed = faidx({ genome: human }).indexed
export const mouseIndexed = faidx({ genome: mouse }).indexed
export const humanBwa = bwaIndex({ genome: human }).index
export const mouseBwa = bwaIndex({ genome: mouse }).index
export const readGroup = { ID: 'lane1', SM: 'tumour' }
export const { aligned } = mem({ reads, index: humanBwa, readGroup })
export const { sorted } = sort({ unsorted: aligned })
export const { indexed } = index({ sorted })
export const onMouse = index({ sorted: sort({ unsorted: mem({ reads, index: mouseBwa, readGroup }).aligned }).sorted }).indexed
export const byName = source('byName', bam({ sorted: 'queryname' }), file)
export const targets = source('targets', bed, file)
export declare const chr1: Region
export const { calls } = call({ bams: [indexed], reference: humanIndexed, region: chr1, ploidy: 2 })
/** A list that a step writes while it runs. */
export declare const shards: Ref<{ readonly many: typeof bed }>
export declare const perhaps: Ref<typeof bed> | undefined
