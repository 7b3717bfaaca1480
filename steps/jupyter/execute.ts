import { asset, gib, named, optional, run, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { html, json, notebook, packedImages, tsv } from 'trireme-bio/kinds'
import { jupyter } from 'trireme-bio/tools'
import { z } from 'zod'

/**
 * Runs a notebook with parameters, as papermill users know it: the cell tagged `parameters` holds defaults, and without one the values given stand
 * at the top. Files given under a name become parameters too: packed images `cells` become `cells_pixels` and `cells_index`, a table `lanes` becomes
 * `lanes`, the place for a JSON result `report`. Cells in Python run in the Python of the key; those in another language in the notebook's own kernel.
 */
export const execute = step({
  name: 'jupyter-execute',
  about: 'Run a Jupyter notebook with parameters, and keep it as run and as a page',
  edam: ['operation_3443'],
  tools: [jupyter],
  image: images.notebooks,
  inputs: { notebook, images: named(packedImages), tables: named(tsv) },
  params: {
    parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    report: z.boolean().default(false).describe('The notebook has a parameter `report`, and writes JSON there'),
    kernel: z
      .string()
      .regex(/^[^\d\s]\S*( \d\S*)?$/, { error: 'Write the language, or language and version, such as "R 4.2"' })
      .optional()
      .describe('What must run the cells, such as "R 4.2": the version of a kernel that is not Python is in the key only so'),
    device: z.string().default('cpu').describe('With cuda, a GPU is asked for; tell the notebook by its own parameter'),
    name: z.string().optional().describe('For people'),
  },
  assets: { script: asset(import.meta.url, './execute.py') },
  outputs: { executed: notebook, page: html, made: optional(json) },
  needs: ({ device }) => ({ cpu: 1, memory: [gib(2), gib(8)], ...(device !== 'cpu' && { gpu: { count: 1 } }) }),
  tag: ({ name = '' }) => name,
  command: ({ script, notebook, images, tables, parameters, kernel, report, executed, page, made }) =>
    run(
      'python3',
      script,
      notebook,
      ...['--parameters', JSON.stringify(parameters), '--executed', executed, '--page', page],
      ...(kernel === undefined ? [] : ['--kernel', kernel]),
      ...Object.entries(images).flatMap(([name, packed]) => [
        ...['--file', `${name}_pixels`, packed.pixels],
        ...['--file', `${name}_index`, packed.index],
      ]),
      ...Object.entries(tables).flatMap(([name, file]) => ['--file', name, file]),
      ...(report ? ['--file', 'report', made] : []),
    ),
})
