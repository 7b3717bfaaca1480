import { asset, gib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { imagePairs, packedImages } from 'trireme-bio/kinds'
import { torch } from 'trireme-bio/tools'

/**
 * Images that were copied, cropped, turned, mirrored, recompressed, stained or scaled otherwise, or all of these, are no further images. What
 * several others show is joined to one of them; not every pair of such a set is written.
 */
export const duplicates = step({
  name: 'image-duplicates',
  about: 'Find packed images that show the same, whatever was done to the copy',
  edam: ['operation_2424'],
  tools: [torch],
  image: images.training,
  inputs: { packed: packedImages },
  assets: { script: asset(import.meta.url, './duplicates.py') },
  outputs: { pairs: imagePairs },
  needs: { cpu: 2, memory: [gib(2), gib(8)] },
  command: ({ script, packed, pairs, cpu }) =>
    run('python3', script, ['--pixels', packed.pixels, '--index', packed.index, '--pairs', pairs, '--threads', cpu]),
})
