import { asset, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { imageTable, studyAnnotation, studyPaths } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

const patients = z.int().min(2).max(10_000).optional()

export const table = step({
  name: 'idr-table',
  about: "Check a study's annotation against its list of files, split by patient, and select images",
  edam: ['operation_3695'],
  tools: [node],
  image: images.imaging,
  inputs: { annotation: studyAnnotation, paths: studyPaths },
  params: {
    train: patients.describe('Patients to train with, half of each class, the first ones of the study; all by default'),
    test: patients.describe('Patients to test with, likewise'),
    rois: z.int().min(1).optional().describe('Images of each patient, the first ones of the study; all by default'),
    sets: z
      .array(z.enum(['fold_1', 'test_fold_1', 'held-out_validation']))
      .readonly()
      .default([])
      .describe("The study's folders to take; none for all"),
    pathology: z
      .enum(['unscored', 'positive'])
      .default('unscored')
      .describe(
        'The two donors without heart failure whose tissue was not sound: classified but left out of scores, or counted as positive',
      ),
  },
  assets: { script: asset(import.meta.url, './table.script.mjs') },
  outputs: { images: imageTable },
  needs: { cpu: 1, memory: mib(512) },
  command: ({ script, annotation, paths, images, train, test, rois, sets, pathology }) =>
    run(
      'node',
      script,
      ...['--annotation', annotation, '--paths', paths, '--images', images, '--pathology', pathology],
      ...(train === undefined ? [] : ['--train', train]),
      ...(test === undefined ? [] : ['--test', test]),
      ...(rois === undefined ? [] : ['--rois', rois]),
      ...sets.flatMap(set => ['--set', set]),
    ),
})
