import { asset, gib, many, optional, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { checkpoint, history, packedImages, pythonSource, tensorboardEvents } from 'trireme-bio/kinds'
import { torch } from 'trireme-bio/tools'
import { training } from 'trireme-bio/values'
import { z } from 'zod'

/**
 * Trains a network on patches of the training images. The script is the same one everywhere, and also validates: a change in it trains
 * anew. Killed, it goes on from its last checkpoint, to the same weights (on a CPU). Progress is told epoch by epoch.
 */
export const train = step({
  name: 'torch-train',
  about: 'Train an image classifier on packed images',
  edam: ['operation_3443'],
  tools: [torch],
  image: images.training,
  inputs: {
    images: packedImages,
    /** Python file of a model of your own, for `model: 'own:FUNCTION'`; else []. */
    own: many(pythonSource),
  },
  params: { ...training, name: z.string().optional().describe('Name of the configuration, for people') },
  assets: { script: asset(import.meta.url, './classify.py') },
  outputs: {
    checkpoint,
    history,
    /** Only where the tensorboard library is installed. */
    events: optional(tensorboardEvents),
  },
  needs: ({ device, threads }) => ({
    cpu: threads,
    memory: [gib(2), gib(8), gib(32)],
    ...(device !== 'cpu' && { gpu: { count: 1 } }),
  }),
  tag: ({ name, model, augment, seed }) => name ?? `${model}.${augment}.${seed}`,
  command: ({ script, images, own, checkpoint, history, events, resume, ...at }) =>
    run(
      'python3',
      script,
      'train',
      ['--pixels', images.pixels, '--index', images.index, '--checkpoint', checkpoint, '--history', history, '--tensorboard', events],
      at.model.startsWith('own:') ? ['--model', at.model.slice(4), '--source', own] : ['--model', at.model],
      ['--augment', at.augment, '--epochs', at.epochs, '--batch', at.batch, '--lr', at.lr, '--schedule', at.schedule],
      ['--warmup', at.warmup, '--weight-decay', at.weightDecay, '--patch', at.patch, '--patches', at.patches, '--seed', at.seed],
      ['--holdout', at.holdout, '--monitor', at.monitor, '--grid', at.grid, '--workers', at.workers],
      ['--device', at.device, '--threads', at.threads, '--layout', at.layout, '--amp', at.amp, ...(at.compile ? ['--compile'] : [])],
      ['--resume', resume, '--checkpoint-every', at.checkpointEvery],
    ),
})
