import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findTools } from '../../core/host/tools.ts'
import { given } from '../../core/testing.ts'
import { packedImages, splitTable } from '../../steps/kinds.ts'
import { type Packed, packedFiles, type Shape } from '../../steps/tiny-images.ts'
import { torch } from '../../steps/tools.ts'

// For tests of steps/torch: small trainings as steps and by hand.

/** Folder of the scripts. */
export const scripts = fileURLToPath(new URL('../../steps/torch', import.meta.url))
/** A training of a second or two. */
export const short = { epochs: 3, batch: 8, patches: 4, warmup: 2, lr: 0.01, grid: 1 } as const

export interface Bench {
  readonly at: string
  readonly files: Packed
  readonly images: ReturnType<typeof given<'images', 'image-pack', (typeof packedImages)['facts']>>
  readonly table: ReturnType<typeof given<'table', 'tsv', (typeof splitTable)['facts']>>
  /** Words of a training by hand, whose results have the name. */
  readonly training: (name: string, ...more: readonly string[]) => readonly string[]
  readonly validating: (name: string, ...more: readonly string[]) => readonly string[]
  readonly call: (args: readonly string[]) => string
  /** Python with all scripts in reach; what it prints, as JSON. */
  readonly python: (code: string, input?: unknown) => unknown
  /** What a checkpoint says of itself. */
  readonly about: (file: string) => { readonly weights: string; readonly [name: string]: unknown }
  /** Exit status and words of each of several calls, all in one Python: loading torch takes longer than a fault. */
  readonly calls: (cases: readonly (readonly string[])[], prepare?: string) => readonly (readonly [status: number, told: string])[]
}
export async function bench(shape: Shape = {}): Promise<Bench> {
  const found = (await findTools([torch])).get('torch')
  const program = found?.state === 'ready' ? found.path : 'python3'
  const at = mkdtempSync(path.join(os.tmpdir(), 'trireme-torch-'))
  const files = packedFiles(at, 'images', shape)
  const inputs = ['--pixels', files.pixels, '--index', files.index, '--table', files.table]
  const few = ['--epochs', 3, '--batch', 8, '--patches', 4, '--warmup', 2, '--lr', 0.01].map(String)
  const named = (name: string, ending: string) => path.join(at, `${name}${ending}`)
  const run = (args: readonly string[], input = '') =>
    execFileSync(program, ['-B', ...args], { input, stdio: ['pipe', 'pipe', 'pipe'], encoding: 'utf8' })
  const python = (code: string, input?: unknown): unknown =>
    JSON.parse(run(['-c', `import sys, json; sys.path.insert(0, ${JSON.stringify(scripts)})\n${code}`], JSON.stringify(input ?? null)))
  return {
    at,
    files,
    images: given('images', packedImages, { pixels: files.pixels, index: files.index }),
    table: given('table', splitTable, files.table),
    training: (name, ...more) => [
      ...['train.py', ...inputs, '--checkpoint', named(name, '.pt'), '--history', named(name, '.jsonl'), ...few, '--grid', '1', ...more],
    ],
    validating: (name, ...more) => [
      ...['validate.py', ...inputs, '--checkpoint', named(name, '.pt'), '--grid', '1'],
      ...['--predictions', named(name, '.tsv'), '--summary', named(name, '.json'), ...more],
    ],
    call: ([script = '', ...args]) => run([path.join(scripts, script), ...args]),
    python,
    about: file => python(`import torch; print(torch.load(${JSON.stringify(file)})["about"])`) as { readonly weights: string },
    calls: (cases, prepare = '') => {
      const told = python(
        `import contextlib, io, train, validate, words
cases, answers = json.load(sys.stdin), []
${prepare}
for script, *arguments in cases:
    text = io.StringIO()
    with contextlib.redirect_stderr(text):
        try:
            status = words.carry_out(*((train.work, *train.words(arguments)) if script == 'train.py' else (validate.validate, *validate.words(arguments))))
        except SystemExit as stopped:
            status = stopped.code
    answers.append([status, text.getvalue()])
print(json.dumps(answers))`,
        cases,
      )
      return told as readonly (readonly [number, string])[]
    },
  }
}
/** A file beside the others, with the text of another changed. */
export function changed(at: string, name: string, from: string, change: (text: string) => string): string {
  const file = path.join(at, name)
  writeFileSync(file, change(readFileSync(from, 'utf8')))
  return file
}
