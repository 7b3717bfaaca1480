import { type FileKind, optional, PlanError, pipeline, type Ref } from 'trireme-bio'
import { imageArchive, pythonSource, studyAnnotation, studyPaths } from 'trireme-bio/kinds'
import { training } from 'trireme-bio/values'
import { z } from 'zod'
import { table } from '../steps/idr/table.ts'
import { twin as draw } from '../steps/idr/twin.ts'
import { pack } from '../steps/image/pack.ts'
import { gallery } from '../steps/metrics/gallery.ts'
import { patients } from '../steps/metrics/patients.ts'
import { best } from '../steps/sweep/best.ts'
import { collect } from '../steps/sweep/collect.ts'
import { train } from '../steps/torch/train.ts'
import { validate } from '../steps/torch/validate.ts'

/** What the study is given by, for one configuration and for a sweep alike. */
export const study = {
  inputs: {
    annotation: studyAnnotation,
    paths: studyPaths,
    /** The study's PNGs in one tar; or `twin: true`. */
    archive: optional(imageArchive),
    /** Python file of a model of your own, for `model: 'own:FUNCTION'`. */
    own: optional(pythonSource),
  },
  params: {
    ...table.spec.params,
    twin: z.boolean().default(false).describe('Draw SYNTHETIC stand-ins for the images; says nothing about real tissue'),
    size: pack.spec.params.size,
    data: best.spec.params.data,
    threshold: patients.spec.params.threshold,
  },
}
type Study = Parameters<typeof classify>[0]
type Images = ReturnType<typeof draw>['packed']
const options = z.object(training)
/** Everything that tells one training from another. */
export type Configuration = z.output<typeof options>

export const synthetic = 'SYNTHETIC images, drawn by a program: figures say how the pipeline works, and nothing about real tissue.'
const drawn = `${synthetic} Patients, labels and split are those of study idr0042 (doi:10.17867/10000113), the images a stand-in.`

/** From the study's tables and images to results, for any number of configurations; tables and pixels are made once. */
export function classify(at: {
  readonly annotation: Ref<typeof studyAnnotation>
  readonly paths: Ref<typeof studyPaths>
  readonly archive: Ref<typeof imageArchive> | undefined
  readonly own: Ref<FileKind<'python', {}>> | undefined
  readonly twin: boolean
  /** Pixels a side of the images in the archive. */
  readonly size: number
  /** What the images are, in the words of who knows: for the card. */
  readonly data: string
  readonly threshold: number | 'holdout'
  readonly selection: Omit<Parameters<typeof table>[0], 'annotation' | 'paths'>
  readonly title: string
  readonly configurations: Readonly<Record<string, Configuration>>
}) {
  const { annotation, paths, own, threshold } = at
  const images = imagesOf(at, table({ annotation, paths, ...at.selection }).images)
  const note = at.twin ? synthetic : ''
  const each = <T>(of: (configuration: Configuration, name: string) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(at.configurations).map(([name, configuration]) => [name, of(configuration, name)]))

  const trained = each((configuration, name) => {
    if (configuration.model.startsWith('own:') && !own)
      throw new PlanError(
        'PARAMETER',
        `The model "${configuration.model}" is a function of your own, but no file was given. Give it with --own file.py, or take a model of ours.`,
      )
    return train({ images, own: own && configuration.model.startsWith('own:') ? [own] : [], ...configuration, name })
  })
  const judged = each(({ model, grid, device, threads, layout, amp, compile }, name) =>
    validate({
      ...{ images, checkpoint: trained[name]!.checkpoint, own: own && model.startsWith('own:') ? [own] : [] },
      ...{ model, grid, device, threads, layout, amp, compile, name },
    }),
  )
  const measured = each((_, name) => patients({ predictions: judged[name]!.predictions, threshold, name }))
  const metrics = each((_, name) => measured[name]!.metrics)
  const summaries = each((_, name) => judged[name]!.summary)
  const histories = each((_, name) => trained[name]!.history)
  const { table: ranking, page, curves, rocs } = collect({ metrics, summaries, histories, title: at.title, note })
  const first = best({
    ...{ checkpoints: each((_, name) => trained[name]!.checkpoint), metrics, summaries, histories },
    ...{ data: at.twin ? drawn : at.data, positive: 'chronic heart failure', note },
  })
  return {
    leaderboard: { leaderboard: ranking, report: page, learning_curves: curves, roc: rocs },
    model: { model: first.model, card: first.card, metrics: first.judged, summary: first.summary },
    gallery: gallery({ metrics: first.judged, images, note }).page,
    predictions: each((_, name) => judged[name]!.predictions),
    metrics,
    curves: each((_, name) => measured[name]!.curves),
    histories,
    tensorboard: each((_, name) => trained[name]!.events),
  }
}
function imagesOf(
  { archive, twin, size, data }: Pick<Study, 'archive' | 'twin' | 'size' | 'data'>,
  selected: ReturnType<typeof table>['images'],
): Images {
  if (archive && twin)
    throw new PlanError('PARAMETER', 'Both an archive of images and twin are given. Give one: real images, or synthetic ones.')
  if (!archive && !twin)
    throw new PlanError(
      'PARAMETER',
      "No images are given. Give the study's PNGs in a tar with --archive, or --twin for synthetic stand-ins that say nothing about real tissue.",
    )
  if (twin && data !== '') throw new PlanError('PARAMETER', 'The images are synthetic (--twin), and the card says so. Leave --data out.')
  if (twin && size !== drawnSize)
    throw new PlanError('PARAMETER', `Synthetic images are ${drawnSize} × ${drawnSize} pixels. Leave --size out with --twin; got ${size}.`)
  return archive ? pack({ table: selected, archive, size }).packed : draw({ table: selected }).packed
}
const drawnSize = 250
/** What a comparison may measure apart. */
export const steps = [table, draw, pack, train, validate, patients, gallery, collect, best] as const
/** Where results lie below --out. */
export const layout = {
  leaderboard: (name: string) => name,
  model: (name: string) => `model/${name}`,
  gallery: 'most_confidently_wrong',
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

/** Trains and judges one network on the images of a study. */
export const idrClassification = pipeline({
  name: 'idr-classification',
  about: 'Train and validate one image classifier on a study of the Image Data Resource, by patient',
  inputs: study.inputs,
  params: {
    ...study.params,
    ...training,
    monitor: training.monitor
      .unwrap()
      .optional()
      .describe(`${training.monitor.description}; by default holdout where patients are held out, else none`),
  },
  layout,
  highlights,
  steps,
  build: ({ annotation, paths, archive, own, twin, size, data, threshold, train, test, rois, sets, pathology, monitor, ...given }) => {
    const configuration = { ...given, monitor: monitor ?? (given.holdout > 0 ? ('holdout' as const) : ('none' as const)) }
    return classify({
      ...{ annotation, paths, archive, own, twin, size, data, threshold, selection: { train, test, rois, sets, pathology } },
      title: `Image classification: ${configuration.model}, ${configuration.augment}`,
      configurations: { [configuration.model.replace(':', '.')]: configuration },
    })
  },
})
