import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { plan, type Results } from 'trireme-bio'
import { type LocalOptions, readyTools, runLocally, Store } from 'trireme-bio/local'
import { torch } from 'trireme-bio/tools'
import { findTools } from '../../core/host/tools.ts'
import { tables } from '../../datasets/idr0042-twin/make.ts'
import { table } from '../../steps/idr/table.ts'
import { twin } from '../../steps/idr/twin.ts'
import { historyOf } from '../../steps/leaderboard.ts'
import type { Report } from '../../steps/metrics/patients.script.ts'
import { patients } from '../../steps/metrics/patients.ts'
import { train } from '../../steps/torch/train.ts'
import { validate } from '../../steps/torch/validate.ts'

/** The one script that trains and validates, as the steps run it. */
export const script = fileURLToPath(new URL('../../steps/torch/classify.py', import.meta.url))
export const scriptDigest = (): string => createHash('sha256').update(readFileSync(script)).digest('hex')
export const studyTables = tables()
type Selection = Partial<Parameters<typeof table>[0]>
/** Images of the synthetic twin, packed: all of the study's split, or of a selection. */
export const images = (selection: Selection = {}) => twin({ table: table({ ...studyTables, ...selection }).images }).packed
export const small: Selection = { train: 24, test: 24, rois: 4 }
export const read = (file: { readonly path: string } | undefined): string => {
  if (!file) throw new Error('a result is missing')
  return readFileSync(file.path, 'utf8')
}
let runs = 0
/** Runs a plan whose every step must succeed. @returns its results, CPU seconds by step, the steps that started, and seconds by the clock */
export async function done<O extends Results>(store: Store, results: O, options: Partial<LocalOptions> = {}) {
  const whole = plan('idr-benchmark', results)
  const versions = await readyTools(whole, path.join(store.root, 'tools.json'))
  const [cpu, started] = [new Map<string, number>(), [] as string[]]
  const began = performance.now()
  const made = await runLocally(whole, {
    ...{ store, versions, run: `idr-${process.pid}-${++runs}` },
    on: event => {
      if (event.event === 'started') started.push(event.step)
      if (event.event === 'succeeded' && event.usage) cpu.set(event.step, event.usage.user + event.usage.system)
    },
    ...options,
  })
  if (made.failures[0] !== undefined) throw new Error(made.failures[0])
  return { results: made.results, entries: made.entries, cpu, started, wall: (performance.now() - began) / 1000 }
}
/** Trains and judges one network on packed images. */
export async function trial(store: Store, packed: ReturnType<typeof images>, settings: Partial<Parameters<typeof train>[0]>, name: string) {
  const { checkpoint, history } = train({ images: packed, own: [], ...settings, name })
  const { predictions, summary } = validate({ images: packed, checkpoint, own: [], name })
  const { metrics } = patients({ predictions, name })
  const { results, entries } = await done(store, { history, metrics, summary }, { cpu: 1 })
  const report: Report = JSON.parse(read(results.metrics)) // written by metrics/patients
  const usage = [...entries].find(([step]) => step.startsWith('torch-train'))?.[1].record.usage
  const summed: { readonly validation: { readonly images_per_s: number } } = JSON.parse(read(results.summary)) // written by torch/validate
  return {
    report,
    history: historyOf(read(results.history)),
    cpu: usage ? usage.user + usage.system : 0,
    validation: summed.validation.images_per_s,
  }
}
export async function pythonOfTorch(): Promise<string> {
  const found = (await findTools([torch])).get('torch')
  if (found?.state !== 'ready') throw new Error('torch is not installed. "trireme doctor --install" gets it.')
  return found.path
}
export const python = (program: string, ...words: readonly string[]): string =>
  execFileSync(program, [...words], { maxBuffer: 2 ** 24, stdio: ['ignore', 'pipe', 'pipe'] })
    .toString()
    .trim()
/** Commands that tell the versions of what trains. */
export const programs = {
  python: ['python3', '--version'],
  torch: ['/usr/bin/python3', '-c', 'import torch, numpy; print("torch", torch.__version__, "numpy", numpy.__version__)'],
}
export const freshStore = (folder: string): Promise<Store> => Store.open(folder)
