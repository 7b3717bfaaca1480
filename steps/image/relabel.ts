import { asset, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { packedImages } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

export const relabel = step({
  name: 'image-relabel',
  about: 'Shuffle labels over the patients of each split: a negative control, which nothing should be learnt from',
  edam: ['operation_3096'],
  tools: [node],
  image: images.imaging,
  inputs: { packed: packedImages },
  params: { seed: z.int().min(0).max(4_294_967_295) },
  assets: { script: asset(import.meta.url, './relabel.script.mjs') },
  outputs: { relabelled: packedImages },
  needs: { cpu: 1, memory: mib(256) },
  command: ({ script, packed, relabelled, seed }) =>
    run('node', script, packed.pixels, packed.index, relabelled.pixels, relabelled.index, seed),
})
