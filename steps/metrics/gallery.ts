import { asset, mib, run, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { html, metrics, packedImages } from 'trireme-bio/kinds'
import { node, sharp } from 'trireme-bio/tools'
import { z } from 'zod'

/** The groups a classifier was most certain of and wrong about, with their images: where to look first for a fault of model or label. */
export const gallery = step({
  name: 'metrics-gallery',
  about: 'Page of the most confidently wrong groups, or images',
  edam: ['operation_0337'],
  tools: [node, sharp],
  image: images.imaging,
  inputs: { metrics, images: packedImages },
  params: {
    count: z.int().min(1).max(100).default(8).describe('Groups, or images, to show'),
    groups: z.string().default('group').describe('What a group is, such as patient'),
    note: z.string().default('').describe('What a reader must know of the data, such as that they are synthetic'),
  },
  assets: { script: asset(import.meta.url, './gallery.script.mjs') },
  outputs: { page: html },
  needs: { cpu: 1, memory: mib(512) },
  command: ({ script, metrics, images, count, groups, note, page }) =>
    run(
      'node',
      script,
      '--metrics',
      metrics,
      '--pixels',
      images.pixels,
      '--index',
      images.index,
      '--count',
      count,
      word`--groups=${groups}`,
      word`--note=${note}`,
      '--page',
      page,
    ),
})
