import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../cli/project/package.ts'
import { letGo, traceable } from './injections.ts'
import { type Ended, type Setting, start, type Told } from './setting.ts'

// Kills of the command line as people have it, at every call that changes a file of a project, and what every command says after that.

/** Calls by which files come, change and go; opening counts too, since what is opened may be new. */
const changes = [
  ...['openat', 'write', 'writev', 'pwrite64', 'ftruncate', 'fallocate', 'copy_file_range', 'sendfile', 'ioctl'],
  ...['rename', 'renameat', 'renameat2', 'mkdir', 'mkdirat', 'unlink', 'unlinkat', 'rmdir', 'symlink', 'symlinkat', 'link', 'linkat'],
  ...['fsync', 'fdatasync', 'chmod', 'fchmod', 'fchmodat', 'utimensat', 'chown', 'fchown', 'fchownat'],
]
const pipeline = `import { kind, many, mib, pipeline, run, step } from 'trireme-bio'
import { z } from 'zod'

const text = kind('text', { extension: '.txt' })
const common = { image: 'none', needs: { cpu: 1, memory: mib(16) } }
const say = step({
  ...common,
  name: 'say',
  inputs: { text },
  params: { what: z.string() },
  outputs: { said: text },
  command: ({ text, what, said }) => run('sh', '-ec', 'cat "$1"; echo "$2"', 'sh', text, what).into(said),
})
const join = step({
  ...common,
  name: 'join',
  inputs: { parts: many(text) },
  outputs: { whole: text },
  command: ({ parts, whole }) => run('cat', parts).into(whole),
})
export const words = pipeline({
  name: 'words',
  inputs: { text },
  params: { last: z.string().default('one') },
  build: ({ text, last }) => {
    const first = say({ text, what: 'always' }).said
    const second = say({ text: first, what: last }).said
    return { first, whole: join({ parts: [first, second] }).whole }
  },
})
`
const run = ['run', 'words', '--text', 'text.txt']
interface Scene {
  readonly name: string
  /** Commands that were given before, undisturbed. */
  readonly before: readonly (readonly string[])[]
  readonly spoil?: (project: string) => void
  /** The command that is killed, and then given again. */
  readonly words: readonly string[]
  /** Exit status of the command when it is given again. @default 0 */
  readonly ends?: readonly number[]
  /** What it may ask for before it goes on. */
  readonly asksFor?: readonly string[]
}
const scenes: readonly Scene[] = [
  { name: 'first run', before: [], words: run },
  { name: 'second run, half of it cached', before: [run], words: [...run, '--last', 'two'] },
  { name: 'publishing again', before: [run], words: [...run, '--out', 'other'] },
  { name: 'clean', before: [run, [...run, '--last', 'two']], words: ['clean', '--keep-last', '1'] },
  { name: 'verify', before: [run], spoil: spoilOutput, words: ['verify'], ends: [0, 7] },
  { name: 'add', before: [run], words: ['add', 'samtools/sort'], asksFor: ['upgrade', '--undo'] },
]
/** One byte of what a step made. */
function spoilOutput(project: string): void {
  const entries = path.join(project, '.trireme/entries')
  const file = readdirSync(entries, { recursive: true, encoding: 'utf8' }).find(name => name.endsWith('whole.txt'))!
  chmodSync(path.join(entries, file), 0o644)
  writeFileSync(path.join(entries, file), `x${readFileSync(path.join(entries, file), 'utf8').slice(1)}`)
  chmodSync(path.join(entries, file), 0o444)
}
/** What people ask after something went wrong. `verify` is the last but one, since it mends. */
const questions = [
  ['runs'],
  ['logs', 'last'],
  ['why', 'words', 'join', '--text', 'text.txt'],
  ['plan', 'words', '--text', 'text.txt'],
  ['list'],
  ['verify'],
  ['clean', '--dry-run'],
]
/** Asks them in one process, and prints those that crash: starting Node for each would take most of the time. */
const asker = `
const [folder, ...asked] = process.argv.slice(2)
const { program } = await import(folder + '/cli/program.js')
for (const words of asked.map(each => JSON.parse(each))) {
  process.exitCode = 0
  try {
    await (await program(words)).parseAsync(words, { from: 'user' })
  } catch (error) {
    const told = error?.name === 'TriremeError' || error?.name === 'PlanError'
    if (told && !(words[0] === 'verify')) continue
    process.stderr.write('CRASH ' + words.join(' ') + ': ' + (told ? error.message : error?.stack) + '\\n')
  }
  if (words[0] === 'verify' && process.exitCode) process.stderr.write('CRASH verify ended with ' + process.exitCode + '\\n')
}
process.exitCode = 0
`
const dist = path.join(packageRoot, 'dist')
const nobody = 65534

