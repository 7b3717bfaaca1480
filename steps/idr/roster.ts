import { asset, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { csv, studyAnnotation, studyPaths } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'

export const roster = step({
  name: 'idr-roster',
  about: "Write the annotation and the list of files of synthetic images in a study's layout, from a list of patients",
  edam: ['operation_0335'],
  tools: [node],
  image: images.imaging,
  /** Columns: patient, set, diagnosis, rois (numbers with spaces between). */
  inputs: { patients: csv },
  assets: { script: asset(import.meta.url, './roster.script.mjs') },
  outputs: { annotation: studyAnnotation, paths: studyPaths },
  needs: { cpu: 1, memory: mib(256) },
  command: ({ script, patients, annotation, paths }) => run('node', script, patients, annotation, paths),
})
