import { asset, mib, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { splitTable } from 'trireme-bio/kinds'
import { node } from 'trireme-bio/tools'
import { z } from 'zod'

export const relabel = step({
  name: 'image-relabel',
  about: 'Shuffle labels over the groups of each part: a negative control, which nothing should be learnt from',
  edam: ['operation_3096'],
  tools: [node],
  image: images.imaging,
  inputs: { table: splitTable },
  params: { seed: z.int().min(0).max(4_294_967_295) },
  assets: { script: asset(import.meta.url, './relabel.script.mjs') },
  outputs: { relabelled: splitTable },
  needs: { cpu: 1, memory: mib(256) },
  command: ({ script, table, relabelled, seed }) => run('node', script, table, relabelled, seed),
})