/** A place where one scene after another is played. */
interface Stage {
  readonly folder: string
  readonly project: string
  readonly asker: string
  /** Words before a program that make it an ordinary user's. */
  readonly as: readonly string[]
}
function stageIn(folder: string): Stage {
  const project = path.join(folder, 'project')
  for (const name of ['', 'home', 'temporary']) mkdirSync(path.join(folder, name), { recursive: true })
  const asker_ = path.join(folder, 'asker.mjs')
  writeFileSync(asker_, asker)
  const as = ordinary(folder)
  if (as.length > 0) for (const name of ['', 'home', 'temporary']) chownSync(path.join(folder, name), nobody, nobody)
  return { folder, project, asker: asker_, as }
}
/** As root, what makes a program an ordinary user's, where that user can read the package. */
function ordinary(folder: string): readonly string[] {
  if (process.getuid?.() !== 0) return []
  const as = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--']
  const [program = '', ...words] = [...as, 'ls', folder, path.join(dist, 'cli.js')]
  return spawnSync(program, words).status === 0 ? as : []
}
function newProject({ project, as }: Stage): void {
  rmSync(project, { recursive: true, force: true })
  mkdirSync(path.join(project, 'pipelines'), { recursive: true })
  mkdirSync(path.join(project, 'node_modules'))
  symlinkSync(packageRoot, path.join(project, 'node_modules/trireme-bio'))
  symlinkSync(path.join(packageRoot, 'node_modules/zod'), path.join(project, 'node_modules/zod'))
  writeFileSync(path.join(project, 'package.json'), '{ "name": "mine", "type": "module" }\n')
  writeFileSync(path.join(project, 'pipelines/words.ts'), pipeline)
  writeFileSync(path.join(project, 'text.txt'), 'hello\n')
  if (as.length > 0) spawnSync('chown', ['-RP', `${nobody}:${nobody}`, project])
}
const copied = (from: string, to: string) => {
  rmSync(to, { recursive: true, force: true })
  spawnSync('cp', ['-a', from, to])
}
const started = ({ folder, project, as }: Stage, words: readonly string[], tracer: readonly string[] = []) => {
  const [program = '', ...rest] = [...tracer, ...as, process.execPath, ...words]
  // One thread for files and no io_uring: the same calls in the same order, all of them seen.
  const env = { PATH: process.env.PATH, HOME: path.join(folder, 'home'), TMPDIR: path.join(folder, 'temporary') }
  return start(program, rest, { cwd: project, env: { ...env, UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' } })
}
const command = (stage: Stage, words: readonly string[]) => started(stage, [path.join(dist, 'cli.js'), ...words]).ended

/** The project as the scene begins. */
async function prepared(stage: Stage, { name, before, spoil }: Scene): Promise<void> {
  newProject(stage)
  for (const words of before) {
    const { status, stderr } = await command(stage, words)
    if (status !== 0) throw new Error(`Before "${name}": ${words.join(' ')} ended with ${status}: ${stderr}`)
  }
  spoil?.(stage.project)
}
/** Not of the project; steps that were killed, which stay for people to look at; recipes, which a run has that ran a step; what was being written of a dead run, which `clean` takes. */
const unlike = /^node_modules\/|^\.trireme\/work\/[^/]+\/(?!\.owner)|^\.trireme\/runs\/[^/]+\/(recipes|\..*\.part$)/
/** Every path of the project, with the same name for every run, and what is published. */
function tree({ project, folder }: Stage): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const steady = (name: string) => name.replace(/\d{8}-\d{6}-\w+/g, 'RUN').replace(/(damaged\/\w{64})[\w.]+/, '$1.N')
  for (const each of readdirSync(project, { recursive: true, withFileTypes: true })) {
    const name = path.relative(project, path.join(each.parentPath, each.name))
    if (unlike.test(name)) continue
    const content = /^(results|other|steps)\//.test(name) && !/pipeline_info/.test(name) && each.isFile()
    found.set(steady(name), content ? readFileSync(path.join(project, name), 'utf8') : '')
  }
  for (const name of readdirSync(path.join(folder, 'temporary'))) found.set(`temporary/${name}`, '')
  for (const folder of ['.trireme/work/RUN', '.trireme-copies/undo']) found.delete(folder) // what matters is what is in them
  return found
}
function differences(wanted: ReadonlyMap<string, string>, got: ReadonlyMap<string, string>): readonly string[] {
  const missing = [...wanted.keys()].filter(name => !got.has(name)).map(name => `missing: ${name}`)
  const left = [...got.keys()].filter(name => !wanted.has(name)).map(name => `left behind: ${name}`)
  const other = [...wanted]
    .filter(([name, content]) => got.has(name) && got.get(name) !== content)
    .map(([name]) => `other content: ${name}`)
  return [...missing, ...left, ...other]
}
interface Call {
  readonly name: string
  /** Which of its calls of that name a thread makes, from 1. */
  readonly n: number
}
/** Calls of a command that touch the project. */
async function callsOf(stage: Stage, scene: Scene): Promise<readonly Call[]> {
  const log = path.join(stage.folder, 'record.strace')
  const { status, stderr } = await started(
    stage,
    [path.join(dist, 'cli.js'), ...scene.words],
    [...['strace', '-f', '-qq', '-y', '-o', log, '-e', `trace=${known().join()}`]],
  ).ended
  if (status !== 0 && !scene.ends?.includes(status ?? -1)) throw new Error(`"${scene.name}" fails under strace with ${status}: ${stderr}`)
  const counts = new Map<string, number>()
  const found = new Map<string, Call>()
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread, name = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? []
    if (thread === undefined) continue
    const n = (counts.get(`${thread} ${name}`) ?? 0) + 1
    counts.set(`${thread} ${name}`, n)
    if (line.includes(`${stage.project}/`) && !line.includes('/node_modules/')) found.set(`${name} ${n}`, { name, n })
  }
  return [...found.values()]
}
/** Those that this processor has: there is no rename on arm64. */
const known = () => changes.filter(name => spawnSync('strace', ['-e', `trace=${name}`, '-o', '/dev/null', 'true']).status === 0)
interface Struck {
  readonly fell: boolean
  readonly faults: readonly string[]
}
/** @param first whether people ask before they give the command again, or afterwards */
async function strike(stage: Stage, scene: Scene, { name, n }: Call, wanted: ReadonlyMap<string, string>, first: boolean): Promise<Struck> {
  const tracer = [
    'strace',
    '-f',
    '-qq',

    '-o',
    '/dev/null',
    '-e',
    `trace=${name}`,
    '-e',
    `inject=${name}:signal=KILL:when=${n}`,
  ]
  const traced = started(stage, [path.join(dist, 'cli.js'), ...scene.words], tracer)
  const watch = letGo(traced.child)
  const struck = await traced.ended
  clearInterval(watch)
  if (struck.status === 0 || (struck.status !== null && scene.ends?.includes(struck.status))) return { fell: false, faults: [] }
  const faults: string[] = []
  if (struck.status === 70) faults.push(`it crashed itself: ${struck.stderr.slice(0, 800)}`)
  const ask = async () => {
    const { stderr } = await started(stage, [
      stage.asker,
      dist,
      ...questions.filter(([word]) => word !== scene.words[0]).map(each => JSON.stringify(each)),
    ]).ended
    faults.push(...(stderr.match(/^CRASH [\s\S]*?(?=^CRASH |$(?![\s\S]))/gm) ?? []).map(text => text.slice(0, 800)))
  }
  if (first) await ask()
  age(stage)
  let again = await command(stage, scene.words)
  if (scene.asksFor && again.stderr.includes(`trireme ${scene.asksFor.join(' ')}`)) {
    const asked = await command(stage, scene.asksFor)
    if (asked.status !== 0) faults.push(`${scene.asksFor.join(' ')} ended with ${endOf(asked)}`)
    again = await command(stage, scene.words)
  }
  if (!(scene.ends ?? [0]).includes(again.status ?? -1)) faults.push(`given again it ended with ${endOf(again)}`)
  const other = differences(wanted, tree(stage))
  if (other.length > 0) faults.push(other.join(', '))
  for (const left of runningIn(stage.project)) faults.push(`left running: process ${left}`)
  if (!first) await ask()
  return { fell: true, faults }
}
/** What is being written lies beside its place for a while: nobody removes what is younger than a minute, so an hour passes. */
function age({ project }: Stage): void {
  const hourAgo = new Date(Date.now() - 3_600_000)
  for (const name of readdirSync(project, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.part')) utimesSync(path.join(project, name), hourAgo, hourAgo)
}
/** Processes that work somewhere in the project. */
const runningIn = (project: string): readonly string[] =>
  readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && `${readlinkSync(`/proc/${name}/cwd`)}/`.startsWith(`${project}/`)
    } catch {
      return false // it has ended, or is another user's
    }
  })
