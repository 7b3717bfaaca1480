import { comparison } from 'trireme-bio/benchmarks'
import { idrClassification } from 'trireme-bio/pipelines/idr-classification'
import { simulateReads } from 'trireme-bio/pipelines/simulate-reads'

const reads = { name: 'own', about: 'a', pipeline: simulateReads, arms: { one: { seed: 1 }, two: { seed: 2 } } } as const
export const right = comparison(reads)

// a step that the pipeline does not name
// error: Did you mean '"torch-train"'?
comparison({ ...reads, measures: { training: ['torch-train'] }, pipeline: idrClassification, arms: { one: {} }, given: ['torch-trian'] })

// a step of another pipeline
// error: Type '"torch-train"' is not assignable to type '"dwgsim-simulate"
comparison({ ...reads, measures: { training: ['torch-train'] } })

// an arm with an argument that the pipeline does not take
// error: 'sed' does not exist in type
comparison({ ...reads, arms: { one: { sed: 1 } } })

// an argument of another type
// error: Type 'string' is not assignable to type
comparison({ ...reads, arms: { one: { seed: '1' } } })

// a baseline that is no arm
// error: Type '"three"' is not assignable to type
comparison({ ...reads, baseline: 'three' })

// a claim about an arm that is none
// error: Type '"three"' is not assignable to type '"one" | "two"'
comparison({ ...reads, claims: [{ ratio: ['one', 'three'], of: 'wall', most: 2 }] })

// a claim about a measure that is none
// error: Type '"drawing"' is not assignable to type '"whole"'
comparison({ ...reads, claims: [{ of: 'wall', arm: 'one', measure: 'drawing', most: 2 }] })

// a claim about a quality that is none
// error: Type 'string' is not assignable to type 'never'
comparison({ ...reads, claims: [{ quality: 'auc', arm: 'one', take: 'median', least: 0.5 }] })

// a misspelt field
// error: 'measure' does not exist in type
comparison({ ...reads, measure: {} })
