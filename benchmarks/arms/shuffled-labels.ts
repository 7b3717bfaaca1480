// Trains on the SYNTHETIC twin with labels shuffled over patients: node shuffled-labels.js SEEDS [small]; patient AUCs go to figures.json
import { readFileSync, writeFileSync } from 'node:fs'
import { relabel } from '../../steps/image/relabel.ts'
import type { Report } from '../../steps/metrics/patients.script.ts'
import { patients } from '../../steps/metrics/patients.ts'
import { train } from '../../steps/torch/train.ts'
import { validate } from '../../steps/torch/validate.ts'
import { images, small } from '../idr/prepared.ts'
import { runPlan } from './run-plan.ts'

const [, , count = '5', size] = process.argv
const packed = images(size === undefined ? {} : small)
const seeds = Array.from({ length: Number(count) }, (_, seed) => seed)
const trials = seeds.map(seed => {
  const { relabelled } = relabel({ packed, seed })
  const name = `shuffled.${seed}`
  const { checkpoint } = train({ images: relabelled, own: [], seed, name })
  return patients({ predictions: validate({ images: relabelled, checkpoint, own: [], name }).predictions, name }).metrics
})
const { trials: made } = await runPlan('store', { trials }, { cpu: 1 })
const aucs = made.map((placed): number => {
  const report: Report = JSON.parse(readFileSync(placed!.path, 'utf8')) // there, since no step failed; written by metrics/patients
  return report.test.patient.auc.value ?? 0
})
const mean = aucs.reduce((sum, each) => sum + each, 0) / aucs.length
writeFileSync('figures.json', JSON.stringify({ mean, ...Object.fromEntries(aucs.map((auc, seed) => [`seed ${seed}`, auc])) }))
