import { gib, many, optional, pipeline, run, sameAs, step } from 'trireme-bio'
import { anyBam, bam, bed, fasta, fastqPair, vcf } from 'trireme-bio/kinds'
import { sort } from 'trireme-bio/steps/samtools/sort'
import { z } from 'zod'
import { aligned, human, indexed, mouse, reads } from './ground.ts'

const needs = { cpu: 1, memory: gib(1) }

// an order that does not exist
// error: Type '"coordinat"' is not assignable to type
bam({ sorted: 'coordinat' })

// memory without a unit
// error: Type 'number' is not assignable to type 'Ladder<Bytes>'
step({ name: 'plain', image: 'x', inputs: {}, outputs: { out: bed }, needs: { cpu: 1, memory: 8 }, command: () => run('true') })

// a misspelt slot among the streams
// error: Did you mean '"unsorted"'?
step({
  name: 'flows',
  image: 'x',
  inputs: { unsorted: anyBam },
  outputs: { out: bed },
  streams: ['unsortd'],
  needs,
  command: () => run('true'),
})

// a slot that the step does not have
// error: Property 'bam' does not exist on type
step({ name: 'scope', image: 'x', inputs: { reads: anyBam }, outputs: { out: bed }, needs, command: ({ bam }) => run('cat', bam) })

// a set of files used as one word
// error: is not assignable to parameter of type 'Words'
step({ name: 'parts', image: 'x', inputs: { reads: fastqPair }, outputs: { out: bed }, needs, command: ({ reads }) => run('cat', reads) })

// what is left out in a run is no input of a step
// error: is not assignable to type
step({ name: 'maybe', image: 'x', inputs: { targets: optional(bed) }, outputs: { out: bed }, needs, command: () => run('true') })

const outer = pipeline({
  name: 'outer',
  inputs: { bams: many(bam({ reference: sameAs('genome') })), genome: fasta, targets: optional(bed) },
  params: { ploidy: z.literal([1, 2]) },
  build: ({ bams }) => ({ sorted: bams.map(unsorted => sort({ unsorted }).sorted) }),
})

// a pipeline's input that may be left out, used as if it were there
// error: Type 'undefined' is not assignable to type
pipeline({ name: 'takes', inputs: { calls: optional(anyBam) }, build: ({ calls }) => ({ ...sort({ unsorted: calls }) }) })

// a pipeline is called like a step: a misspelt parameter
// error: Did you mean to write 'ploidy'?
outer({ bams: [indexed], genome: human, ploidi: 1 })

// a pipeline is called like a step: another reference
// error: Type '"human"' is not assignable to type '"mouse"'
outer({ bams: [aligned], genome: mouse, ploidy: 1 })

// a pipeline is called like a step: another kind
// error: Type '"fastq-pair"' is not assignable to type '"bam"'
outer({ bams: [reads], genome: human, ploidy: 1 })

// a result that is no file
// error: is not assignable to type
pipeline({ name: 'value', inputs: {}, build: () => ({ answer: 42 }) })

// a layout for a result that there is not
// error: does not exist in type
pipeline({ name: 'laid', inputs: { calls: vcf({}) }, layout: { cals: 'variants/all' }, build: ({ calls }) => ({ calls }) })

// a highlight of a result that there is not
// error: does not exist in type
pipeline({ name: 'told', inputs: { calls: vcf({}) }, highlights: { cals: 'Variants' }, build: ({ calls }) => ({ calls }) })

// a highlight of a file that a group has not
// error: does not exist in type
pipeline({
  name: 'told',
  inputs: { calls: vcf({}) },
  highlights: { all: { secnd: 'x' } },
  build: ({ calls }) => ({ all: { second: calls } }),
})
