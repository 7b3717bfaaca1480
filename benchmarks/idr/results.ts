import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { ArmFolders } from 'trireme-bio/benchmarks'
import { historyOf } from '../../steps/leaderboard.ts'
import type { Report } from '../../steps/metrics/classifier.script.ts'

// What idr-classification and idr-sweep leave in the folder of their results.

/** Folders of the configurations: one of idr-classification, several of a sweep. */
function configurations({ folder }: ArmFolders): readonly string[] {
  const all = path.join(folder, 'configurations')
  return readdirSync(all).map(name => path.join(all, name))
}
const metrics = (folder: string): Report => JSON.parse(readFileSync(path.join(folder, 'metrics.json'), 'utf8')) // written by metrics/classifier
const history = (folder: string) => historyOf(readFileSync(path.join(folder, 'history.jsonl'), 'utf8'))
const worst = (values: readonly number[]) => Math.min(...values)
const word = { group: 'patient', image: 'image' } as const

/** AUC of the test, of the worst configuration where there are several. */
export const auc = (of: 'group' | 'image') => ({
  about: `AUC of the test, by ${word[of]}`,
  read: (at: ArmFolders) => worst(configurations(at).map(each => metrics(each).test[of]?.auc.value ?? 0)),
})
/** How many patients, or images, the test has; 0 where configurations differ in it. */
export const scored = (of: 'group' | 'image') => ({
  about: `${of === 'group' ? 'Patients' : 'Images'} scored`,
  read: (at: ArmFolders) => {
    const [first, ...others] = new Set(configurations(at).map(each => metrics(each).test[of]?.count ?? 0))
    return others.length > 0 ? 0 : (first ?? 0)
  },
})
/** First epoch, of the latest configuration, in which the patients of the validation part were told apart well; 99 where one never did. */
export const goodEpoch = (goodEnough: number) => ({
  about: `First epoch with patient AUC of ${goodEnough}, latest seed`,
  read: (at: ArmFolders) => Math.max(...configurations(at).map(each => goodAt(each, goodEnough) + 1 || 99)),
})
const goodAt = (folder: string, goodEnough: number) => history(folder).findIndex(line => (line.group_auc ?? 0) >= goodEnough)
/** CPU seconds of training up to that epoch, of the slowest configuration. */
export const secondsToGood = (goodEnough: number) => ({
  about: 'CPU of training to that epoch, slowest seed',
  unit: 's',
  read: (at: ArmFolders) =>
    Math.max(
      ...configurations(at).map(each => {
        const epoch = goodAt(each, goodEnough)
        const lines = epoch < 0 ? history(each) : history(each).slice(0, epoch + 1)
        return lines.reduce((sum, line) => sum + line.cpu_seconds, 0)
      }),
    ),
})
/** Patches a second in the last epoch, of the slowest configuration. */
export const trainingRate = {
  about: 'Patches a second in training',
  unit: 'a second',
  read: (at: ArmFolders) => worst(configurations(at).map(each => history(each).at(-1)!.images_per_s)),
}
const summary = ({ folder }: ArmFolders): { readonly weights: string; readonly validation: { readonly images_per_s: number } } =>
  JSON.parse(readFileSync(path.join(folder, 'model/summary.json'), 'utf8')) // written by torch/validate
/** Images a second in validation, of the best configuration. */
export const validationRate = {
  about: 'Images a second in validation',
  unit: 'a second',
  read: (at: ArmFolders) => summary(at).validation.images_per_s,
}
/** Digest of the weights: the same to the bit on one model of processor. */
export const weights = { read: (at: ArmFolders) => ({ weights: summary(at).weights }) }
/** CPU seconds of a step, of its slowest run, as the runner measured it. */
export const slowest = (step: string, about: string) => ({
  about,
  unit: 's',
  read: ({ folder }: ArmFolders) => {
    const [head = '', ...lines] = readFileSync(path.join(folder, 'pipeline_info/trace.tsv'), 'utf8').trimEnd().split('\n')
    const column = head.split('\t').indexOf('cpu_seconds')
    const own = lines.map(line => line.split('\t')).filter(([label = '']) => label === step || label.startsWith(`${step}:`))
    if (own.length === 0) throw new Error(`No step ${step} ran`)
    return Math.max(...own.map(cells => Number(cells[column])))
  },
})
