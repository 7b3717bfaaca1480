import { readFileSync } from 'node:fs'
import { type ImageRow, parseTable } from '../../steps/image-table.ts'
import { readNpyHeader } from '../../steps/npy.ts'

// A negative control: what can be told from the mean red, green and blue of an image alone. On the twin it must stay low, or a network could pass
// by the stain's colour, which is a nuisance there.

/** An image as three numbers. */
export interface Coloured {
  readonly row: ImageRow
  readonly colour: readonly number[]
}
export function meanColours(pixels: string, table: string): readonly Coloured[] {
  const content = readFileSync(pixels)
  const head = readNpyHeader(content.subarray(0, 4096))
  const rows = parseTable(readFileSync(table, 'utf8'))
  if (typeof head === 'string' || typeof rows === 'string') throw new Error(`${pixels} and ${table} are no packed images and their table`)
  const bytes = head.shape.slice(1).reduce((product, n) => product * n, 1)
  return rows.map((row, n) => ({ row, colour: meanColour(content.subarray(head.offset + n * bytes, head.offset + (n + 1) * bytes)) }))
}
export function meanColour(image: Uint8Array): readonly number[] {
  const sums = [0, 0, 0]
  for (let at = 0; at < image.length; at++) sums[at % 3]! += image[at]!
  return sums.map(sum => (sum * 3) / image.length)
}

/** Logistic regression on standardised colours, fitted to the training images; AUC over the scored test patients, by their images' mean. */
export function patientAuc(images: readonly Coloured[]): number {
  const training = images.filter(({ row }) => row.split === 'train' && row.scored)
  const { mean, deviation } = spread(training.map(({ colour }) => colour))
  const standard = ({ colour }: Coloured) => [1, ...colour.map((value, c) => (value - mean[c]!) / deviation[c]!)]
  const weights = logistic(
    training.map(standard),
    training.map(({ row }) => row.label),
  )
  const patients = new Map<string, { readonly label: number; readonly scores: number[] }>()
  for (const image of images.filter(({ row }) => row.split === 'test' && row.scored)) {
    const patient = patients.get(image.row.group) ?? { label: image.row.label, scores: [] }
    patient.scores.push(probability(weights, standard(image)))
    patients.set(image.row.group, patient)
  }
  return auc(
    [...patients.values()].map(({ label, scores }) => ({ label, score: scores.reduce((sum, each) => sum + each, 0) / scores.length })),
  )
}
function spread(rows: readonly (readonly number[])[]) {
  const columns = rows[0]!.map((_, c) => rows.map(row => row[c]!))
  const mean = columns.map(column => column.reduce((sum, value) => sum + value, 0) / column.length)
  const deviation = columns.map(
    (column, c) => Math.sqrt(column.reduce((sum, value) => sum + (value - mean[c]!) ** 2, 0) / column.length) || 1,
  )
  return { mean, deviation }
}
const probability = (weights: readonly number[], row: readonly number[]) =>
  1 / (1 + Math.exp(-row.reduce((sum, value, n) => sum + value * weights[n]!, 0)))
/** By gradient descent with a little ridge; three standardised features need no more. */
function logistic(rows: readonly (readonly number[])[], labels: readonly number[]): readonly number[] {
  const ridge = 1 / rows.length
  let weights: readonly number[] = rows[0]!.map(() => 0)
  for (let round = 0; round < 2000; round++) {
    const errors = rows.map((row, n) => probability(weights, row) - labels[n]!)
    weights = weights.map((weight, c) => {
      const slope = errors.reduce((sum, error, n) => sum + error * rows[n]![c]!, 0) / rows.length
      return weight - 0.5 * (slope + (c === 0 ? 0 : ridge * weight))
    })
  }
  return weights
}
/** Share of pairs, one of each class, whose positive scores higher; a tie is half. */
export function auc(items: readonly { readonly label: number; readonly score: number }[]): number {
  const [positives, negatives] = [items.filter(({ label }) => label === 1), items.filter(({ label }) => label === 0)]
  const won = positives.flatMap(({ score }) => negatives.map(other => (score > other.score ? 1 : score === other.score ? 0.5 : 0)))
  return won.reduce<number>((sum, each) => sum + each, 0) / won.length
}
