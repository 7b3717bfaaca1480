import { optional, PlanError, pipeline, type Ref } from 'trireme-bio'
import { imageArchive, pythonSource, studyAnnotation, studyPaths } from 'trireme-bio/kinds'
import { training } from 'trireme-bio/values'
import { z } from 'zod'
import { table as select } from '../steps/idr/table.ts'
import { twin as draw } from '../steps/idr/twin.ts'
import { duplicates } from '../steps/image/duplicates.ts'
import { pack } from '../steps/image/pack.ts'
import { classifier } from '../steps/metrics/classifier.ts'
import { best } from '../steps/sweep/best.ts'
import { classify, steps as common, highlights, layout } from './classification.ts'
import { type Configuration, configurationOf, nameOf } from './configurations.ts'

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
    ...select.spec.params,
    twin: z.boolean().default(false).describe('Draw SYNTHETIC stand-ins for the images; says nothing about real tissue'),
    size: z.int().min(8).max(8192).default(250).describe('Pixels a side that every image has'),
    holdout: z
      .number()
      .min(0)
      .lt(1)
      .describe('Share of the training patients left out: the validation part, shown after each epoch, and chosen by'),
    data: best.spec.params.about,
    licence: best.spec.params.licence,
    threshold: classifier.spec.params.threshold,
  },
}
type Given = {
  readonly annotation: Ref<typeof studyAnnotation>
  readonly paths: Ref<typeof studyPaths>
  readonly archive: Ref<typeof imageArchive> | undefined
  readonly own: Ref<typeof pythonSource> | undefined
} & z.output<z.ZodObject<typeof study.params>>

const synthetic = 'SYNTHETIC images, drawn by a program: figures say how the pipeline works, and nothing about real tissue.'
const drawn = `${synthetic} Patients, labels and split are those of study idr0042 (doi:10.17867/10000113), the images a stand-in.`

/** The study, for any number of configurations: its labels and its split, patients as groups. */
export function classifyStudy(at: Given, title: string, configurations: Readonly<Record<string, Configuration>>) {
  const { annotation, paths, own, twin, train, test, rois, sets, pathology } = at
  const table = select({
    ...{ annotation, paths, sets, pathology },
    ...(train !== undefined && { train }),
    ...(test !== undefined && { test }),
    ...(rois !== undefined && { rois }),
  }).images
  const packed = imagesOf(at, table)
  return classify({
    ...{ table, packed, pairs: twin ? [] : [duplicates({ packed }).pairs], parts: { validation: at.holdout } },
    ...{ own: own ? [own] : [], weights: [], configurations, threshold: at.threshold, groups: 'patient', title },
    note: twin ? synthetic : '',
    card: { about: twin ? drawn : at.data, licence: twin ? ofTwin : at.licence, limits },
  })
}
const ofTwin = 'Apache-2.0 (images), CC BY 4.0 (list of patients, Nirschl et al.)'
/** What is true of this study, for the card. */
const limits =
  'No medical device: it must not be used to decide about anybody’s health. Nothing is known of images from other laboratories, scanners, stains or magnifications, or of other illnesses.'
function imagesOf({ archive, twin, size, data }: Given, table: ReturnType<typeof select>['images']) {
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
  return archive ? pack({ table, archive, size, fit: 'exact' }).packed : draw({ table }).packed
}
const drawnSize = 250
/** What a comparison may measure apart. */
export const steps = [select, draw, pack, duplicates, ...common] as const

/** Trains and judges one network on the images of a study. */
export const idrClassification = pipeline({
  name: 'idr-classification',
  about: 'Train and validate one image classifier on a study of the Image Data Resource, by patient',
  inputs: study.inputs,
  params: { ...study.params, holdout: study.params.holdout.default(0), ...training },
  layout,
  highlights,
  steps,
  build: at => {
    const configuration = configurationOf(at)
    const title = `Image classification: ${configuration.model}, ${configuration.augment}`
    return classifyStudy(at, title, { [nameOf(configuration.model)]: configuration })
  },
})
