import { foremost, intervalText, shareText, type Trial, unitWord } from './leaderboard.ts'
import type { Estimate } from './statistics.ts'
import { plural, several } from './words.ts'

const estimate = ({ value, interval }: Estimate) => `${shareText(value)}${interval ? ` (${intervalText(interval)})` : ''}`

/** What a model is worth, in a line for the end of a run, and what its owner should know of it: lines that begin with "Warning: ". */
export function headlineOf({ name, metrics }: Trial, groups: string): string {
  const { test, classes } = metrics
  const [word, quality] = [unitWord(metrics, groups), foremost(test)]
  const byImage = test.group ? `, ${estimate(test.image.auc)} by image (${several(test.image.count, 'image')})` : ''
  const judged = new Set(metrics.groups.map(each => each.judged))
  const [only] = judged
  const chance = quality.auc.interval !== null && quality.auc.interval[0] <= 0.5
  return [
    `${name} on the test: AUC ${estimate(quality.auc)} by ${word} (${several(quality.count, word)})${byImage}; balanced accuracy ${estimate(quality.balancedAccuracy)} by ${word}.`,
    ...(chance ? ['Warning: the interval of the AUC holds 0.5: this test does not show the model to be better than chance.'] : []),
    ...(judged.size === 1 && metrics.groups.length > 1
      ? [
          `Warning: all ${plural(word)} of the test are judged "${classes[only!]}". Where one class is much larger, try --sampling balanced or --class-weights balanced; of two classes, --threshold validation.`,
        ]
      : []),
    '',
  ].join('\n')
}
