import { asset, gib, optional, run, step, word } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { imageArchive, imageTable, notice, packedImages } from 'trireme-bio/kinds'
import { node, sharp } from 'trireme-bio/tools'
import { z } from 'zod'

export const pack = step({
  name: 'image-pack',
  about: 'Decode the images of a table once, into one packed array of bytes with an index',
  edam: ['operation_3443'],
  tools: [node, sharp],
  image: images.imaging,
  /** The archive may hold more images than the table names. */
  inputs: { table: imageTable, archive: imageArchive },
  params: {
    size: z.int().min(8).max(8192).default(250).describe('Pixels a side that images have, or are brought to'),
    fit: z
      .enum(['exact', 'crop', 'resize', 'pad'])
      .default('exact')
      .describe(
        'How they are brought to it: exact refuses others; crop scales the shorter side and cuts the longer one at both ends; resize scales both sides, each by itself; pad scales the longer side and fills up with black',
      ),
    range: z
      .string()
      .regex(/^(full|\d{1,5}\.\.\d{1,5})$/, 'expected full, or LOW..HIGH such as 0..4095')
      .default('full')
      .describe('Values of 16-bit images that become black and white, LOW..HIGH, the same for all; full: 0..65535'),
    plane: z
      .string()
      .regex(/^(only|page=\d{1,6}|([zct]=\d{1,6})(,[zct]=\d{1,6}){0,2})$/, 'expected only, page=N, or z=N, c=N, t=N joined by commas')
      .default('only')
      .describe('Plane of a TIFF of several: page=N, or z=N,t=N as OME counts, from 0; only: there is one'),
    channels: z
      .string()
      .regex(/^(own|(-,){0,2}\d{1,4}(,(\d{1,4}|-)){0,2})$/, 'expected own, or up to three numbers joined by commas, such as 2,0,1 or 1,-,0')
      .default('own')
      .describe('Channels that become red, green and blue, from 0, - for none; one becomes grey; own: the colours that the image has'),
  },
  assets: { script: asset(import.meta.url, './pack.script.mjs') },
  outputs: { packed: packedImages, told: optional(notice) },
  needs: { cpu: 4, memory: gib(1) },
  command: ({ script, table, archive, packed, told, size, fit, range, plane, channels, cpu }) =>
    // Threads that decode are those of Node's pool, whose number is read when it starts.
    run(
      'env',
      word`UV_THREADPOOL_SIZE=${cpu}`,
      'node',
      script,
      table,
      archive,
      packed.pixels,
      packed.index,
      told,
      cpu,
      ...[size, fit, range, plane, channels],
    ),
})
