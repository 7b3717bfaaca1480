import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { StepRecord } from '../../core/store/record.ts'
import { type DagName, dags } from './dag.ts'

/** A folder for the torture and the program to be tortured. */
export interface Setting {
  readonly folder: string
  readonly victim: string
  /** Words before those that start the victim: they make it another user. */
  readonly by: readonly string[]
}
export async function setUp(): Promise<Setting> {
  const folder = mkdtempSync(path.join(process.env.TORTURE_FOLDER ?? os.tmpdir(), 'trireme-torture-'))
  const victim = path.join(folder, 'victim.mjs')
  const entry = fileURLToPath(new URL('victim.ts', import.meta.url))
  await build({
    entryPoints: [entry],
    outfile: victim,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    conditions: ['trireme-source'],
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" }, // semver is CommonJS
  })
  return { folder, victim, by: [] }
}
/** The same with a victim that is an ordinary user, where we are root: that user writes in the folder. */
export function ordinary(setting: Setting): Setting {
  if (process.getuid?.() !== 0) return setting
  chownSync(setting.folder, 65534, 65534)
  return { ...setting, by: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] }
}
export const tearDown = ({ folder }: Setting): void => rmSync(folder, { recursive: true, force: true })

/** How a run ended. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
  readonly milliseconds: number
}
export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}
/**
 * Starts a program, which is ended with all its offspring's groups left alone when it hangs.
 * @param patience milliseconds: what takes longer hangs
 */
export function start(
  program: string,
  words: readonly string[],
  { patience = 60_000, ...options }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly patience?: number } = {},
): Started {
  const begun = performance.now()
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, ...options }) // a group of its own: killed whole, it must not be ours
  const hangs = setTimeout(() => child.kill('SIGKILL'), patience)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const ended = new Promise<Ended>((done, fail) => {
    child.on('error', fail)
    child.on('exit', (status, signal) => {
      clearTimeout(hangs)
      const milliseconds = performance.now() - begun
      if (milliseconds >= patience) fail(new Error(`${[program, ...words].join(' ')} hung:\n${stderr}`))
      // Orphans may hold stderr open: what was written until now is all that is wanted.
      setTimeout(() => done({ status, signal, stderr, milliseconds }), 5)
    })
  })
  return { child, ended }
}
export interface Run {
  readonly store: string
  readonly run: string
  readonly dag: DagName
}
/** Beside the store, so that what tells of a run is not tortured itself. */
export const eventsFile = ({ store, run }: Pick<Run, 'store' | 'run'>): string => `${store}.${run}.events`
export const words = ({ victim }: Setting, at: Run): readonly string[] => [victim, at.store, at.run, at.dag, eventsFile(at)]
export function startVictim(setting: Setting, at: Run, env: NodeJS.ProcessEnv = {}): Started {
  const [program = '', ...others] = [...setting.by, process.execPath, ...words(setting, at)]
  return start(program, others, { env: { ...process.env, ...env } })
}

/** What lies in a store, read without the code that is tortured. */
export interface Seen {
  /** Run that made it, by key, of what is whole. */
  readonly whole: ReadonlyMap<string, string>
  /** Digest of its output, by step. */
  readonly contents: ReadonlyMap<string, string>
  /** What is visible and not whole: there must never be any. */
  readonly half: readonly string[]
}
export function look(store: string): Seen {
  const whole = new Map<string, string>()
  const contents = new Map<string, string>()
  const half: string[] = []
  const top = path.join(store, 'entries')
  for (const two of existsSync(top) ? readdirSync(top) : [])
    for (const key of readdirSync(path.join(top, two))) {
      const folder = path.join(top, two, key)
      try {
        const record = JSON.parse(readFileSync(path.join(folder, 'record.json'), 'utf8')) as StepRecord // checked below
        for (const { name, size, sha256 } of Object.values(record.outputs).flat()) {
          const file = path.join(folder, name)
          if (statSync(file).size !== size || digest(file) !== sha256 || (statSync(file).mode & 0o222) !== 0) throw new Error(name)
          contents.set(record.step, sha256)
        }
        if (record.key !== key) throw new Error('another key')
        whole.set(key, record.run)
      } catch (fault) {
        half.push(`${key}: ${fault instanceof Error ? fault.message : String(fault)}`)
      }
    }
  return { whole, contents, half }
}
const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
/** Keys of the steps that a run started. */
export function startedIn(at: Pick<Run, 'store' | 'run'>): ReadonlySet<string> {
  const lines = existsSync(eventsFile(at)) ? readFileSync(eventsFile(at), 'utf8').split('\n') : []
  return new Set(lines.flatMap(line => (/"event":"started"/.test(line) ? (/"key":"(\w+)"/.exec(line)?.[1] ?? []) : [])))
}
/** What a run must not have done, in words. @param before the store as it was when the run began */
export function faults(at: Run, before: Seen, wanted: ReadonlyMap<string, string> | undefined): readonly string[] {
  const after = look(at.store)
  const started = startedIn(at)
  const all = after.half.map(each => `half-written: ${each}`)
  // What could not be read when it was needed counts as damaged, is told and moved away, and is made anew.
  const damaged = path.join(at.store, 'damaged')
  const aside = new Set(existsSync(damaged) ? readdirSync(damaged).map(name => name.split('.')[0]) : [])
  for (const [key, run] of before.whole) {
    if (aside.has(key)) continue
    if (after.whole.get(key) !== run) all.push(`finished, and gone or made again: ${key}`)
    if (started.has(key)) all.push(`finished, and run again: ${key}`)
  }
  if (!wanted) return all
  for (const { name } of dags[at.dag]) if (after.contents.get(name) !== wanted.get(name)) all.push(`content differs: ${name}`)
  for (const left of readdirSync(path.join(at.store, 'claims'))) all.push(`left behind: claims/${left}`)
  // Folders of steps that failed, because they were killed or refused, stay for people to look at; but not as if their run still went on.
  for (const left of readdirSync(path.join(at.store, 'work')))
    if (left === at.run || readdirSync(path.join(at.store, 'work', left)).includes('.owner')) all.push(`left behind: work/${left}`)
  for (const left of orphans(at.store)) all.push(`left running: process ${left}`)
  return all
}
/** Processes of steps of this store. */
export function orphans(store: string): readonly string[] {
  return readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'utf8').includes(`\0HOME=${store}/work/`)
    } catch {
      return false
    }
  })
}
/** The contents that an undisturbed run makes, by step. */
export async function undisturbed(setting: Setting, dag: DagName): Promise<ReadonlyMap<string, string>> {
  const at = { store: path.join(setting.folder, `undisturbed-${dag}`), run: 'r', dag }
  const { status, stderr } = await startVictim(setting, at).ended
  if (status !== 0) throw new Error(`The undisturbed run of "${dag}" failed with status ${status}:\n${stderr}`)
  return look(at.store).contents
}
/** What a torture came to. */
export interface Told {
  readonly name: string
  readonly counts: Readonly<Record<string, number>>
  /** What must not be, in words, with what provoked it. */
  readonly faults: readonly string[]
  /** Why it was not done. */
  readonly skipped?: string
}
export const pause = (ms: number) => new Promise<void>(done => setTimeout(done, ms))
/** The same numbers for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
