import { each } from 'trireme-bio'
import { concat } from 'trireme-bio/steps/bcftools/concat'
import { norm } from 'trireme-bio/steps/bcftools/norm'
import { index as bwaIndex } from 'trireme-bio/steps/bwa/index'
import { mem } from 'trireme-bio/steps/bwa/mem'
import { call, callTargets } from 'trireme-bio/steps/freebayes/call'
import { fixmate } from 'trireme-bio/steps/samtools/fixmate'
import { index } from 'trireme-bio/steps/samtools/index'
import { sort } from 'trireme-bio/steps/samtools/sort'
import * as is from './ground.ts'

const { reads, sorted, indexed, aligned, calls, chr1, humanIndexed, mouseIndexed } = is

// FASTQ into a BAM slot
// error: Type '"fastq-pair"' is not assignable to type '"bam"'
sort({ unsorted: reads })

// unsorted into coordinate-sorted
// error: Type '"unsorted"' is not assignable to type '"coordinate"'
index({ sorted: aligned })

// sorted by name into coordinate-sorted
// error: Type '"queryname"' is not assignable to type '"coordinate"'
index({ sorted: is.byName })

// sorted by coordinate where mates must follow one another
// error: Type '"coordinate"' is not assignable to type '"unsorted"'
fixmate({ aligned: sorted })

// a BAM without its index
// error: Property 'indexed' is missing
call({ bams: [sorted], reference: humanIndexed, region: chr1, ploidy: 2 })

// a genome without its index
// error: Property 'indexed' is missing
call({ bams: [indexed], reference: is.human, region: chr1, ploidy: 2 })

// a genome where the index of an aligner is asked for
// error: Type '"fasta"' is not assignable to type '"bwa-index"'
mem({ reads, index: is.human, readGroup: is.readGroup })

// reads of one reference with another
// error: Type '"human"' is not assignable to type '"mouse"'
call({ bams: [indexed], reference: mouseIndexed, region: chr1, ploidy: 2 })

// one of two on another reference
// error: Type '"mouse"' is not assignable to type '"human"'
call({ bams: [indexed, is.onMouse], reference: humanIndexed, region: chr1, ploidy: 2 })

// calls of one reference normalised on another, through a gather
// error: Type '"human"' is not assignable to type '"mouse"'
norm({ calls: concat({ parts: [calls, calls] }).whole, reference: mouseIndexed })

// several files into a slot for one
// error: one bam file, not a list: call the step for each, list.map(file => …)
sort({ unsorted: [aligned] })

// a list that a step writes into a slot for one
// error: is missing the following properties from type
callTargets({ bams: [indexed], reference: humanIndexed, targets: is.shards, ploidy: 2 })

// one file into a slot for many
// error: is missing in type
concat({ parts: calls })

// a file that may be left out
// error: Type 'undefined' is not assignable to type
callTargets({ bams: [indexed], reference: humanIndexed, targets: is.perhaps, ploidy: 2 })

// an input left out
// error: Property 'reference' is missing
call({ bams: [indexed], region: chr1, ploidy: 2 })

// a path is not a file of the pipeline
// error: a fasta file: what a step, an input or source(…) gave
bwaIndex({ genome: 'hg38.fa' })

// each over an array: its map does that
// error: is missing the following properties from type
each([is.targets], targets => ({ targets }))
