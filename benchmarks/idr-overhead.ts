import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { comparison } from 'trireme-bio/benchmarks'
import { idrClassification } from '../pipelines/idr-classification.ts'
import { notedWords, noteWords, packedIn, pythonOfTorch, small, train } from './idr/prepared.ts'
import { weights } from './idr/results.ts'

const work = { epochs: 2, patches: 16, seed: 1 } as const
const [under, hand] = ['under the runner', 'by hand'] as const
/** What the script tells at its end. */
function weightsByHand(notes: string): string {
  const [, digest] = /^weights ([0-9a-f]{64})$/m.exec(readFileSync(notes, 'utf8')) ?? []
  if (digest === undefined) throw new Error('The script told no weights.')
  return digest
}

export const idrOverhead = comparison({
  name: 'idr-overhead',
  about: 'One training under the runner, beside the same script by hand: CPU seconds and weights',
  pipeline: idrClassification,
  profile: 'test',
  arms: {
    [under]: work,
    [hand]: {
      command: ({ shared }) => {
        const files = { checkpoint: 'checkpoint.pt', history: 'history.jsonl', resume: 'resume' }
        const options = Object.entries({ ...files, ...work }).flatMap(([name, value]) => [`--${name}`, String(value)])
        const [python = '', pixels = '', index = '', table = ''] = notedWords(shared)
        const words = [python, '-B', train, '--pixels', pixels, '--index', index, '--table', table, ...options]
        return {
          argv: ['bash', '-c', '"$@" 2>notes', 'bash', '/usr/bin/time', '-f', '%e %U %S', '-o', 'time', ...words],
          environment: { LC_ALL: 'C.UTF-8', TZ: 'UTC', PYTHONHASHSEED: '0' }, // what a step gets
        }
      },
      check: ({ folder }) => void weightsByHand(path.join(folder, 'notes')),
      parts: ({ folder }) => {
        const [wall = 0, user = 0, system = 0] = readFileSync(path.join(folder, 'time'), 'utf8').trim().split(' ').map(Number)
        return { 'torch-train': { wall, cpu: user + system } }
      },
    },
  },
  settings: { [under]: { cpu: 1 } },
  baseline: hand,
  given: ['idr-table', 'idr-twin', 'image-split'],
  measures: { training: ['torch-train'] },
  outputs: {
    read: at => {
      const notes = path.join(at.folder, 'notes')
      return existsSync(notes) ? { weights: weightsByHand(notes) } : weights.read(at)
    },
  },
  setup: async ({ shared }) => {
    noteWords(shared, [await pythonOfTorch(), ...(await packedIn(path.join(shared, 'store'), small))])
  },
  runs: { least: 11 },
  claims: [{ ratio: [under, hand], of: 'cpu', measure: 'training', most: 1.01 }],
})
