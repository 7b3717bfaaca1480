import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CommandArm, comparison } from 'trireme-bio/benchmarks'
import { twinImages } from '../steps/idr/twin.ts'
import { runPlan } from './arms/run-plan.ts'
import { notedWords, noteWords, packedIn, pythonOfTorch, selected, small, train } from './idr/prepared.ts'

const loader = fileURLToPath(new URL('./arms/loading.py', import.meta.url))
type Parts = Readonly<Record<'loader' | 'epoch', { readonly wall: number; readonly cpu: number }>>
const partsIn = (folder: string): Parts => JSON.parse(readFileSync(path.join(folder, 'parts.json'), 'utf8')) // written by loading.py
const arm = (source: 'packed' | 'PNG'): CommandArm => ({
  command: ({ shared }) => {
    const [python = '', pixels = '', index = '', table = '', archive = ''] = notedWords(shared)
    return { argv: [python, '-B', loader, path.dirname(train), pixels, index, table, archive, '4', source] }
  },
  // The program compares the pixels of both sources before it begins.
  check: ({ folder }) => {
    for (const [name, { cpu }] of Object.entries(partsIn(folder))) if (!(cpu > 0)) throw new Error(`${name} took ${cpu} s of CPU`)
  },
  parts: ({ folder }) => partsIn(folder),
})

export const idrLoading = comparison({
  name: 'idr-loading',
  about: 'Reading packed pixels, beside decoding PNGs in the training loop: the loader alone, and a whole epoch',
  arms: { packed: arm('packed'), PNG: arm('PNG') },
  parts: ['loader', 'epoch'],
  measures: { loader: ['loader'], epoch: ['epoch'] },
  setup: async ({ shared }) => {
    const store = path.join(shared, 'store')
    const { archive } = await runPlan(store, { archive: twinImages({ table: selected(small) }).archive })
    noteWords(shared, [await pythonOfTorch(), ...(await packedIn(store, small)), archive!.path]) // or it would have thrown
  },
  programs: { Pillow: ['/usr/bin/python3', '-c', 'import PIL; print(PIL.__version__)'] },
  claims: [
    { ratio: ['PNG', 'packed'], of: 'cpu', measure: 'loader', least: 20 },
    { ratio: ['PNG', 'packed'], of: 'cpu', measure: 'epoch', least: 2 },
  ],
})
