import { asset, gib, many, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { checkpoint, modelSummary, packedImages, predictions, pythonSource, splitTable } from 'trireme-bio/kinds'
import { timm, torch, torchvision } from 'trireme-bio/tools'
import { validation } from 'trireme-bio/values'
import { z } from 'zod'

/** Judges the images of the parts validation and test by a trained network. */
export const validate = step({
  name: 'torch-validate',
  about: 'Probabilities of a trained image classifier for the images of validation and test',
  edam: ['operation_2428'],
  tools: [torch],
  mayNeed: { tools: [torchvision, timm], when: ({ name }, { model }) => model.startsWith(`${name}:`) },
  image: images.training,
  inputs: {
    images: packedImages,
    table: splitTable,
    checkpoint,
    /** Python files of a model of your own, for `model: 'own:FUNCTION'`; else []. */
    own: many(pythonSource),
  },
  params: { ...validation, name: z.string().optional().describe('Name of the configuration, for people') },
  assets: {
    script: asset(import.meta.url, './validate.py'),
    words: asset(import.meta.url, './words.py'),
    packed: asset(import.meta.url, './packed.py'),
    networks: asset(import.meta.url, './networks.py'),
    models: asset(import.meta.url, './models.py'),
    owned: asset(import.meta.url, './owned.py'),
    machine: asset(import.meta.url, './machine.py'),
    judging: asset(import.meta.url, './judging.py'),
    checkpoints: asset(import.meta.url, './checkpoints.py'),
  },
  outputs: { predictions, summary: modelSummary },
  needs: ({ device, threads }) => ({
    cpu: threads,
    memory: [gib(2), gib(8), gib(32)],
    ...(device !== 'cpu' && { gpu: { count: 1 } }),
  }),
  tag: ({ name, model }) => name ?? model,
  command: ({ script, images, table, checkpoint, own, predictions, summary, ...at }) =>
    run(
      ...(['python3', '-B', script] as const),
      ['--pixels', images.pixels, '--index', images.index, '--table', table, '--checkpoint', checkpoint],
      ['--predictions', predictions, '--summary', summary, '--model', at.model, '--own', own],
      ['--grid', at.grid, '--device', at.device, '--threads', at.threads, '--layout', at.layout, '--amp', at.amp],
      at.compile ? ['--compile'] : [],
    ),
})
