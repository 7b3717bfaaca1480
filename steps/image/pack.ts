import { asset, gib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { imageArchive, imageTable, packedImages } from 'trireme-bio/kinds'
import { node, sharp } from 'trireme-bio/tools'
import { z } from 'zod'

export const pack = step({
  name: 'image-pack',
  about: 'Decode the PNGs of a table once, into one packed array of bytes with an index',
  edam: ['operation_3443'],
  tools: [node, sharp],
  image: images.imaging,
  /** The archive may hold more images than the table names. */
  inputs: { table: imageTable, archive: imageArchive },
  params: { size: z.int().min(8).max(8192).default(250).describe('Pixels a side that every image has') },
  assets: { script: asset(import.meta.url, './pack.script.mjs') },
  outputs: { packed: packedImages },
  needs: { cpu: 1, memory: gib(1) },
  command: ({ script, table, archive, packed, size }) => run('node', script, table, archive, packed.pixels, packed.index, size),
})
