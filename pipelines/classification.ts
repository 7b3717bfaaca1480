import { PlanError, type Ref } from 'trireme-bio'
import type { imagePairs, imageTable, packedImages, pythonSource, weightsFile } from 'trireme-bio/kinds'
import { split } from '../steps/image/split.ts'
import { classifier } from '../steps/metrics/classifier.ts'
import { gallery } from '../steps/metrics/gallery.ts'
import { best } from '../steps/sweep/best.ts'
import { collect } from '../steps/sweep/collect.ts'
import { train } from '../steps/torch/train.ts'
import { validate } from '../steps/torch/validate.ts'
import type { Configuration } from './configurations.ts'

/** From a table of images and their pixels to results, for any number of configurations: what every pipeline of images ends with. */
export function classify(at: {
  readonly table: Ref<typeof imageTable>
  readonly packed: Ref<typeof packedImages>
  /** Pairs of images that show the same; none where they were not compared. */
  readonly pairs: readonly Ref<typeof imagePairs>[]
  /** How images are divided where the table does not say it. */
  readonly parts: Omit<Parameters<typeof split>[0], 'table' | 'pairs'>
  readonly own: readonly Ref<typeof pythonSource>[]
  /** Weights to begin with; none for random ones. */
  readonly weights: readonly Ref<typeof weightsFile>[]
  readonly configurations: Readonly<Record<string, Configuration>>
  readonly threshold: Parameters<typeof classifier>[0]['threshold']
  /** What the card says of the data, in the words of who knows. */
  readonly card: Pick<Parameters<typeof best>[0], 'about' | 'limits' | 'licence'>
  /** What a group is, such as "patient". */
  readonly groups: string
  readonly note: string
  readonly title: string
}) {
  const { packed: images, own, weights, threshold, groups, note } = at
  const divided = split({ table: at.table, pairs: at.pairs, ...at.parts })
  const table = divided.divided
  const each = <T>(of: (configuration: Configuration, name: string) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(at.configurations).map(([name, configuration]) => [name, of(configuration, name)]))
  const ownOf = ({ model }: Configuration) => {
    if (!model.startsWith('own:')) return []
    if (own.length > 0) return own
    throw new PlanError(
      'PARAMETER',
      `The model "${model}" is a function of your own, but no file was given. Give it with --own file.py, or take a model of ours.`,
    )
  }
  const trained = each((configuration, name) => train({ images, table, own: ownOf(configuration), weights, ...configuration, name }))
  const judged = each((configuration, name) => {
    const { model, grid, device, threads, layout, amp, compile } = configuration
    return validate({
      ...{ images, table, checkpoint: trained[name]!.checkpoint, own: ownOf(configuration) },
      ...{ model, grid, device, threads, layout, amp, compile, name },
    })
  })
  const measured = each((_, name) => classifier({ predictions: judged[name]!.predictions, threshold, groups, name }))
  const metrics = each((_, name) => measured[name]!.metrics)
  const summaries = each((_, name) => judged[name]!.summary)
  const histories = each((_, name) => trained[name]!.history)
  const { table: ranking, page, curves, rocs } = collect({ metrics, summaries, histories, title: at.title, groups, note })
  const first = best({
    ...{ checkpoints: each((_, name) => trained[name]!.checkpoint), metrics, summaries, histories, split: divided.report },
    ...{ ...at.card, groups, note },
  })
  return {
    leaderboard: { leaderboard: ranking, report: page, learning_curves: curves, roc: rocs },
    model: { model: first.model, card: first.card, metrics: first.judged, summary: first.summary, headline: first.headline },
    gallery: gallery({ metrics: first.judged, images, groups, note }).page,
    split: { images: table, split: divided.report, notice: divided.told },
    predictions: each((_, name) => judged[name]!.predictions),
    metrics,
    curves: each((_, name) => measured[name]!.curves),
    histories,
    tensorboard: each((_, name) => trained[name]!.events),
  }
}
/** What a comparison may measure apart. */
export const steps = [split, train, validate, classifier, gallery, collect, best] as const
/** Where results lie below --out. */
export const layout = {
  leaderboard: (name: string) => name,
  model: (name: string) => `model/${name}`,
  gallery: 'most_confidently_wrong',
  split: (name: string) => (name === 'notice' ? 'split' : name),
  predictions: (name: string) => `configurations/${name}/predictions`,
  metrics: (name: string) => `configurations/${name}/metrics`,
  curves: (name: string) => `configurations/${name}/roc_calibration`,
  histories: (name: string) => `configurations/${name}/history`,
  tensorboard: (name: string) => `configurations/${name}/events`,
}
export const highlights = {
  leaderboard: { report: 'Report', leaderboard: 'Leaderboard' },
  model: { card: 'Model card', model: 'Model' },
  gallery: 'Most confidently wrong',
}
