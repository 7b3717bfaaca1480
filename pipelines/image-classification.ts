import { optional, PlanError, pipeline } from 'trireme-bio'
import { imageArchive, imageSheet, pythonSource, weightsFile } from 'trireme-bio/kinds'
import { training } from 'trireme-bio/values'
import { z } from 'zod'
import { duplicates as compare } from '../steps/image/duplicates.ts'
import { pack } from '../steps/image/pack.ts'
import { sheet as read } from '../steps/image/sheet.ts'
import { split } from '../steps/image/split.ts'
import { classifier } from '../steps/metrics/classifier.ts'
import { best } from '../steps/sweep/best.ts'
import { classify, highlights, layout, steps } from './classification.ts'
import { configurationOf, configurations, nameOf, sweep } from './configurations.ts'

/** What a parameter is, where only its default is another here. */
const about = (schema: z.ZodType) => schema.description ?? ''

/** Trains and judges one network on images of one's own. */
export const imageClassification = pipeline({
  name: 'image-classification',
  about: 'Train and validate an image classifier on images of your own, divided by patient, slide or plate',
  inputs: {
    /** One row an image: `image,label[,group][,split]`. Without it the folders of the images are their labels. */
    sheet: optional(imageSheet),
    /** The images: a folder, a tar, a zip, or a list of addresses. */
    images: imageArchive,
    /** Python file of a network of your own, for `model: 'own:FUNCTION'`. */
    own: optional(pythonSource),
    /** Weights of your own to begin with. */
    weights: optional(weightsFile),
  },
  params: {
    ...read.spec.params,
    size: pack.spec.params.size.unwrap().default(128).describe('Pixels a side that images are brought to'),
    fit: pack.spec.params.fit.unwrap().default('resize').describe(about(pack.spec.params.fit)),
    plane: pack.spec.params.plane,
    channels: pack.spec.params.channels,
    range: pack.spec.params.range,
    test: split.spec.params.test,
    validation: split.spec.params.validation.unwrap().default(0.15).describe(about(split.spec.params.validation)),
    splitSeed: split.spec.params.seed,
    duplicates: split.spec.params.duplicates,
    threshold: classifier.spec.params.threshold,
    groups: z.string().optional().describe('What a group is, for pages and card, such as patient; by default as its column is called'),
    ...training,
    augment: training.augment.unwrap().default('d4').describe(about(training.augment)),
    patch: training.patch
      .unwrap()
      .optional()
      .describe(`${about(training.patch)}; by default seven eighths of the size`),
    sweep: sweep.optional().describe('Many configurations instead of one, as JSON or the name of a YAML or JSON file: base, grid, random'),
    dataAbout: best.spec.params.about,
    licence: best.spec.params.licence,
    limits: best.spec.params.limits,
  },
  layout: { ...layout, notices: (name: string) => `notices/${name}` },
  highlights,
  steps: [read, pack, compare, ...steps],
  build: ({ sheet, images: archive, own, weights, sweep, ...at }) => {
    const { imageColumn, labelColumn, groupColumn, splitColumn, positive, size, fit, plane, channels, range } = at
    const { validation, test, splitSeed: seed, duplicates, threshold, dataAbout: about, licence, limits } = at
    const patch = at.patch ?? Math.max(8, Math.round((size * 7) / 8))
    if (patch > size)
      throw new PlanError(
        'PARAMETER',
        `Patches of ${patch} pixels a side are larger than the images of ${size}. Give --patch ${size} or less, or a larger --size.`,
      )
    const configuration = configurationOf({ ...at, patch })
    const groups = at.groups ?? groupColumn ?? 'group'
    const named = { imageColumn, labelColumn, groupColumn, splitColumn, positive, absent: at.absent, classes: at.classes }
    const { table, told } = read({ sheet: sheet ? [sheet] : [], archive, ...named })
    const { packed, told: decoded } = pack({ table, archive, size, fit, plane, channels, range })
    const { pairs } = compare({ packed })
    const results = classify({
      ...{ table, packed, pairs: [pairs], parts: { validation, test, seed, duplicates } },
      ...{ own: own ? [own] : [], weights: weights ? [weights] : [], threshold, groups, card: { about, licence, limits } },
      configurations: sweep
        ? configurations({ ...sweep, base: { ...configuration, ...sweep.base } })
        : { [nameOf(configuration.model)]: configuration },
      ...{ note: '', title: `Image classification: ${configuration.model}, ${configuration.augment}` },
    })
    return { ...results, duplicates: pairs, notices: { sheet: told, images: decoded } }
  },
})
