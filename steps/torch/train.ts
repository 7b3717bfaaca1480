import { asset, gib, many, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { checkpoint, history, packedImages, pythonSource, splitTable, tensorboardEvents, weightsFile } from 'trireme-bio/kinds'
import { timm, torch, torchvision } from 'trireme-bio/tools'
import { training } from 'trireme-bio/values'
import { z } from 'zod'

/**
 * Trains a network on patches of the training images, and shows after each epoch what it makes of those of the validation part. Killed, it
 * goes on from its last checkpoint, to the same weights (on a CPU). Progress is told epoch by epoch.
 */
export const train = step({
  name: 'torch-train',
  about: 'Train an image classifier on packed images',
  edam: ['operation_3443'],
  tools: [torch],
  mayNeed: { tools: [torchvision, timm], when: ({ name }, { model }) => model.startsWith(`${name}:`) },
  image: images.training,
  inputs: {
    images: packedImages,
    table: splitTable,
    /** Python files of a model of your own, for `model: 'own:FUNCTION'`; else []. */
    own: many(pythonSource),
    /** Weights of your own that it begins with; else []. */
    weights: many(weightsFile),
  },
  params: { ...training, name: z.string().optional().describe('Name of the configuration, for people') },
  assets: {
    script: asset(import.meta.url, './train.py'),
    words: asset(import.meta.url, './words.py'),
    packed: asset(import.meta.url, './packed.py'),
    networks: asset(import.meta.url, './networks.py'),
    models: asset(import.meta.url, './models.py'),
    owned: asset(import.meta.url, './owned.py'),
    machine: asset(import.meta.url, './machine.py'),
    judging: asset(import.meta.url, './judging.py'),
    checkpoints: asset(import.meta.url, './checkpoints.py'),
    pretrained: asset(import.meta.url, './pretrained.py'),
    augmentation: asset(import.meta.url, './augmentation.py'),
    features: asset(import.meta.url, './features.py'),
    quality: asset(import.meta.url, './quality.py'),
    scalars: asset(import.meta.url, './scalars.py'),
  },
  outputs: {
    checkpoint,
    history,
    events: tensorboardEvents,
  },
  needs: ({ device, threads }) => ({
    cpu: threads,
    memory: [gib(2), gib(8), gib(32)],
    ...(device !== 'cpu' && { gpu: { count: 1 } }),
  }),
  tag: ({ name, model, augment, seed }) => name ?? `${model}.${augment}.${seed}`,
  command: ({ script, images, table, own, weights, checkpoint, history, events, resume, ...at }) =>
    run(
      ...(['python3', '-B', script] as const),
      ['--pixels', images.pixels, '--index', images.index, '--table', table],
      ['--checkpoint', checkpoint, '--history', history, '--tensorboard', events],
      ['--model', at.model, '--own', own, '--weights', weights],
      at.weightsLicence === '' ? [] : ['--weights-licence', at.weightsLicence],
      at.weightsSource === '' ? [] : ['--weights-source', at.weightsSource],
      at.frozen ? ['--frozen'] : [],
      ['--augment', at.augment, '--epochs', at.epochs, '--batch', at.batch, '--lr', at.lr, '--schedule', at.schedule],
      ['--warmup', at.warmup, '--weight-decay', at.weightDecay, '--patch', at.patch, '--patches', at.patches, '--seed', at.seed],
      ['--sampling', at.sampling, '--class-weights', at.classWeights, '--label-smoothing', at.labelSmoothing, '--patience', at.patience],
      ['--grid', at.grid, '--workers', at.workers],
      ['--device', at.device, '--threads', at.threads, '--layout', at.layout, '--amp', at.amp, ...(at.compile ? ['--compile'] : [])],
      ['--resume', resume, '--checkpoint-every', at.checkpointEvery],
    ),
})
