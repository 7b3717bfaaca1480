import { word } from 'trireme-bio'
import { mem } from 'trireme-bio/steps/bwa/mem'
import { call } from 'trireme-bio/steps/freebayes/call'
import { sort } from 'trireme-bio/steps/samtools/sort'
import { aligned, calls, chr1, humanBwa, humanIndexed, indexed, readGroup, reads } from './ground.ts'

// a misspelt parameter
// error: Did you mean to write 'minScore'?
mem({ reads, index: humanBwa, readGroup, minscore: 20 })

// a parameter of another type
// error: Type 'string' is not assignable to type 'number'
mem({ reads, index: humanBwa, readGroup, minScore: '20' })

// a value that is none of the choices
// error: Type '3' is not assignable to type '1 | 2
call({ bams: [indexed], reference: humanIndexed, region: chr1, ploidy: 3 })

// a parameter left out
// error: Property 'readGroup' is missing
mem({ reads, index: humanBwa })

// a field of a parameter left out
// error: Property 'SM' is missing
mem({ reads, index: humanBwa, readGroup: { ID: 'lane1' } })

// a misspelt input
// error: Did you mean to write 'unsorted'?
sort({ unsrted: aligned })

// a misspelt output
// error: Did you mean 'sorted'?
sort({ unsorted: aligned }).sortd

// a promise used as a value
// error: is not assignable to parameter of type 'string'
decodeURI(calls)

// a promise used as a word of a command
// error: is not assignable to parameter of type 'Word'
word`--out=${calls}`
