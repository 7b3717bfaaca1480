import { asset, gib, many, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { checkpoint, modelSummary, packedImages, predictions, pythonSource } from 'trireme-bio/kinds'
import { torch } from 'trireme-bio/tools'
import { validation } from 'trireme-bio/values'
import { z } from 'zod'

/** Judges the test images, and the training patients that were held out, by a trained network. */
export const validate = step({
  name: 'torch-validate',
  about: 'Probabilities of a trained image classifier for test and held-out images',
  edam: ['operation_2428'],
  tools: [torch],
  image: images.training,
  inputs: {
    images: packedImages,
    checkpoint,
    /** Python file of a model of your own, for `model: 'own:FUNCTION'`; else []. */
    own: many(pythonSource),
  },
  params: { ...validation, name: z.string().optional().describe('Name of the configuration, for people') },
  assets: { script: asset(import.meta.url, './classify.py') },
  outputs: { predictions, summary: modelSummary },
  needs: ({ device, threads }) => ({
    cpu: threads,
    memory: [gib(2), gib(8), gib(32)],
    ...(device !== 'cpu' && { gpu: { count: 1 } }),
  }),
  tag: ({ name, model }) => name ?? model,
  command: ({ script, images, checkpoint, own, predictions, summary, ...at }) =>
    run(
      'python3',
      script,
      'validate',
      ['--pixels', images.pixels, '--index', images.index, '--checkpoint', checkpoint, '--predictions', predictions, '--summary', summary],
      at.model.startsWith('own:') ? ['--model', at.model.slice(4), '--source', own] : ['--model', at.model],
      ['--grid', at.grid, '--device', at.device, '--threads', at.threads, '--layout', at.layout, '--amp', at.amp],
      at.compile ? ['--compile'] : [],
    ),
})
