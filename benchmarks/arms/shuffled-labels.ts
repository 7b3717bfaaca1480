// Trains on the SYNTHETIC twin with labels shuffled over patients: node shuffled-labels.js SEEDS [small]; patient AUCs go to figures.json
import { readFileSync, writeFileSync } from 'node:fs'
import { relabel } from '../../steps/image/relabel.ts'
import type { Report } from '../../steps/metrics/classifier.script.ts'
import { classifier } from '../../steps/metrics/classifier.ts'
import { train } from '../../steps/torch/train.ts'
import { validate } from '../../steps/torch/validate.ts'
import { divided, images, small } from '../idr/prepared.ts'
import { runPlan } from './run-plan.ts'

const [, , count = '5', size] = process.argv
const selection = size === undefined ? {} : small
const [packed, table] = [images(selection), divided(selection)]
const seeds = Array.from({ length: Number(count) }, (_, seed) => seed)
const trials = seeds.map(seed => {
  const { relabelled } = relabel({ table, seed })
  const name = `shuffled.${seed}`
  const { checkpoint } = train({ images: packed, table: relabelled, own: [], weights: [], seed, name })
  return classifier({ predictions: validate({ images: packed, table: relabelled, checkpoint, own: [], name }).predictions, name }).metrics
})
const { trials: made } = await runPlan('store', { trials }, { cpu: 1 })
const aucs = made.map((placed): number => {
  const report: Report = JSON.parse(readFileSync(placed!.path, 'utf8')) // there, since no step failed; written by metrics/classifier
  return report.test.group?.auc.value ?? 0
})
const mean = aucs.reduce((sum, each) => sum + each, 0) / aucs.length
writeFileSync('figures.json', JSON.stringify({ mean, ...Object.fromEntries(aucs.map((auc, seed) => [`seed ${seed}`, auc])) }))