const endOf = ({ status, signal, stderr }: Ended) => `${status ?? signal}: ${stderr.slice(0, 800)}`

/** @param most kills in all, spread evenly over scenes and calls; every call where left out. @param side how many at the same time */
export async function commandLine(
  setting: Setting,
  log: (line: string) => void,
  { most = Number.POSITIVE_INFINITY, side = 1 }: { readonly most?: number; readonly side?: number } = {},
): Promise<Told> {
  const name = 'SIGKILL of the command line, at calls that change files'
  const skipped = traceable()
  if (skipped !== undefined) return { name, counts: {}, faults: [], skipped }
  for (const folder of [path.dirname(setting.folder), setting.folder])
    if (path.basename(folder).startsWith('trireme-')) chmodSync(folder, 0o711)
  const counts: Record<string, number> = {}
  const faults: string[] = []
  for (const scene of scenes) {
    counts[scene.name] = 0
    const base = stageIn(path.join(setting.folder, 'base'))
    await prepared(base, scene)
    const begin = path.join(setting.folder, 'begin')
    copied(base.project, begin)
    const calls = await callsOf(base, scene)
    const wanted = tree(base)
    const every = Math.max(1, Math.ceil((calls.length * scenes.length) / most))
    const chosen = calls.filter((_, n) => n % every === Math.floor(every / 2))
    const player = async (number: number) => {
      const stage = stageIn(path.join(setting.folder, `stage-${number}`))
      for (let call = chosen.shift(); call; call = chosen.shift()) {
        copied(begin, stage.project)
        const { fell, faults: found } = await strike(stage, scene, call, wanted, chosen.length % 2 === 0)
        if (fell) counts[scene.name]!++
        for (const fault of found) {
          faults.push(`${scene.name}, ${call.name} number ${call.n}: ${fault}`)
          log(faults.at(-1)!)
        }
      }
    }
    await Promise.all(Array.from({ length: side }, (_, n) => player(n)))
    log(`${scene.name}: ${counts[scene.name]} kills at ${calls.length} calls`)
  }
  return { name, counts, faults }
}
