import { asset, gib, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { imageArchive, imageTable, packedImages } from 'trireme-bio/kinds'
import { node, sharp } from 'trireme-bio/tools'
import { z } from 'zod'

const seed = z.int().min(0).max(4_294_967_295).default(42).describe('Another seed, another set of images of the same kind')

// What both draw is SYNTHETIC: it reminds of stained heart muscle, with the study's names, split and labels. Figures made with it say how well
// and how fast a pipeline works, and nothing about real tissue.

export const twin = step({
  name: 'idr-twin',
  about: 'Draw SYNTHETIC stand-ins for the images of a table, straight into a packed array',
  edam: ['operation_2426'],
  tools: [node],
  image: images.imaging,
  inputs: { table: imageTable },
  params: { seed },
  assets: { script: asset(import.meta.url, './twin.script.mjs') },
  outputs: { packed: packedImages },
  needs: { cpu: 2, memory: mib(768) },
  command: ({ script, table, packed, seed, cpu }) => run('node', script, table, packed.pixels, packed.index, seed, cpu),
})
export const twinImages = step({
  name: 'idr-twin-images',
  about: 'Draw SYNTHETIC stand-ins for the images of a table, as PNGs in a tar',
  edam: ['operation_2426'],
  tools: [node, sharp],
  image: images.imaging,
  inputs: { table: imageTable },
  params: { seed },
  assets: { script: asset(import.meta.url, './twin-images.script.mjs') },
  outputs: { archive: imageArchive },
  needs: { cpu: 1, memory: gib(1) },
  command: ({ script, table, archive, seed }) => run('node', script, table, archive, seed),
})
